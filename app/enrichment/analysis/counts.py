"""The counts of an analysis: one definition for memory, for commits, and for lists of jobs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.documents.models import State
from app.enrichment.analysis.lookup_states import is_refresh_failed
from app.enrichment.models import Lookup, LookupState, NotAsked
from app.jobs.transitions import ACTIONS, Step


@dataclass(slots=True)
class Counts:
    """How many lookups are in which state. Held-back lookups are not part of the total."""

    states: Counter[LookupState] = field(default_factory=Counter)
    cancelled: int = 0
    """The number of lookups, among those not asked, that waited when the job was cancelled."""
    refresh_failed: int = 0
    """The number of lookups that show an old answer because asking again failed."""

    @property
    def total(self) -> int:
        """The number of lookups that were to be asked; those cancelled while waiting count."""
        return self.states.total() - self.states[LookupState.NOT_ASKED] + self.cancelled

    @property
    def done(self) -> int:
        return self.total - self.states[LookupState.PENDING]

    @property
    def answered(self) -> int:
        """The number of lookups with an answer; "not found" is one."""
        return self.states[LookupState.ANSWERED] + self.states[LookupState.NOT_FOUND]

    def possible(self, may_look_up: bool) -> frozenset[Step]:
        """Return the actions that have something to ask; the job's state may forbid them.

        `may_look_up`: whether the analysis has IOCs that may leave this machine.
        """
        has_any = {
            Step.RETRY: self.states[LookupState.COULD_NOT_CHECK] > 0,
            Step.CONTINUE: self.cancelled > 0,
            Step.LOOK_UP: may_look_up and self.states.total() == 0,
        }
        return frozenset(action for action in ACTIONS if has_any.get(action, True))

    def add(self, lookup: Lookup, by: int = 1) -> None:
        """Count a lookup; `by` is -1 for one that was replaced."""
        self.states[lookup.state] += by
        self.refresh_failed += by * is_refresh_failed(lookup)
        self.cancelled += by * (lookup.reason_code is NotAsked.CANCELLED)

    def copy(self) -> Counts:
        return Counts(self.states.copy(), self.cancelled, self.refresh_failed)


def sentence(counts: Counts, outcomes: Mapping[State, int]) -> str | None:
    """Return what an ended job says of its lookups and documents; None if all went well."""
    parts = []
    files = sum(outcomes.values())
    if failed := outcomes.get(State.FAILED):
        parts.append(f"{failed} of {files} files could not be read")
    if partial := outcomes.get(State.PARTIAL):
        parts.append(f"{partial} of {files} files read in part")
    if failed := counts.states[LookupState.COULD_NOT_CHECK]:
        parts.append(f"{failed} could not be checked")
    if counts.refresh_failed:
        parts.append(f"{counts.refresh_failed} could not be asked again")
    if counts.cancelled:
        parts.append(f"{counts.cancelled} not asked: cancelled")
    return f"{', '.join(parts)}." if parts else None
