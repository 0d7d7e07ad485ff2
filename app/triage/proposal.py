"""The proposal for an analysis, and the analyst's choice from it, before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from app.context.reserved import reserved_reason
from app.enrichment.models import TLP, Analysis, Lookup, LookupState, Mode, NotAsked, Reason, utcnow
from app.pipeline.models import IOC
from app.triage.models import Hold
from app.triage.plan import Plan

# The analyst should agree to a longer wait before the analysis starts.
LONG_WAIT = timedelta(minutes=2)
# A plan shows this many rows with a tick box each; the others are chosen by their type.
SHOWN_ROWS = 250
LEFT_OUT = Reason(NotAsked.LEFT_OUT, "left out in the plan")
NOT_TODAY = Reason(NotAsked.NOT_TODAY, "today's quota would not do for it")

_SAID = re.compile(r"\bTLP\s*[:=]?\s*(RED|AMBER\s*[+-]\s*STRICT)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Proposal:
    """An analysis that was not created yet, with its plan."""

    analysis: Analysis
    holds: Mapping[IOC, Hold]
    plan: Plan

    def needs_decision(self) -> bool:
        """Whether the analyst should see the plan before anything is asked."""
        if self.analysis.mode is Mode.OFFLINE:
            return False
        held = (row for row in self.plan.lookups if row.state is LookupState.NOT_ASKED)
        done_at = self.plan.done_at
        return (
            self.analysis.tlp_said is not None
            or any(_can_be_decided(row, self.holds.get(row.ioc)) for row in held)
            or self.plan.not_today > 0
            or (done_at is not None and done_at - utcnow() > LONG_WAIT)
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """The analyst's choice in a plan; IOCs by their position in the analysis."""

    types: frozenset[str]
    asked: frozenset[int]
    """The ticked IOCs among those shown one by one."""
    held_back: frozenset[int] = frozenset()
    """The ticked IOCs among those that were held back: they are asked as they are."""
    host_alone: frozenset[int] = frozenset()
    """The held-back URLs of which the host alone is asked."""
    only_today: bool = False
    """Whether lookups beyond today's quota are left out."""


def in_order(lookups: Iterable[Lookup]) -> list[Lookup]:
    """Return the waiting lookups in the order in which they will be asked."""
    return sorted(
        (row for row in lookups if row.state is LookupState.PENDING), key=lambda row: row.rank
    )


def unticked(
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
    """Return the IOCs that have a tick box of their own, the first that will be asked."""
    return list(dict.fromkeys(row.ioc for row in waiting))[:SHOWN_ROWS]


def tlp_said(text: str) -> TLP | None:
    """Return the TLP that a text names, if it forbids asking providers."""
    said = {found[1].upper() for found in _SAID.finditer(text)}
    if not said:
        return None
    return TLP.RED if "RED" in said else TLP.AMBER_STRICT


def _can_be_decided(row: Lookup, hold: Hold | None) -> bool:
    """Return whether the analyst may ask for a held-back lookup all the same."""
    # No provider knows anything about a private or reserved address.
    return hold is not None and row.provider is not None and reserved_reason(row.ioc) is None
