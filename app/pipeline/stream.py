"""Finds every IOC in a text of any length; the memory needed grows with what is found."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from itertools import islice

from app.pipeline.blocks import stream_blocks
from app.pipeline.collectors import Collector, F, IOCCollector
from app.pipeline.evidence import EvidenceCollector
from app.pipeline.extractor import read_blocks, read_on_two_processors
from app.pipeline.models import IOC, Extraction, IOCType

# A batch of so many blocks, about two million characters, is worth the second process.
_LARGE = 24
# Blocks that arrive within this time come from a file, not from a program that is still writing.
_SOON_S = 0.1


def extract_stream(
    chunks: Iterable[str],
    seen: set[str] | None = None,
    also: frozenset[IOCType] = frozenset(),
) -> Iterator[IOC]:
    """Yield the IOCs of the whole text, each soon after it is seen first.

    Values in `seen` are left out, for they were seen in another text; new ones are added to it.
    `also` are the types to look for among those that are off by default.
    """
    seen = set() if seen is None else seen  # no value belongs to two types
    for batch in _batches(stream_blocks(chunks)):
        collector = IOCCollector(also)
        _read_batch(batch, collector)
        for ioc in collector.iocs:
            if ioc.value not in seen:
                seen.add(ioc.value)
                yield ioc


def locate_stream(
    chunks: Iterable[str], also: frozenset[IOCType] = frozenset()
) -> Iterator[tuple[IOC, int]]:
    """Yield each IOC soon after it is seen first, with its line; the first line is 1."""
    seen: set[str] = set()
    line = 0
    for batch in _batches(stream_blocks(chunks)):
        collector = EvidenceCollector(also)
        _read_batch(batch, collector)
        for evidence in collector.extraction().found:
            if evidence.ioc.value not in seen:
                seen.add(evidence.ioc.value)
                yield evidence.ioc, line + evidence.line
        line += sum(block.count("\n") for block in batch)


def explain_stream(chunks: Iterable[str], also: frozenset[IOCType] = frozenset()) -> Extraction:
    """Return what `extract` returns for the whole text, when the text has ended."""
    collector = EvidenceCollector(also)
    for batch in _batches(stream_blocks(chunks)):
        _read_batch(batch, collector)
    return collector.extraction()


def _batches(blocks: Iterator[str]) -> Iterator[list[str]]:
    """Yield the blocks in batches: one at a time, and more as long as they arrive fast.

    What a slow pipe brings is therefore read at once.
    """
    most = 1
    while True:
        begun = time.monotonic()
        batch = list(islice(blocks, most))
        if not batch:
            return
        most = min(2 * most, _LARGE) if time.monotonic() - begun < _SOON_S else 1
        yield batch


def _read_batch(batch: list[str], collector: Collector[F]) -> None:
    if len(batch) < _LARGE:
        read_blocks(batch, collector)
    else:
        read_on_two_processors(batch, collector)
