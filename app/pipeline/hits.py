"""The hits of the finders in one block."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

from app.pipeline.models import IOCType

Hit = tuple[int, int, IOCType, str, str]
"""Begin and end in the refanged text, type, value, and rule."""

_BEGIN = itemgetter(0)


class Hits:
    """The hits in one refanged block, in the order of the finders."""

    wants_repeats = False
    """Whether every repetition of a value is reported; some are reported anyway."""
    wants_misses = False
    """Whether refused strings are reported; some are reported anyway."""

    def __init__(self) -> None:
        self.hits: list[Hit] = []
        self.hit = self.hits.append

    def repeat(self, hits: Sequence[Hit], shift: int) -> None:
        """Add hits that were found before, at a place further on."""
        self.hits += [
            (start + shift, end + shift, kind, value, rule)
            for start, end, kind, value, rule in hits
        ]

    def unwrapped(self, kind: IOCType, value: str, start: int, end: int, wrapper: str) -> None:
        """The target of a wrapper URL."""
        self.hit((start, end, kind, value, "target"))

    def miss(self, reason: str, start: int, end: int, rule: str) -> None:
        """Note a string that looks like an IOC and is none."""

    def first_sights(self) -> dict[str, Hit]:
        """Return the first hit of each value, in the order of the text; sorts all hits."""
        self.hits.sort(key=_BEGIN)
        first: dict[str, Hit] = {}
        for hit in self.hits:
            first.setdefault(hit[3], hit)  # no value belongs to two types
        return first
