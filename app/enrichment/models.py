"""The records of enrichment: what a provider said of an IOC, or why it said nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypedDict

from app.pipeline.models import IOC, Evidence


def utcnow() -> datetime:
    return datetime.now(UTC)


class Verdict(StrEnum):
    MALICIOUS = "malicious"
    SUSPICIOUS = "suspicious"
    NO_DETECTIONS = "no_detections"
    KNOWN_GOOD = "known_good"
    NOT_FOUND = "not_found"


class ErrorKind(StrEnum):
    UNSUPPORTED = "unsupported"
    AUTH = "auth"
    REFUSED = "refused"
    RATE_LIMITED = "rate_limited"
    TIMEOUT = "timeout"
    UNAVAILABLE = "unavailable"
    BAD_RESPONSE = "bad_response"
    INTERNAL = "internal"


class Mode(StrEnum):
    OFFLINE = "offline"
    ONLINE = "online"


class TLP(StrEnum):
    """Who may be told (FIRST, Traffic Light Protocol 2.0)."""

    CLEAR = "CLEAR"
    GREEN = "GREEN"
    AMBER = "AMBER"
    AMBER_STRICT = "AMBER+STRICT"
    RED = "RED"

    @property
    def stays_here(self) -> bool:
        """Whether no provider may hear of it."""
        return self in (TLP.AMBER_STRICT, TLP.RED)


class LookupState(StrEnum):
    PENDING = "pending"
    ANSWERED = "answered"
    NOT_FOUND = "not_found"
    COULD_NOT_CHECK = "could_not_check"
    NOT_ASKED = "not_asked"


class NotAsked(StrEnum):
    """Why a lookup was not asked. Programs decide on this code, people read the sentence."""

    HELD_BACK = "held_back"
    DISCLOSURE = "disclosure"
    """A URL is held back for what it carries; its host alone can be asked. JSON: `held_back`."""
    UNSUPPORTED_TYPE = "unsupported_type"
    CANCELLED = "cancelled"
    LEFT_OUT = "left_out"
    NOT_TODAY = "not_today"
    KNOWN_GOOD = "known_good"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a lookup was not asked, for programs and for people."""

    code: NotAsked
    sentence: str


CANCELLED = Reason(NotAsked.CANCELLED, "cancelled")
UNSUPPORTED = Reason(NotAsked.UNSUPPORTED_TYPE, "type not supported by any provider")


@dataclass(frozen=True, slots=True)
class Detail:
    """One row for display; control and direction characters are already made visible."""

    label: str
    value: str
    key: str = ""
    """Fixed, for programs; empty in answers that older versions stored."""


@dataclass(frozen=True, slots=True)
class Score:
    """The provider's own number, for example 87 of 100. It is never turned into a verdict."""

    value: float
    of: float
    label: str


@dataclass(frozen=True, slots=True)
class PastAnswer:
    """The provider's previous answer, kept if it says something else now."""

    verdict: Verdict | None
    detection_count: int | None
    total_engines: int | None
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class EnrichmentResult:
    """A provider's answer. Its verdict is None if it only informs, or never analysed the IOC."""

    ioc: IOC
    provider: str
    verdict: Verdict | None
    detection_count: int | None = None
    total_engines: int | None = None
    scan_date: str | None = None
    """The time of the provider's last analysis: ISO 8601, UTC."""
    fetched_at: datetime = field(default_factory=utcnow)
    raw_stats: Mapping[str, int] = field(default_factory=dict)
    score: Score | None = None
    details: tuple[Detail, ...] = ()
    link: str | None = None
    account: str = ""
    """The digest of the key that asked, see `Account`; empty where none is needed."""
    aliases: tuple[IOC, ...] = ()
    """The other hashes of the same file: this is their answer too."""
    fresh_until: datetime | None = None
    """The end of its freshness, UTC, from the provider's declaration; None: unknown."""
    previous: PastAnswer | None = None

    @property
    def is_stale(self) -> bool:
        return self.fresh_until is not None and self.fresh_until < utcnow()


@dataclass(frozen=True, slots=True)
class EnrichmentError:
    """Why there is no answer: a record, not an exception, for the analyst is shown it."""

    ioc: IOC
    provider: str
    error: str
    kind: ErrorKind = ErrorKind.UNAVAILABLE
    retry_after: float | None = None
    """Seconds the provider asked us to wait."""
    fetched_at: datetime = field(default_factory=utcnow)


Outcome = EnrichmentResult | EnrichmentError


@dataclass(frozen=True, slots=True)
class Lookup:
    """One IOC at one provider; the unit that jobs, status endpoint and page share."""

    ioc: IOC
    provider: str | None
    """The provider's name; None if no provider supports the IOC's type."""
    state: LookupState = LookupState.PENDING
    seq: int = 0
    """The job's count of changes when this one last changed, from 1."""
    result: EnrichmentResult | None = None
    """The answer; of a pending lookup the last one, which is being refreshed."""
    error: EnrichmentError | None = None
    """The error; beside a result it says why the refresh failed."""
    reason: str | None = None
    """Why it was not asked, or what a pending lookup waits for: a sentence."""
    reason_code: NotAsked | None = None
    """Why it was not asked; None in every other state."""
    retry_at: datetime | None = None
    """The time when a pending lookup will be asked, UTC, if known."""
    attempts: int = 0
    """How often it was sent, over all runs of the server."""
    rank: int = 0
    """The place among the job's lookups: the lowest is asked first."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """An analysis as the analyst asked for it; its text is not stored."""

    job_id: str
    iocs: tuple[IOC, ...]
    mode: Mode
    created_at: datetime = field(default_factory=utcnow)
    evidence: Mapping[IOC, Evidence] = field(default_factory=dict)
    """The position of each IOC; none for IOCs that the analyst added."""
    tlp: TLP | None = None
    """The analyst's choice; None: no choice."""
    hashes: Mapping[IOC, tuple[IOC, ...]] = field(default_factory=dict)
    """Each hash of the files that were read, with the file's other hashes."""
    providers: tuple[str, ...] | None = None
    """The ids of the providers chosen for this analysis; None: all that are on and usable."""
    shows_plan: bool = False
    """Whether a person waits for the plan of an import when its documents are read."""
    tlp_said: TLP | None = None
    """The TLP named in the text that forbids asking providers; None: no such one."""

    @property
    def may_look_up(self) -> bool:
        """Whether there are IOCs, and their TLP lets providers be asked about them."""
        return bool(self.iocs) and not (self.tlp is not None and self.tlp.stays_here)


class JobStatus(TypedDict):
    """A snapshot, safe to hand out; `results` has one entry per ended lookup."""

    total: int
    done: int
    complete: bool
    results: list[Outcome]


@dataclass(frozen=True, slots=True)
class Egress:
    """The calls to one host, with the bytes sent and received."""

    host: str
    calls: int
    bytes_sent: int
    bytes_received: int


@dataclass(frozen=True, slots=True)
class EgressReport:
    """The calls of an analysis, by host."""

    hosts: Sequence[Egress]
    iocs: int
    """How many of them left this machine."""
