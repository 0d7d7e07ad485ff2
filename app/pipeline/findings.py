"""The hits of the finders in one block."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

from app.pipeline.models import IOCType

Hit = tuple[int, int, IOCType, str, str]
"""Begin and end in the refanged text, type, value, and rule."""

_BEGIN = itemgetter(0)


class Hits:
    """Collects what stands on a page, in the order of the finders."""

    wants_repeats = False
    """Whether it is to be told of a value at each place; of some it is told anyway."""
    wants_misses = False
    """Whether it is to be told of what was refused; of some it is told anyway."""

    def __init__(self) -> None:
        self.hits: list[Hit] = []
        self.hit = self.hits.append

    def repeat(self, hits: Sequence[Hit], shift: int) -> None:
        """The same as was found before, further on."""
        self.hits += [
            (start + shift, end + shift, kind, value, rule)
            for start, end, kind, value, rule in hits
        ]

    def unwrapped(self, kind: IOCType, value: str, start: int, end: int, wrapper: str) -> None:
        """The target of a wrapper URL."""
        self.hit((start, end, kind, value, "target"))

    def miss(self, reason: str, start: int, end: int, rule: str) -> None:
        """Something that looks like an IOC and is none."""

    def first_sights(self) -> dict[str, Hit]:
        """The first hit of each value, in the order of the text; so are all hits from now on."""
        self.hits.sort(key=_BEGIN)
        first: dict[str, Hit] = {}
        for hit in self.hits:
            first.setdefault(hit[3], hit)  # no value belongs to two types
        return first
