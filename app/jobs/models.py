"""The envelope of a job: its type, state and progress, without what it works on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    SUCCESS = "success"
    ERROR = "error"
    CANCELLED = "cancelled"


ANALYSIS = "analysis"
IMPORT = "import"
"""An analysis of documents; it begins when they are uploaded."""
ANALYSES = (ANALYSIS, IMPORT)
VERIFY_KEY = "verify_key"
TEST_CONNECTION = "test_connection"
PLANNED = "planned"
"""The phase of a queued job that waits for the analyst to say what is to be asked."""
READING = "reading"
"""The phase of an import until each of its documents has an outcome."""
CANCELLING = "cancelling"
"""The phase of a job that was cancelled while calls were in flight."""


@dataclass(frozen=True, slots=True)
class Job:
    """The fields that jobs of every type have. Times are UTC."""

    id: str
    job_type: str
    target: str | None = None
    state: JobState = JobState.QUEUED
    phase: str | None = None
    progress_percent: int | None = None
    """The progress, if lookups cannot be counted; None if `done` of `total` says it."""
    message: str | None = None
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    started_at: datetime | None = None
    finished_at: datetime | None = None
