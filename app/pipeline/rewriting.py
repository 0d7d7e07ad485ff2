"""Rewrites a text: every IOC is defanged, or refanged, and nothing else is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from app.pipeline.blocks import stream_blocks
from app.pipeline.defang import HOSTS, defang
from app.pipeline.extractor import run_finders
from app.pipeline.hits import Hit, Hits
from app.pipeline.models import IOC, IOCType
from app.pipeline.refang import DOT
from app.pipeline.refanged_text import RefangedText
from app.pipeline.undoing import OPAQUE

_WITH_HOST = HOSTS | {IOCType.URL, IOCType.EMAIL}


def defang_stream(chunks: Iterable[str]) -> Iterator[str]:
    """Yield the text in pieces, with every IOC defanged."""
    return _rewritten(chunks, defang)


def refang_stream(chunks: Iterable[str]) -> Iterator[str]:
    """Yield the text in pieces, with every IOC refanged."""
    return _rewritten(chunks, lambda ioc: ioc.value)


class _HostHits(Hits):
    """All hits of the types that have a host; the other types are never defanged."""

    wants_repeats = True

    def outermost(self) -> Iterator[Hit]:
        """Yield the hits in the order of the text; of overlapping ones the first and longest."""
        last = 0
        for hit in sorted(self.hits, key=lambda hit: (hit[0], -hit[1])):
            if hit[0] >= last and hit[2] in _WITH_HOST and hit[4] not in OPAQUE:
                yield hit
                last = hit[1]


def _rewritten(chunks: Iterable[str], form: Callable[[IOC], str]) -> Iterator[str]:
    for block in stream_blocks(chunks):
        refanged = RefangedText(block)
        block_hits = _HostHits()
        run_finders(refanged, block_hits)
        hits = list(block_hits.outermost())
        last = 0
        for hit, start, end in zip(hits, *refanged.places(hits), strict=True):
            yield block[last:start]
            yield form(_as_written(refanged.text, hit))
            last = end
        yield block[last:]


def _as_written(text: str, hit: Hit) -> IOC:
    """Return the IOC refanged, but not canonical: capitals, scripts, a missing scheme stay."""
    start, end, kind, value, _ = hit
    written = text[start:end].replace(DOT, ".")
    scheme, colon, rest = written.partition("://")
    if kind is IOCType.URL and colon and scheme.lower() not in value.partition("://")[0]:
        written = value.partition("://")[0] + colon + rest
    return IOC(kind, written)
