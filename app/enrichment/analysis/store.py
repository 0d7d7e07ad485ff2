"""Where jobs and their lookups are kept: what the orchestrator asks of it, and one in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from app.documents.models import ReadDocument, Source, State
from app.enrichment.models import Analysis, Egress, Lookup
from app.jobs.models import Job
from app.pipeline.models import IOC


@dataclass(frozen=True, slots=True)
class StoredJob:
    """A job as it was committed; `lookups` in the order of their `seq`."""

    job: Job
    analysis: Analysis
    lookups: Sequence[Lookup]
    last_seq: int
    outcomes: Mapping[State, int] = field(default_factory=dict)
    """How many documents were read, and how far."""
    unread: frozenset[int] = frozenset()
    """The positions of those that were not."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A lookup that is being sent, for the n-th time."""

    position: int
    """Of its IOC in the analysis."""
    provider: str
    attempts: int


@dataclass(slots=True)
class JobWrite:
    """What changed in one job: written as a whole, together with other jobs' changes."""

    job: Job
    iocs: list[tuple[int, IOC]] = field(default_factory=list)
    """Taken in after all, each with its position."""
    added: list[tuple[int, Lookup]] = field(default_factory=list)
    """The lookups of those."""
    changed: list[tuple[int, Lookup]] = field(default_factory=list)
    """Each with its IOC's position. The job's next numbers go to `added`, then to these."""
    claims: list[Claim] = field(default_factory=list)
    documents: list[tuple[ReadDocument, Sequence[int]]] = field(default_factory=list)
    """Read since, each with the positions of the IOCs found in it, in their order."""
    unread_reason: str = ""
    """Why what is still unread will not be read; empty where it will."""
    egress: Sequence[Egress] = ()
    """To be added to what the job sent and received before."""
    unrefreshed: Collection[tuple[int, str | None]] = ()
    """Which of `changed` were not asked again after all, and show their last answer."""
    is_deleted: bool = False
    """Nothing of the job stays, and nothing else of this counts."""

    @property
    def count(self) -> int:
        """The number of lookups that get a new `seq`."""
        return len(self.added) + len(self.changed)


class JobStore(Protocol):
    """Every method may be called from any thread, and raises StorageError."""

    def create(
        self,
        job: Job,
        analysis: Analysis,
        lookups: Sequence[Lookup],
        sources: Sequence[Source] = (),
    ) -> None:
        """The lookups get the numbers from 1. `sources`: the documents to be read."""

    def commit(self, writes: Sequence[JobWrite]) -> list[int]:
        """All of them or none. Returns for each the number of its first lookup."""

    def load(self, job_id: str) -> StoredJob | None: ...

    def unfinished(self) -> list[str]:
        """The jobs that are queued or running, oldest first."""


class MemoryStore:
    """Gives numbers only: what the orchestrator holds in memory is all there is."""

    def __init__(self) -> None:
        self._last_seqs: dict[str, int] = {}

    def create(
        self,
        job: Job,
        analysis: Analysis,
        lookups: Sequence[Lookup],
        sources: Sequence[Source] = (),
    ) -> None:
        self._last_seqs[job.id] = len(lookups)

    def commit(self, writes: Sequence[JobWrite]) -> list[int]:
        firsts = []
        for write in writes:
            last = self._last_seqs.pop(write.job.id)
            if write.is_deleted:
                firsts.append(0)
                continue
            self._last_seqs[write.job.id] = last + write.count
            firsts.append(last + 1)
        return firsts

    def load(self, job_id: str) -> StoredJob | None:
        return None

    def unfinished(self) -> list[str]:
        return []
