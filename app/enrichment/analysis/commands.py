"""What an analyst may ask of a job, as plans for its next commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from app.documents.models import ReadDocument
from app.enrichment.analysis.change_set import ChangeSet
from app.enrichment.models import EnrichmentResult, Lookup, LookupState, Reason
from app.errors import JobActionError
from app.jobs.models import CANCELLING, PLANNED, READING, JobState
from app.jobs.transitions import Step, allowed_actions, take
from app.pipeline.models import IOC

Command = Callable[[ChangeSet], object]

# How long calls in flight may still answer when a job is cancelled.
CANCEL_PATIENCE_S = 1.0
UNREAD = "It was not read: the import was cancelled."
ASKED = (LookupState.ANSWERED, LookupState.NOT_FOUND, LookupState.COULD_NOT_CHECK)


def start(draft: ChangeSet) -> None:
    """Also of a job that an earlier run of the server left in the middle."""
    if draft.job.phase == CANCELLING and draft.base.cancel_at is None:
        give_up(draft)
    if draft.job.state is JobState.QUEUED and draft.job.phase not in (PLANNED, READING):
        draft.job = take(draft.job, Step.START)


def start_planned(
    draft: ChangeSet, skipped: Mapping[tuple[IOC, str], Reason], known: Sequence[EnrichmentResult]
) -> None:
    """Raises JobActionError where the job is not planned."""
    if draft.job.phase != PLANNED:
        raise JobActionError("start", draft.job.state, allowed_actions(draft.job))
    for (ioc, provider), reason in skipped.items():
        draft.skip(ioc, provider, reason)
    for result in known:
        draft.end(result.ioc, result.provider, result, attempts=0)
    draft.job = take(draft.job, Step.START)


def check(draft: ChangeSet, step: Step) -> None:
    """Raises JobActionError where the analyst cannot ask for this now."""
    allowed = allowed_actions(draft.job, bool(draft.having(LookupState.COULD_NOT_CHECK)))
    if step not in allowed:
        raise JobActionError(step, draft.job.state, allowed)


def pause(draft: ChangeSet) -> None:
    draft.job = take(draft.job, Step.PAUSE)
    draft.wait_for_nothing()


def resume(draft: ChangeSet) -> None:
    check(draft, Step.RESUME)
    draft.job = take(draft.job, Step.RESUME)


def cancel(draft: ChangeSet, now: float) -> None:
    """What waits ends here; the job ends when the calls in flight have, or `give_up` does it."""
    job = draft.base
    job.cancel_at = now + CANCEL_PATIENCE_S
    draft.leave_unread(UNREAD)
    draft.cancel_waiting(job.in_flight)
    draft.job = replace(draft.job, phase=CANCELLING)


def give_up(draft: ChangeSet) -> None:
    draft.cancel_pending([(r.ioc, r.provider) for r in draft.having(LookupState.PENDING)])


def retry(draft: ChangeSet, value: str | None, provider: str | None) -> None:
    check(draft, Step.RETRY)
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
    """False when there is nothing to ask."""
    row = draft.find(ioc, provider)
    if row is None or row.state is LookupState.PENDING:
        return False
    draft.ask_again(row)
    return True


def ask_all_again(draft: ChangeSet) -> int:
    """Whatever was asked, whatever came of it. Returns how many that are."""
    rows = [row for state in ASKED for row in draft.having(state)]
    for row in rows:
        draft.ask_again(row)
    return len(rows)


def prioritise(draft: ChangeSet, ioc: IOC, provider: str, rank: int) -> bool:
    """False for what does not wait."""
    row = draft.find(ioc, provider)
    if row is None or row.state is not LookupState.PENDING:
        return False
    draft.put(replace(row, rank=rank))
    return True


def add_ioc(draft: ChangeSet, ioc: IOC, lookups: Sequence[Lookup]) -> bool:
    """False where it stands already."""
    if draft.holds(ioc):
        return False
    draft.add_ioc(ioc, lookups)
    return True


def start_reading(draft: ChangeSet) -> None:
    if draft.job.state is JobState.QUEUED and draft.job.phase == READING:
        draft.job = take(draft.job, Step.START)
        _tell_progress(draft)


def take_document(draft: ChangeSet, document: ReadDocument) -> None:
    if draft.job.phase == READING:
        draft.take_document(document)
        _tell_progress(draft)


def end_reading(draft: ChangeSet, lookups: Sequence[Lookup], is_planned: bool = False) -> None:
    """From now on it is asked, or it has ended; `is_planned`: or it waits for the analyst."""
    job = draft.job
    if job.phase != READING or job.state is not JobState.RUNNING or draft.unread:
        return
    draft.job = replace(job, phase=None, progress_percent=None, message=None)
    if is_planned:
        draft.job = replace(draft.job, state=JobState.QUEUED, phase=PLANNED)
    draft.add(row for row in lookups if draft.find(row.ioc, row.provider) is None)


def fail_reading(draft: ChangeSet, sentence: str) -> None:
    if draft.job.phase == READING:
        draft.leave_unread(sentence)
        draft.fail(sentence)


def _tell_progress(draft: ChangeSet) -> None:
    count = draft.base.outcomes.total() + len(draft.base.unread)
    done = count - draft.unread
    percent = 100 * done // count
    message = f"{done} of {count} files"
    draft.job = replace(draft.job, progress_percent=percent, message=message)
