"""Finds every IOC in a text of any length, in memory that grows with what is found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.pipeline.blocks import stream_blocks
from app.pipeline.evidence import EvidenceReader
from app.pipeline.extractor import extract, extract_iocs, read_blocks
from app.pipeline.models import IOC, Extraction


def extract_stream(chunks: Iterable[str], seen: set[str] | None = None) -> Iterator[IOC]:
    """The same IOCs as from the whole text, each as soon as it is seen first.

    Values that were seen before, in another text, are left out; new ones are added to them.
    """
    seen = set() if seen is None else seen  # no value belongs to two types
    for block in stream_blocks(chunks):
        for ioc in extract_iocs(block):
            if ioc.value not in seen:
                seen.add(ioc.value)
                yield ioc


def locate_stream(chunks: Iterable[str]) -> Iterator[tuple[IOC, int]]:
    """Yield each IOC as soon as it is first seen, with its line."""
    seen: set[str] = set()
    line = 0
    for block in stream_blocks(chunks):
        for evidence in extract(block).found:
            if evidence.ioc.value not in seen:
                seen.add(evidence.ioc.value)
                yield evidence.ioc, line + evidence.line
        line += block.count("\n")


def explain_stream(chunks: Iterable[str]) -> Extraction:
    """The same as from the whole text; complete only when the text has ended."""
    reader = EvidenceReader()
    read_blocks(stream_blocks(chunks), reader)
    return reader.extraction()
