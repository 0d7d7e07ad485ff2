"""The extractor finds every IOC in a text, with or without the evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from app.pipeline.blocks import blocks
from app.pipeline.codes import BASE64
from app.pipeline.collectors import Collector, F, IOCCollector
from app.pipeline.encoded_texts import encoded_texts, name_rules
from app.pipeline.evidence import EvidenceCollector
from app.pipeline.finders.emails import find_emails
from app.pipeline.finders.file_names import find_file_names
from app.pipeline.finders.ipv6 import find_ipv6
from app.pipeline.finders.marked import find_marked, find_packages
from app.pipeline.finders.names import find_names
from app.pipeline.finders.tokens import find_codes, find_long_runs
from app.pipeline.finders.urls import find_urls
from app.pipeline.finders.user_agents import find_user_agents
from app.pipeline.gc_pause import paused_collector
from app.pipeline.hits import Hits
from app.pipeline.models import IOC, Extraction, IOCType
from app.pipeline.refanged_text import RefangedText
from app.pipeline.second_process import second_process, serve

# The order matters: text that a finder claims is hidden from the later ones. A URL is claimed
# before the address in it, an address before the host in it, a host before the hexadecimal
# digits in it.
_FINDERS = (
    find_packages,
    find_urls,
    find_emails,
    find_ipv6,
    find_names,
    find_long_runs,
    find_codes,
    find_marked,
)
_FINDERS_ON_REQUEST = {
    IOCType.USER_AGENT: find_user_agents,
    IOCType.FILENAME: find_file_names,
}


_MAX_DEPTH = 3
LONG = 2_000_000
"""The length in characters from which a second process pays off (measured on two processors)."""


def extract_iocs(text: str, also: frozenset[IOCType] = frozenset()) -> list[IOC]:
    """Return the IOCs of a text, each once, in the order of their first positions.

    `also` are the types to look for among `models.OFF_BY_DEFAULT`.
    """
    collector = IOCCollector(also)
    _read_all(text, collector)
    return collector.iocs


def extract(text: str, also: frozenset[IOCType] = frozenset()) -> Extraction:
    """Return the same IOCs with their evidence, and what only looked like one."""
    collector = EvidenceCollector(also)
    _read_all(text, collector)
    return collector.extraction()


def _read_all(text: str, collector: Collector[F]) -> None:
    if len(text) < LONG:
        read_blocks(blocks(text), collector)
    else:
        read_on_two_processors(list(blocks(text)), collector)


def read_on_two_processors(parts: list[str], collector: Collector[F]) -> None:
    """Read the next blocks of a text; the second process, if there is one, reads the later half."""
    # This process reads a little more than half: what the second process finds must also be
    # sent back through a pipe.
    middle = len(parts) * 13 // 25
    reply = second_process.submit(
        collector.name, [kind.value for kind in collector.also], parts[middle:]
    )
    try:
        read_blocks(parts[:middle], collector)
    finally:
        columns = reply.wait() if reply else None
    if columns is None:
        read_blocks(parts[middle:], collector)
        return
    with paused_collector():
        collector.append_columns(columns)


def run_second_process() -> None:
    """Read the blocks that the first process sends, until it ends; the program of the second."""
    collectors: dict[str, Callable[[frozenset[IOCType]], Collector[Any]]] = {
        c.name: c for c in (IOCCollector, EvidenceCollector)
    }

    def columns(name: str, also: list[str], parts: list[str]) -> object:
        collector = collectors[name](frozenset(map(IOCType, also)))
        read_blocks(parts, collector)
        return collector.columns()

    serve(columns)


def read_blocks(blocks: Iterable[str], collector: Collector[F]) -> None:
    """Read the next blocks of a text that the caller has cut."""
    for block in blocks:
        with paused_collector():
            _read_block(block, collector)


def _read_block(block: str, collector: Collector[F]) -> None:
    # A function of its own: what it needs is freed before the collector of cycles may look at it.
    refanged = RefangedText(block)
    hits = collector.new_hits()
    run_finders(refanged, hits)
    collector.add_block(refanged, hits)


def run_finders(refanged: RefangedText, hits: Hits, depth: int = 0) -> None:
    """Run every finder over a refanged text; each adds its hits and misses.

    `depth` counts how often the text was encoded.
    """
    for finder in _FINDERS:
        finder(refanged, hits)
    for kind, find_more in _FINDERS_ON_REQUEST.items() if hits.also else ():
        if kind in hits.also:
            find_more(refanged, hits)
    if refanged.undone:
        name_rules(refanged.undone, hits)
    if refanged.long_runs and depth < _MAX_DEPTH:
        for start, end, text in encoded_texts(refanged):
            inside = Hits(hits.also)
            run_finders(RefangedText(text), inside, depth + 1)
            for hit in inside.first_sights().values():
                hits.add_hit((start, end, hit[2], hit[3], BASE64))
