"""The store of analyses: the protocol, its records, and a store without a database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from app.documents.models import ReadDocument, Source, State
from app.enrichment.models import Analysis, Egress, Lookup, Mode
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
    """The number of documents by how far they were read."""
    unread: frozenset[int] = frozenset()
    """The positions of the documents that were not read yet."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A lookup whose call is being sent; only its number of calls is stored.

    A call does not wait for this to be committed. After a crash each pending lookup is asked
    again, whether or not its last call was sent.
    """

    position: int
    """The position of its IOC in the analysis."""
    provider: str
    attempts: int


@dataclass(slots=True)
class JobWrite:
    """The changes of one job, to be committed as a whole, together with those of other jobs."""

    job: Job
    iocs: list[tuple[int, IOC]] = field(default_factory=list)
    """IOCs that were added, each with its position."""
    added: list[tuple[int, Lookup]] = field(default_factory=list)
    """New lookups, each with the position of its IOC."""
    changed: list[tuple[int, Lookup]] = field(default_factory=list)
    """Changed lookups, each with the position of its IOC. `added` get the next numbers first."""
    claims: list[Claim] = field(default_factory=list)
    documents: list[tuple[ReadDocument, Sequence[int]]] = field(default_factory=list)
    """Documents that were read, each with the positions of the IOCs found in it, in order."""
    unread_reason: str = ""
    """Why the documents still unread will not be read; empty if they will."""
    egress: Sequence[Egress] = ()
    """What was sent and received, to be added to the counts of the job."""
    unrefreshed: Collection[tuple[int, str | None]] = ()
    """The lookups of `changed` whose refresh was given up, so that they show their last answer."""
    mode: Mode | None = None
    """The mode of the analysis from now on; None: as it was."""
    is_deleted: bool = False
    """Delete the job; the other fields are ignored."""

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
        """Store a new job; its lookups get the numbers from 1. `sources`: documents to be read."""

    def commit(self, writes: Sequence[JobWrite]) -> list[int]:
        """Write all changes or none. Returns for each the number of its first lookup."""

    def load(self, job_id: str) -> StoredJob | None: ...

    def unfinished(self) -> list[str]:
        """Return the ids of the jobs that are queued or running, oldest first."""


class MemoryStore:
    """Numbers lookups and keeps nothing: analyses exist in memory only, and leave it for good.

    The default of `EnrichmentOrchestrator`, which the specification lets be built from adapters
    alone. The application hands in a store of the database.
    """

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
