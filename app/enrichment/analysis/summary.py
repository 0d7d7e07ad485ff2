"""The records that lists and pages show of an analysis: its counts, and its IOCs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.documents.models import Place
from app.enrichment.analysis.counts import Counts
from app.enrichment.models import TLP, Lookup, LookupState, Mode, Verdict
from app.jobs.models import Job
from app.jobs.transitions import Step, allowed_actions
from app.pipeline.models import IOC


@dataclass(frozen=True, slots=True)
class JobSummary:
    """A job with its counts, without its lookups."""

    job: Job
    mode: Mode | None = None
    """None for a job that is no analysis."""
    tlp: TLP | None = None
    first_iocs: Sequence[IOC] = ()
    documents: Sequence[str | None] = ()
    """The names of the first documents; None: the text that was pasted."""
    verdicts: Counter[Verdict | None] = field(default_factory=Counter)
    """The number of IOCs by their most severe verdict."""
    states: Counter[LookupState] = field(default_factory=Counter)
    """The number of lookups by state."""
    cancelled: int = 0
    """The number of lookups, among those not asked, that waited when the job was cancelled."""
    may_look_up: bool = False
    """Whether it has IOCs that may leave this machine."""
    done_at: datetime | None = None
    """When the last waiting lookup will be asked, if known."""

    @property
    def counts(self) -> Counts:
        return Counts(self.states, self.cancelled)

    @property
    def total(self) -> int:
        return self.counts.total

    @property
    def done(self) -> int:
        return self.counts.done

    @property
    def allowed(self) -> tuple[Step, ...]:
        """The actions that the analyst may take now."""
        if self.mode is None:
            return ()
        return allowed_actions(self.job, self.counts.possible(self.may_look_up))

    @property
    def count(self) -> int:
        """The number of IOCs."""
        return self.verdicts.total()


@dataclass(frozen=True, slots=True)
class IOCEntry:
    ioc: IOC
    verdict: Verdict | None
    """The most severe that any provider gave."""
    rows: Sequence[Lookup]
    group: str | None = None
    """What `group_by` asked for; None: no verdict, or the pasted text."""
    places: Sequence[Place] = ()
