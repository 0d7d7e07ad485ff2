"""The proposal for an analysis, before anything of it is sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from app.context.reserved import reserved_reason
from app.enrichment.models import TLP, Analysis, Lookup, LookupState, NotAsked, Reason, utcnow
from app.pipeline.models import IOC
from app.triage.models import Hold
from app.triage.plan import Plan

# A longer wait is one that the analyst should agree to.
LONG_WAIT = timedelta(minutes=2)
# So many rows of a plan are shown; the others are chosen by their type.
SHOWN_ROWS = 250
LEFT_OUT = Reason(NotAsked.LEFT_OUT, "left out in the plan")
NOT_TODAY = Reason(NotAsked.NOT_TODAY, "today's quota would not do for it")

_SAID = re.compile(r"\bTLP\s*[:=]?\s*(RED|AMBER\s*[+-]\s*STRICT)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Proposal:
    analysis: Analysis
    holds: Mapping[IOC, Hold]
    plan: Plan

    def needs_decision(self) -> bool:
        """Whether the analyst should see the plan before anything is asked."""
        held = (row for row in self.plan.lookups if row.state is LookupState.NOT_ASKED)
        done_at = self.plan.done_at
        return (
            any(_can_be_decided(row, self.holds.get(row.ioc)) for row in held)
            or self.plan.not_today > 0
            or (done_at is not None and done_at - utcnow() > LONG_WAIT)
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """The analyst's choice in a plan; IOCs by their position in the analysis."""

    types: frozenset[str]
    asked: frozenset[int]
    """The ticked IOCs among those shown one by one."""
    all_the_same: frozenset[int] = frozenset()
    """The held-back IOCs that are to be asked all the same."""
    host_alone: frozenset[int] = frozenset()
    only_today: bool = False


def in_order(lookups: Iterable[Lookup]) -> list[Lookup]:
    """Return the waiting lookups in the order in which they will be asked."""
    return sorted(
        (row for row in lookups if row.state is LookupState.PENDING), key=lambda row: row.rank
    )


def left_out(
    lookups: Iterable[Lookup], positions: Mapping[IOC, int], choice: Choice
) -> dict[tuple[IOC, str], Reason]:
    """Return the lookups of a plan that the analyst unticked, each with the reason."""
    waiting = in_order(lookups)
    shown = set(shown_of(waiting))
    skipped = {}
    for row in waiting:
        is_ticked = row.ioc not in shown or positions[row.ioc] in choice.asked
        if row.provider and not (is_ticked and row.ioc.type.value in choice.types):
            skipped[row.ioc, row.provider] = LEFT_OUT
    return skipped


def shown_of(waiting: Iterable[Lookup]) -> list[IOC]:
    """The IOCs that the analyst can tick one by one."""
    return list(dict.fromkeys(row.ioc for row in waiting))[:SHOWN_ROWS]


def tlp_said(text: str) -> TLP | None:
    """Return the TLP that a text names, if it forbids asking providers."""
    said = {found[1].upper() for found in _SAID.finditer(text)}
    if not said:
        return None
    return TLP.RED if "RED" in said else TLP.AMBER_STRICT


def _can_be_decided(row: Lookup, hold: Hold | None) -> bool:
    """Return whether asking can make sense: no provider knows anything about a private address."""
    return hold is not None and row.provider is not None and reserved_reason(row.ioc) is None
