"""Finds every IOC in a text, with or without the evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from app.pipeline.blocks import blocks
from app.pipeline.collectors import Collector, F, IOCCollector
from app.pipeline.evidence import EvidenceReader
from app.pipeline.finders.emails import find_emails
from app.pipeline.finders.ipv6 import find_ipv6
from app.pipeline.finders.names import find_names
from app.pipeline.finders.tokens import find_codes, find_long_runs
from app.pipeline.finders.urls import find_urls
from app.pipeline.gc_pause import paused_collector
from app.pipeline.hits import Hits
from app.pipeline.models import IOC, Extraction
from app.pipeline.refanged_text import RefangedText
from app.pipeline.second_process import helper, serve

# In this order: what a finder claims, the later ones do not see. A URL is claimed before the
# address in it, an address before the host in it, a host before the hexadecimal digits in it.
_FINDERS = (
    find_urls,
    find_emails,
    find_ipv6,
    find_names,
    find_long_runs,
    find_codes,
)


LONG = 2_000_000
"""The length in characters from which a second process pays off."""


def extract_iocs(text: str) -> list[IOC]:
    """The IOCs of a text, each once, in the order of first sight."""
    reader = IOCCollector()
    _read_all(text, reader)
    return reader.iocs


def extract(text: str) -> Extraction:
    """The same IOCs with their evidence, and what only looked like one."""
    reader = EvidenceReader()
    _read_all(text, reader)
    return reader.extraction()


def _read_all(text: str, reader: Collector[F]) -> None:
    if len(text) < LONG:
        read_blocks(blocks(text), reader)
        return
    parts = list(blocks(text))
    middle = len(parts) * 13 // 25  # what the helper finds has to travel, too
    reply = helper.ask(reader.name, parts[middle:])
    try:
        read_blocks(parts[:middle], reader)
    finally:
        columns = reply.take() if reply else None
    if columns is None:
        read_blocks(parts[middle:], reader)
        return
    with paused_collector():
        reader.take(columns)


def help_out() -> None:
    """Run the helper process: read the blocks that the main process sends."""
    readers: dict[str, Callable[[], Collector[Any]]] = {
        r.name: r for r in (IOCCollector, EvidenceReader)
    }

    def columns(name: str, parts: list[str]) -> object:
        reader = readers[name]()
        read_blocks(parts, reader)
        return reader.columns()

    serve(columns)


def read_blocks(blocks: Iterable[str], reader: Collector[F]) -> None:
    """Read the next blocks of a text that the caller has cut."""
    for block in blocks:
        with paused_collector():
            refanged = RefangedText(block)
            hits = reader.new_hits()
            find(refanged, hits)
            reader.add(refanged, hits)


def find(refanged: RefangedText, hits: Hits) -> None:
    """Run every finder over a refanged text; each adds its hits and misses."""
    for find_kind in _FINDERS:
        find_kind(refanged, hits)
