"""The hits of the finders in one block of the text."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

from app.pipeline.models import IOCType
from app.pipeline.objections import Objection

Hit = tuple[int, int, IOCType, str, str]
"""Begin and end in the refanged text, type, value, and the name of a rule in `rules`."""

RefusedHit = tuple[int, int, Objection, str]
"""Begin and end in the refanged text, the reason, and the name of the rule that refused it."""

_BEGIN = itemgetter(0)


class Hits:
    """The hits in one refanged block, in the order of the finders."""

    wants_repeats = False
    """True if every repetition of a value must be reported; if False, some are reported anyway."""
    wants_misses = False
    """True if refused strings must be reported; if False, some are reported anyway."""

    def __init__(self, also: frozenset[IOCType] = frozenset()) -> None:
        """`also` are the types to look for among those that are off by default."""
        self.also = also
        self.hits: list[Hit] = []
        # The bound method of the list: a method of ours would cost one call more for each hit.
        self.add_hit = self.hits.append

    def add_moved(self, first: int, hits: Sequence[Hit], start: int) -> None:
        """Add the hits of a run at `first` once more, for the same run at `start`."""
        shift = start - first
        self.hits += [
            (start + shift, end + shift, kind, value, rule)
            for start, end, kind, value, rule in hits
        ]

    def add_target(
        self, kind: IOCType, value: str, start: int, end: int, wrapper: str, rule: str = "target"
    ) -> None:
        """Add the target of a link-protection or redirecting URL, or of a link to a report."""
        self.add_hit((start, end, kind, value, rule))

    def add_miss(self, reason: Objection, start: int, end: int, rule: str) -> None:
        """Note a refused string; `EvidenceHits` keeps it, this class needs none."""

    def first_sights(self) -> dict[str, Hit]:
        """Return the first hit of each value, in the order of the text; sorts `hits` in place."""
        self.hits.sort(key=_BEGIN)
        first: dict[str, Hit] = {}
        for hit in self.hits:
            first.setdefault(hit[3], hit)  # no value belongs to two types
        return first
