"""The life of a job: which step leads from which state to which."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum

from app.errors import JobActionError
from app.jobs.models import CANCELLING, PLANNED, READING, Job, JobState


class Step(StrEnum):
    """A step in the life of a job; the analyst may ask for those in ACTIONS."""

    START = "start"
    SUCCEED = "succeed"
    FAIL = "fail"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    RETRY = "retry"
    CONTINUE = "continue"
    LOOK_UP = "look_up"


ACTIONS = (Step.PAUSE, Step.RESUME, Step.CANCEL, Step.RETRY, Step.CONTINUE, Step.LOOK_UP)
ENDED = frozenset({JobState.SUCCESS, JobState.ERROR, JobState.CANCELLED})

_AFTER_THE_END: Mapping[Step, JobState] = {
    Step.RETRY: JobState.RUNNING,
    Step.CONTINUE: JobState.QUEUED,
    Step.LOOK_UP: JobState.QUEUED,
}
TRANSITIONS: Mapping[JobState, Mapping[Step, JobState]] = {
    JobState.QUEUED: {
        Step.START: JobState.RUNNING,
        Step.SUCCEED: JobState.SUCCESS,  # there was nothing to do
        Step.FAIL: JobState.ERROR,
        Step.PAUSE: JobState.PAUSED,
        Step.CANCEL: JobState.CANCELLED,
    },
    JobState.RUNNING: {
        Step.SUCCEED: JobState.SUCCESS,
        Step.FAIL: JobState.ERROR,
        Step.PAUSE: JobState.PAUSED,
        Step.CANCEL: JobState.CANCELLED,
        Step.RETRY: JobState.RUNNING,
    },
    JobState.PAUSED: {
        Step.SUCCEED: JobState.SUCCESS,  # the calls in flight were the last
        Step.FAIL: JobState.ERROR,
        Step.RESUME: JobState.RUNNING,
        Step.CANCEL: JobState.CANCELLED,
        Step.RETRY: JobState.PAUSED,
    },
    JobState.SUCCESS: _AFTER_THE_END,
    JobState.ERROR: _AFTER_THE_END,
    JobState.CANCELLED: _AFTER_THE_END,
}


def take_step(job: Job, step: Step, message: str | None = None) -> Job:
    """Return the job after the step. Raises JobActionError if its state does not allow it."""
    if (state := TRANSITIONS[job.state].get(step)) is None:
        raise JobActionError(step, job.state, allowed_actions(job))
    now = datetime.now(UTC)
    is_running = state is JobState.RUNNING
    # A pause while documents are read keeps phase and progress, so that `resume` goes on there.
    is_reading = job.phase == READING and state not in ENDED
    return replace(
        job,
        state=state,
        phase=READING if is_reading else None,
        progress_percent=job.progress_percent if is_reading else None,
        message=job.message if is_reading else message,
        started_at=job.started_at or (now if is_running else None),
        finished_at=now if state in ENDED else None,
    )


def allowed_actions(job: Job, possible: Container[Step] = ACTIONS) -> tuple[Step, ...]:
    """Return what the analyst may ask of the job now.

    `possible`: the actions for which the job holds lookups, see `Counts.possible`.
    """
    if job.phase == CANCELLING:
        return ()  # it ends by itself within the time of `Timing.cancel_patience_s`
    if job.phase == PLANNED:
        return (Step.CANCEL,)
    allowed = TRANSITIONS[job.state]
    return tuple(action for action in ACTIONS if action in allowed and action in possible)
