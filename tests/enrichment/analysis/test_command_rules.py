"""The three rules that each command keeps; they stand in `writer.py`."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from app.documents.models import FileReport, Found, Place, ReadDocument, State
from app.enrichment.analysis import commands
from app.enrichment.analysis.change_set import ChangeSet
from app.enrichment.analysis.live_analysis import LiveAnalysis
from app.enrichment.analysis.lookup_states import ended, not_asked
from app.enrichment.analysis.store import JobWrite
from app.enrichment.models import CANCELLED, Analysis, Lookup, Mode, NotAsked, Reason
from app.errors import JobActionError
from app.jobs.models import IMPORT, PLANNED, READING, Job, JobState
from app.jobs.transitions import ENDED, allowed_actions
from app.pipeline.models import Evidence
from tests.factories import make_error, make_ioc, make_iocs, make_result

WAITS, SENT, FAILED, ANSWERED = make_iocs(4)
NEW = make_ioc("8.8.8.8")
ANSWER = make_result(SENT)
LEFT_OUT = Reason(NotAsked.LEFT_OUT, "left out")
READ = ReadDocument(
    0,
    (FileReport("a.txt", "", 1, "", "", "", "text", State.OK),),
    (Found(Evidence(NEW, 1, 1, 0, 7, False, "an address"), (Place("a.txt", "", 1),)),),
)


def live(
    state: JobState = JobState.RUNNING, phase: str | None = None, mode: Mode = Mode.ONLINE
) -> LiveAnalysis:
    """An analysis with a lookup that waits, one in flight, one that failed, one answered.

    If it has ended, what waited was cancelled. Offline there are no lookups.
    """
    waits = Lookup(WAITS, "Fake", attempts=1)
    rows = [
        not_asked(waits, CANCELLED) if state in ENDED else waits,
        Lookup(SENT, "Fake", attempts=1),
        ended(FAILED, "Fake", make_error(FAILED), 2),
        ended(ANSWERED, "Fake", make_result(ANSWERED), 1),
    ]
    rows = [replace(row, seq=seq) for seq, row in enumerate(rows, start=1)]
    rows = rows if mode is Mode.ONLINE else []
    job = Job("job", IMPORT, state=state, phase=phase)
    analysis = Analysis("job", (WAITS, SENT, FAILED, ANSWERED), mode)
    unread = [0] if phase == READING else []
    made = LiveAnalysis(job, analysis, rows, len(rows), unread=unread)
    made.take_unqueued()
    made.run.in_flight.add((SENT, "Fake"))
    return made


def read(draft: ChangeSet) -> None:
    """The last document is read: both commands come in one commit."""
    commands.take_document(draft, READ)
    commands.end_reading(draft, [Lookup(NEW, "Fake")])


RUNNING = (JobState.RUNNING, None)
PLANNED_JOB = (JobState.QUEUED, PLANNED)
READING_JOB = (JobState.RUNNING, READING)
CANCELLED_JOB = (JobState.CANCELLED, None)
OFFLINE_JOB = (JobState.SUCCESS, None, Mode.OFFLINE)
Where = tuple[JobState, str | None] | tuple[JobState, str | None, Mode]
Case = tuple[Where, Callable[[ChangeSet], object]]

# Each command, on an analysis that it changes.
CASES: dict[str, Case] = {
    "start": ((JobState.QUEUED, None), commands.start),
    "start_planned": (
        PLANNED_JOB,
        lambda draft: commands.start_planned(draft, {(WAITS, "Fake"): LEFT_OUT}, [ANSWER]),
    ),
    "pause": (RUNNING, commands.pause),
    "resume": ((JobState.PAUSED, None), commands.resume),
    "cancel": (RUNNING, lambda draft: commands.cancel(draft, 5.0)),
    "give_up": (RUNNING, commands.give_up),
    "end": (RUNNING, lambda draft: commands.end(draft, SENT, "Fake", ANSWER, 1)),
    "retry": (RUNNING, lambda draft: commands.retry(draft, None, None)),
    "delete": (RUNNING, commands.delete),
    "ask": (RUNNING, lambda draft: commands.ask(draft, ANSWERED, "Fake")),
    "ask_all_again": (RUNNING, commands.ask_all_again),
    "ask_rest": (
        CANCELLED_JOB,
        lambda draft: commands.ask_rest(draft, [Lookup(WAITS, "Fake")], is_planned=False),
    ),
    "look_up": (
        OFFLINE_JOB,
        lambda draft: commands.look_up(draft, [Lookup(WAITS, "Fake")], is_planned=True),
    ),
    "prioritise": (RUNNING, lambda draft: commands.prioritise(draft, WAITS, "Fake", -1)),
    "add_ioc": (RUNNING, lambda draft: commands.add_ioc(draft, NEW, [Lookup(NEW, "Fake")])),
    "start_reading": ((JobState.QUEUED, READING), commands.start_reading),
    "take_document": (READING_JOB, lambda draft: commands.take_document(draft, READ)),
    "end_reading": (READING_JOB, read),
    "fail_reading": (READING_JOB, lambda draft: commands.fail_reading(draft, "It failed.")),
}

# Each command that may refuse, on an analysis that does not allow it.
REFUSED: dict[str, Case] = {
    "start_planned": (
        RUNNING,
        lambda draft: commands.start_planned(draft, {(WAITS, "Fake"): LEFT_OUT}, ()),
    ),
    "pause": ((JobState.PAUSED, None), commands.pause),
    "resume": (RUNNING, commands.resume),
    "cancel": ((JobState.SUCCESS, None), lambda draft: commands.cancel(draft, 5.0)),
    "retry": (PLANNED_JOB, lambda draft: commands.retry(draft, None, None)),
    "continue": (RUNNING, lambda draft: commands.ask_rest(draft, [Lookup(WAITS, "Fake")], False)),
    "look_up": (CANCELLED_JOB, lambda draft: commands.look_up(draft, [], False)),
    "retry of one": (RUNNING, lambda draft: commands.retry(draft, WAITS.value, "Fake")),
}


def snapshot(job: LiveAnalysis) -> tuple[dict[str, Any], dict[str, Any]]:
    kept = {name: value for name, value in vars(job).items() if name != "run"}
    return copy.deepcopy(kept), copy.deepcopy(vars(job.run))


def timeless(row: Lookup) -> Lookup:
    error = row.error and replace(row.error, fetched_at=ANSWER.fetched_at)
    return replace(row, error=error)


def run(job: LiveAnalysis, command: Callable[[ChangeSet], object]) -> JobWrite:
    """Run a command as the writer does. Returns what is written, without the time of day."""
    draft = ChangeSet(job)
    command(draft)
    draft.conclude()
    assert draft.has_work
    write = draft.as_write()
    write.job = replace(write.job, started_at=None, finished_at=None)
    write.changed = [(at, timeless(row)) for at, row in write.changed]
    return write


def test_every_command_is_in_the_table() -> None:
    public = inspect.getmembers(commands, inspect.isfunction)
    own = [name for name, one in public if one.__module__ == commands.__name__]
    assert set(CASES) == {name for name in own if not name.startswith("_")}


@pytest.mark.parametrize("name", CASES)
def test_a_command_leaves_the_analysis_as_it_was_committed(name: str) -> None:
    where, command = CASES[name]
    job = live(*where)
    before = snapshot(job)
    run(job, command)
    assert snapshot(job) == before


@pytest.mark.parametrize("name", CASES)
def test_a_command_that_runs_again_after_a_failed_commit_writes_the_same(name: str) -> None:
    where, command = CASES[name]
    job = live(*where)
    assert run(job, command) == run(job, command)


@pytest.mark.parametrize("name", REFUSED)
def test_a_command_that_raises_leaves_no_trace_in_the_change_set(name: str) -> None:
    where, command = REFUSED[name]
    draft = ChangeSet(live(*where))
    with pytest.raises(JobActionError):
        command(draft)
    assert draft.is_empty
    assert not draft.has_work


def test_every_action_that_a_state_can_forbid_is_tried() -> None:
    actions = {
        str(step) for state in JobState for step in allowed_actions(Job("job", IMPORT, state=state))
    }
    assert actions <= set(REFUSED)
