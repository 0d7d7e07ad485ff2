"""CSV for spreadsheets (RFC 4180), in which no cell can act as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from app.documents.models import Document, SourceDocuments
from app.enrichment.analysis.live_analysis import JobChanges
from app.enrichment.models import Mode
from app.pipeline.defang import defang
from app.pipeline.formulas import harmless
from app.presentation.records import NOWHERE, by_ioc, lookup_record, place_text

# In the order of `first` in `render`.
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
# Present only if the analyst chose a TLP.
TLP_COLUMN = ("tlp",)
# The places in documents; present only for imports.
PLACES_COLUMN = ("places",)


def render(job: JobChanges, origin: SourceDocuments = NOWHERE) -> str:
    """Return a row for each lookup, or for each IOC of an offline analysis.

    Documents that were not read whole come first, as rows of the type `document`.
    """
    online = job.analysis.mode is Mode.ONLINE
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    tlp: tuple[str, ...] = (job.analysis.tlp.value,) if job.analysis.tlp else ()
    columns: tuple[str, ...] = IOC_COLUMNS + LOOKUP_COLUMNS if online else IOC_COLUMNS
    columns += TLP_COLUMN if tlp else ()
    columns += PLACES_COLUMN if origin.count else ()
    writer.writerow(columns)
    for document in origin.incomplete:
        cells = {"type": "document", "ioc": document.name, "places": _outcome(document)}
        writer.writerow(_harmless(cells.get(name, "") for name in columns))
    lookups = by_ioc(job.rows)
    for ioc in job.analysis.iocs:
        first = (ioc.type.value, ioc.value, defang(ioc))
        last = tlp
        if origin.count:
            last = (*tlp, "; ".join(map(place_text, origin.places.get(ioc, ()))))
        if not online:
            writer.writerow(_harmless((*first, *last)))
        for lookup in lookups.get(ioc, ()):
            record = lookup_record(lookup)
            asked = (record[name] for name in LOOKUP_COLUMNS)
            writer.writerow(_harmless((*first, *asked, *last)))
    return out.getvalue()


def _outcome(document: Document) -> str:
    return f"{document.state}: {document.reason}"


def _harmless(cells: Iterable[object]) -> list[str]:
    # A cell that begins with = + - or @ would be a formula in a spreadsheet, and IOCs are chosen by
    # attackers (https://owasp.org/www-community/attacks/CSV_Injection).
    return [harmless(str(cell)) if cell is not None else "" for cell in cells]
