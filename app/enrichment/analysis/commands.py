"""The commands: each function changes an analysis, and is run by the writer.

Its rules stand in `writer.py`: it changes the change set alone, checks first, and may run twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.documents.models import ReadDocument
from app.enrichment.analysis.change_set import ChangeSet
from app.enrichment.analysis.job_run import JobRun
from app.enrichment.models import (
    EnrichmentError,
    EnrichmentResult,
    Lookup,
    LookupState,
    Outcome,
    Reason,
)
from app.errors import JobActionError
from app.jobs.models import CANCELLING, PLANNED, READING, JobState
from app.jobs.transitions import Step, allowed_actions, take_step
from app.pipeline.models import IOC

UNREAD = "It was not read: the import was cancelled."
ASKED = (LookupState.ANSWERED, LookupState.NOT_FOUND, LookupState.COULD_NOT_CHECK)


def start(draft: ChangeSet) -> None:
    """Set the job to running; also resumes one that a previous run of the server left."""
    # A previous run of the server ended while the job waited for its last calls. They ended with
    # it, so nothing is left to wait for.
    if draft.job.phase == CANCELLING and draft.base.run.cancel_at is None:
        give_up(draft)
    if draft.job.state is JobState.QUEUED and draft.job.phase not in (PLANNED, READING):
        draft.job = take_step(draft.job, Step.START)


def start_planned(
    draft: ChangeSet, skipped: Mapping[tuple[IOC, str], Reason], known: Sequence[EnrichmentResult]
) -> None:
    """Start a planned job, without the skipped lookups and with answers known by now.

    Raises JobActionError if the job is not planned.
    """
    if draft.job.phase != PLANNED:
        raise JobActionError("start", draft.job.state, allowed_actions(draft.job))
    for (ioc, provider), reason in skipped.items():
        draft.skip(ioc, provider, reason)
    # While the plan lay before the analyst, another analysis may have got the answer.
    for result in known:
        draft.end(result.ioc, result.provider, result, attempts=0)
    draft.job = take_step(draft.job, Step.START)


def pause(draft: ChangeSet) -> None:
    """Pause the job; this, `resume`, `cancel` and `retry` raise JobActionError."""
    _check(draft, Step.PAUSE)
    draft.job = take_step(draft.job, Step.PAUSE)
    draft.wait_for_nothing()


def resume(draft: ChangeSet) -> None:
    _check(draft, Step.RESUME)
    draft.job = take_step(draft.job, Step.RESUME)


def cancel(draft: ChangeSet, give_up_at: float) -> None:
    """Cancel the waiting lookups; the job ends with the last call in flight, or by `give_up`.

    `give_up_at` is a time of the monotonic clock.
    """
    _check(draft, Step.CANCEL)
    draft.leave_unread(UNREAD)
    # Calls in flight are not cancelled yet: they have spent quota, and may bring their answer.
    draft.cancel_waiting(draft.base.run.in_flight)
    draft.job = replace(draft.job, phase=CANCELLING)

    def set_time(run: JobRun) -> None:
        run.cancel_at = give_up_at

    draft.after_commit(set_time)


def give_up(draft: ChangeSet) -> None:
    """Cancel what is still pending, the calls in flight among it."""
    draft.cancel_pending([(r.ioc, r.provider) for r in draft.having(LookupState.PENDING)])


def end(draft: ChangeSet, ioc: IOC, provider: str, outcome: Outcome, attempts: int) -> None:
    """Store what came of a call; the call is no longer in flight once that is committed."""
    key = (ioc, provider)
    # If a call fails that was in flight when the job was cancelled, its lookup counts as cancelled:
    # the analyst wanted no more of it, and a retry would be offered for the error.
    if draft.job.phase == CANCELLING and isinstance(outcome, EnrichmentError):
        draft.cancel_pending([key])
    else:
        draft.end(ioc, provider, outcome, attempts)

    def forget(run: JobRun) -> None:
        run.in_flight.discard(key)
        run.asked_again.pop(key, None)

    # Only after the commit: a cancellation that comes first must know that an answer may come.
    draft.after_commit(forget)


def retry(draft: ChangeSet, value: str | None, provider: str | None) -> None:
    """Ask again what could not be checked; `value`, `provider`: that lookup only."""
    _check(draft, Step.RETRY)
    rows = draft.having(LookupState.COULD_NOT_CHECK)
    if value is not None:
        rows = [row for row in rows if (row.ioc.value, row.provider) == (value, provider)]
        if not rows:
            raise JobActionError(Step.RETRY, draft.job.state, allowed_actions(draft.job))
    for row in rows:
        draft.ask_again(row)


def delete(draft: ChangeSet) -> None:
    draft.is_deleted = True


def ask(draft: ChangeSet, ioc: IOC, provider: str) -> bool:
    """Ask for a lookup that has ended; False if it waits already or does not exist."""
    row = draft.find(ioc, provider)
    if row is None or row.state is LookupState.PENDING:
        return False
    draft.ask_again(row)
    return True


def ask_all_again(draft: ChangeSet) -> int:
    """Ask again for everything that was asked. Returns the number of lookups."""
    rows = [row for state in ASKED for row in draft.having(state)]
    for row in rows:
        draft.ask_again(row)
    return len(rows)


def prioritise(draft: ChangeSet, ioc: IOC, provider: str, rank: int) -> bool:
    """Set the rank of a waiting lookup; False if it does not wait."""
    row = draft.find(ioc, provider)
    if row is None or row.state is not LookupState.PENDING:
        return False
    draft.put(replace(row, rank=rank))
    return True


def add_ioc(draft: ChangeSet, ioc: IOC, lookups: Sequence[Lookup]) -> bool:
    """Add an IOC with its lookups; False if it is there already."""
    if draft.holds(ioc):
        return False
    draft.add_ioc(ioc, lookups)
    return True


def start_reading(draft: ChangeSet) -> None:
    if draft.job.state is JobState.QUEUED and draft.job.phase == READING:
        draft.job = take_step(draft.job, Step.START)
        _show_progress(draft)


def take_document(draft: ChangeSet, document: ReadDocument) -> None:
    if draft.job.phase == READING:
        draft.take_document(document)
        _show_progress(draft)


def end_reading(draft: ChangeSet, lookups: Sequence[Lookup], is_planned: bool = False) -> None:
    """All documents are read: add the lookups, to be queued or, with `is_planned`, to be chosen."""
    job = draft.job
    if job.phase != READING or job.state is not JobState.RUNNING or draft.unread:
        return
    draft.job = replace(job, phase=None, progress_percent=None, message=None)
    if is_planned:
        draft.job = replace(draft.job, state=JobState.QUEUED, phase=PLANNED)
    # An IOC that the analyst added while documents were read has its lookups already.
    draft.add_lookups(row for row in lookups if draft.find(row.ioc, row.provider) is None)


def fail_reading(draft: ChangeSet, sentence: str) -> None:
    if draft.job.phase == READING:
        draft.leave_unread(sentence)
        draft.fail(sentence)


def _check(draft: ChangeSet, step: Step) -> None:
    """Raises JobActionError if the state of the job does not allow the step."""
    allowed = allowed_actions(draft.job, bool(draft.having(LookupState.COULD_NOT_CHECK)))
    if step not in allowed:
        raise JobActionError(step, draft.job.state, allowed)


def _show_progress(draft: ChangeSet) -> None:
    count = draft.base.outcomes.total() + len(draft.base.unread)
    done = count - draft.unread
    percent = 100 * done // count
    message = f"{done} of {count} files"
    draft.job = replace(draft.job, progress_percent=percent, message=message)
