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
    Mode,
    Outcome,
    Reason,
)
from app.errors import JobActionError
from app.jobs.models import CANCELLING, PLANNED, READING, JobState
from app.jobs.transitions import Step, allowed_actions, take_step
from app.pipeline.models import IOC

UNREAD = "It was not read: the import was cancelled."
ANSWERED = (LookupState.ANSWERED, LookupState.NOT_FOUND)
ASKED = (*ANSWERED, LookupState.COULD_NOT_CHECK)


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
        raise JobActionError("start", draft.job.state, _allowed(draft))
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
            raise JobActionError(Step.RETRY, draft.job.state, _allowed(draft))
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


def ask_all_again(draft: ChangeSet, answers_only: bool = False) -> int:
    """Ask again for everything that was asked, after all that waits. Returns their number.

    While lookups are left, answers that are still fresh stay: the quota belongs to those. With
    `answers_only` the answers are asked again, fresh ones too, and failures are not.
    """
    rows = [row for state in (ANSWERED if answers_only else ASKED) for row in draft.having(state)]
    if draft.has_left and not answers_only:
        rows = [row for row in rows if row.error or (row.result and row.result.is_stale)]
    # What was never asked comes first, also what a cancellation left and is continued later.
    last = max((row.rank for state in LookupState for row in draft.having(state)), default=0)
    for rank, row in enumerate(sorted(rows, key=lambda row: row.rank), start=last + 1):
        draft.ask_again(replace(row, rank=rank))
    return len(rows)


def ask_rest(draft: ChangeSet, rows: Sequence[Lookup], is_planned: bool) -> None:
    """Ask what a cancellation left. `rows`: these lookups, as they are planned now.

    This and `look_up` raise JobActionError; with `is_planned` the analyst chooses first.
    """
    _check(draft, Step.CONTINUE)
    draft.job = take_step(draft.job, Step.CONTINUE)
    for row in rows:
        draft.plan_again(row)
    _begin(draft, is_planned)


def look_up(draft: ChangeSet, rows: Sequence[Lookup], is_planned: bool) -> None:
    """Take an analysis that asked nothing online, with these lookups."""
    _check(draft, Step.LOOK_UP)
    # What was done offline, such as reading files, is no part of what begins now.
    draft.job = replace(take_step(draft.job, Step.LOOK_UP), started_at=None)
    draft.mode = Mode.ONLINE
    draft.add_lookups(rows)
    _begin(draft, is_planned)


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
        draft.job = replace(draft.job, state=JobState.QUEUED, phase=PLANNED, started_at=None)
    # An IOC that the analyst added while documents were read has its lookups already.
    draft.add_lookups(row for row in lookups if draft.find(row.ioc, row.provider) is None)


def fail_reading(draft: ChangeSet, sentence: str) -> None:
    if draft.job.phase == READING:
        draft.leave_unread(sentence)
        draft.fail(sentence)


def _check(draft: ChangeSet, step: Step) -> None:
    """Raises JobActionError if the state of the job does not allow the step."""
    if step not in (allowed := _allowed(draft)):
        raise JobActionError(step, draft.job.state, allowed)


def _allowed(draft: ChangeSet) -> tuple[Step, ...]:
    return allowed_actions(draft.job, draft.possible)


def _begin(draft: ChangeSet, is_planned: bool) -> None:
    """Start a queued job, or let its plan wait for the analyst."""
    if is_planned:
        draft.job = replace(draft.job, phase=PLANNED)
    else:
        draft.job = take_step(draft.job, Step.START)


def _show_progress(draft: ChangeSet) -> None:
    count = draft.base.outcomes.total() + len(draft.base.unread)
    done = count - draft.unread
    percent = 100 * done // count
    message = f"{done} of {count} files"
    draft.job = replace(draft.job, progress_percent=percent, message=message)
