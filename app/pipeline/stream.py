"""Finds every IOC in a text of any length, in memory that grows with what is found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.pipeline.blocks import stream_blocks
from app.pipeline.extractor import extract_iocs
from app.pipeline.models import IOC


def extract_stream(chunks: Iterable[str]) -> Iterator[IOC]:
    """The same IOCs as from the whole text, each as soon as it is seen first."""
    seen: set[str] = set()  # no value belongs to two types
    for block in stream_blocks(chunks):
        for ioc in extract_iocs(block):
            if ioc.value not in seen:
                seen.add(ioc.value)
                yield ioc
