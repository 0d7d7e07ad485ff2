"""The JSON of lookups as text, made once though many pages follow the same analysis."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from app.enrichment.models import Lookup
from app.presentation.records import lookup_record

_MOST = 4096


def compact_json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, separators=(",", ":"))


class LookupTexts:
    """Keeps the texts of the lookups that were sent last; every thread may ask."""

    def __init__(self) -> None:
        self._texts: dict[tuple[str, int], tuple[Lookup, str]] = {}

    def text(self, job_id: str, lookup: Lookup) -> str:
        """Return the record of a lookup as JSON."""
        # A lookup gets another `seq` with each change. That it is the same object is asked as well,
        # because an analysis may have been read from the database again.
        key = job_id, lookup.seq
        known, text = self._texts.get(key, (None, ""))
        if known is not lookup:
            if len(self._texts) >= _MOST:
                self._texts.clear()
            text = compact_json(lookup_record(lookup))
            self._texts[key] = lookup, text
        return text
