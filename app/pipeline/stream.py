"""Finds every IOC in a text of any length; the memory needed grows with what is found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.pipeline.blocks import stream_blocks
from app.pipeline.evidence import EvidenceCollector
from app.pipeline.extractor import extract, extract_iocs, read_blocks
from app.pipeline.models import IOC, Extraction


def extract_stream(chunks: Iterable[str], seen: set[str] | None = None) -> Iterator[IOC]:
    """Yield the IOCs of the whole text, each as soon as it is seen first.

    Values in `seen` are left out, for they were seen in another text; new ones are added to it.
    """
    seen = set() if seen is None else seen  # no value belongs to two types
    for block in stream_blocks(chunks):
        for ioc in extract_iocs(block):
            if ioc.value not in seen:
                seen.add(ioc.value)
                yield ioc


def locate_stream(chunks: Iterable[str]) -> Iterator[tuple[IOC, int]]:
    """Yield each IOC as soon as it is seen first, with its line; the first line is 1."""
    seen: set[str] = set()
    line = 0
    for block in stream_blocks(chunks):
        for evidence in extract(block).found:
            if evidence.ioc.value not in seen:
                seen.add(evidence.ioc.value)
                yield evidence.ioc, line + evidence.line
        line += block.count("\n")


def explain_stream(chunks: Iterable[str]) -> Extraction:
    """Return what `extract` returns for the whole text, when the text has ended."""
    collector = EvidenceCollector()
    read_blocks(stream_blocks(chunks), collector)
    return collector.extraction()
