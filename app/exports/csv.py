"""CSV for spreadsheets (RFC 4180), in which no cell can act as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from app.enrichment.job import JobChanges
from app.enrichment.models import Mode
from app.exports.records import by_ioc, lookup_record
from app.pipeline.defang import defang
from app.pipeline.formulas import harmless

IOC_COLUMNS = ("type", "ioc", "defanged")
LOOKUP_COLUMNS = (
    "provider",
    "state",
    "verdict",
    "detection_count",
    "total_engines",
    "scan_date",
    "fetched_at",
    "kind",
    "error",
    "reason",
    "link",
    "stale",
)
TLP_COLUMN = ("tlp",)
"""Only where the analyst chose one."""


def render(job: JobChanges) -> str:
    online = job.analysis.mode is Mode.ONLINE
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    tlp = (job.analysis.tlp.value,) if job.analysis.tlp else ()
    columns = IOC_COLUMNS + LOOKUP_COLUMNS if online else IOC_COLUMNS
    writer.writerow(columns + TLP_COLUMN if tlp else columns)
    lookups = by_ioc(job.rows)
    for ioc in job.analysis.iocs:
        cells = (ioc.type.value, ioc.value, defang(ioc))
        if not online:
            writer.writerow(_harmless((*cells, *tlp)))
        for lookup in lookups.get(ioc, ()):
            record = lookup_record(lookup)
            asked = (record[name] for name in LOOKUP_COLUMNS)
            writer.writerow(_harmless((*cells, *asked, *tlp)))
    return out.getvalue()


def _harmless(cells: Iterable[object]) -> list[str]:
    return [harmless(str(cell)) if cell is not None else "" for cell in cells]
