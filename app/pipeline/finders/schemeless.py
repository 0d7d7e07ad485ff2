"""Finds URLs whose scheme lacks a mark, and those without a scheme: a host with a path or query."""

from __future__ import annotations

import re

from app.pipeline import normalizer
from app.pipeline.finders import references
from app.pipeline.finders.hosts import Tails, port_at
from app.pipeline.finders.schemes import loose_scheme
from app.pipeline.finders.urls import find_targets
from app.pipeline.hits import Hits
from app.pipeline.models import IOCType
from app.pipeline.refanged_text import RefangedText

_QUERY = re.compile(r"\?[\w.-]{1,40}=")


class SchemelessURLs:
    """Reports the URL around a host that was found; each method returns its end, or 0."""

    def __init__(self, refanged: RefangedText, hits: Hits) -> None:
        self._text = refanged.text
        self._claim = refanged.claim
        self._hits = hits
        self._tails = Tails(refanged)

    def find_loose(self, host: str, start: int, end: int) -> int:
        """Report a host with a scheme before it that lacks a mark, as `hxxp//` and `https:` do."""
        text = self._text
        loose = loose_scheme(text, start)
        if loose is None:
            return 0
        scheme, begin, is_sure = loose
        port = port_at(text, end)
        after = end + len(port)
        tail_end = self._tails.end(start, after)
        if not is_sure and tail_end == after:
            return 0
        tail = normalizer.path(text[after:tail_end])
        url = f"{scheme}://{host}{port}{tail}"
        self._hits.add_hit((begin, tail_end, IOCType.URL, url, "URL"))
        self._claim(begin, tail_end)
        find_targets(self._hits, url, host, tail, after)
        return tail_end

    def find_longer(self, host: str, start: int, end: int) -> int:
        """Report a host with a path or query, and perhaps a port, as a URL without its scheme."""
        text = self._text
        port = port_at(text, end)
        after = end + len(port)
        is_path = text[after] == "/" and text[start - 1] != "/"
        if not is_path and not _QUERY.match(text, after):
            return 0
        if is_path and references.is_host_alone(text, start, end, after):
            return 0
        tail_end = self._tails.end(start, after)
        tail = normalizer.path(text[after:tail_end])
        url = f"http://{host}{port}{tail}"
        self._hits.add_hit((start, tail_end, IOCType.URL, url, "URL without scheme"))
        self._claim(start, tail_end)
        find_targets(self._hits, url, host, tail, after)
        return tail_end
