"""What is read of many jobs, or of many IOCs, at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from app.documents.models import Place
from app.enrichment.models import TLP, Lookup, LookupState, Mode, Verdict
from app.jobs.models import Job
from app.jobs.transitions import Step, allowed_actions
from app.pipeline.models import IOC

T = TypeVar("T")
MAX_PER_PAGE = 200
SORTS = ("first_seen", "type", "value", "verdict")
DOCUMENT_STATES = ("queued", "ok", "partial", "failed")
GROUPS = ("type", "verdict", "document")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    items: Sequence[T]
    page: int
    per_page: int
    total: int
    """Over all pages."""


@dataclass(frozen=True, slots=True)
class JobSummary:
    """A job and what came of it, without its rows."""

    job: Job
    mode: Mode | None = None
    """None for a job that is no analysis."""
    tlp: TLP | None = None
    first_iocs: Sequence[IOC] = ()
    documents: Sequence[str | None] = ()
    """The names of the first ones; None: what was pasted."""
    verdicts: Counter[Verdict | None] = field(default_factory=Counter)
    """How many IOCs stand how badly."""
    states: Counter[LookupState] = field(default_factory=Counter)
    """How many lookups are in which state."""
    cancelled: int = 0
    """How many of those not asked were to be asked when the job was cancelled."""
    done_at: datetime | None = None
    """When the last waiting lookup will be asked, if known."""

    @property
    def total(self) -> int:
        held_back = self.states[LookupState.NOT_ASKED] - self.cancelled
        return self.states.total() - held_back

    @property
    def done(self) -> int:
        return self.total - self.states[LookupState.PENDING]

    @property
    def allowed(self) -> tuple[Step, ...]:
        """What the analyst may ask of it now."""
        if self.mode is None:
            return ()
        return allowed_actions(self.job, bool(self.states[LookupState.COULD_NOT_CHECK]))

    @property
    def count(self) -> int:
        """Of IOCs."""
        return self.verdicts.total()


@dataclass(frozen=True, slots=True)
class JobQuery:
    """Which jobs to read; what is None does not matter. `text`: an IOC, or a part of one."""

    state: str | None = None
    job_type: str | None = None
    is_analysis: bool = False
    """Whether only analyses are wanted, be they of pasted text or of documents."""
    text: str | None = None
    verdict: Verdict | None = None
    since: datetime | None = None
    before: datetime | None = None
    page: int = 1
    per_page: int = 50


@dataclass(frozen=True, slots=True)
class IOCQuery:
    """Which IOCs of a job to read, in which order; what is empty does not matter."""

    type: str = ""
    verdict: str = ""
    state: str = ""
    text: str = ""
    sort: str = ""
    """A name of `SORTS`, with `-` in front for the other way round."""
    document: str = ""
    """The name of one that it stands in."""
    group_by: str = ""
    """A name of `GROUPS`."""
    page: int = 1
    per_page: int = 50


@dataclass(frozen=True, slots=True)
class IOCEntry:
    ioc: IOC
    verdict: Verdict | None
    """The most severe that any provider gave."""
    rows: Sequence[Lookup]
    group: str | None = None
    """What `group_by` asked for; None: no verdict, or the pasted text."""
    places: Sequence[Place] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A document of an analysis, without what stands in it."""

    position: int
    name: str
    size: int | None
    """In bytes; None before it was read. The same for its hashes."""
    md5: str | None
    sha1: str | None
    sha256: str | None
    state: str
    """`queued`, `ok`, `partial` or `failed`."""
    reason: str | None
    """Why it is not `ok`, as a sentence."""
    ioc_count: int


@dataclass(frozen=True, slots=True)
class Origin:
    """The documents of an analysis, for those who pass on what was found in them."""

    count: int = 0
    """Of documents; none: the text was pasted."""
    unwhole: Sequence[Document] = ()
    """Those that were not read, or not whole."""
    places: Mapping[IOC, Sequence[Place]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SameFiles:
    """Files of the same content."""

    sha256: str
    names: Sequence[str]


@dataclass(frozen=True, slots=True)
class SharedIOC:
    ioc: IOC
    documents: Sequence[str]
    """The names of those that it stands in."""
