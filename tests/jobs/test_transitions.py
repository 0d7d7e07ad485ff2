from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest

from app.errors import JobActionError
from app.jobs.models import CANCELLING, PLANNED, Job, JobState
from app.jobs.transitions import ACTIONS, ENDED, TRANSITIONS, Step, allowed_actions, take_step

# state -> what each step makes of it; a step that is not named is refused.
EXPECTED = {
    "queued": "start running, succeed success, fail error, pause paused, cancel cancelled",
    "running": "succeed success, fail error, pause paused, cancel cancelled, retry running",
    "paused": "succeed success, fail error, resume running, cancel cancelled, retry paused",
    "success": "retry running, continue queued, look_up queued",
    "error": "retry running, continue queued, look_up queued",
    "cancelled": "retry running, continue queued, look_up queued",
}


def expected(state: str) -> dict[str, str]:
    return dict(pair.split() for pair in EXPECTED[state].split(", "))


def make_job(state: JobState, **fields: object) -> Job:
    return Job("job", "analysis", state=state, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(("state", "step"), list(itertools.product(JobState, Step)))
def test_each_step_from_each_state(state: JobState, step: Step) -> None:
    after = expected(state).get(step)
    if after is None:
        with pytest.raises(JobActionError) as caught:
            take_step(make_job(state), step)
        assert caught.value.state == state
    else:
        assert take_step(make_job(state), step).state == after


def test_every_state_is_in_the_table() -> None:
    assert set(TRANSITIONS) == set(JobState) == set(EXPECTED)


def test_from_every_state_a_job_can_end() -> None:
    for state in JobState:
        reached = {state}
        while more := {s for r in reached for s in TRANSITIONS[r].values()} - reached:
            reached |= more
        assert reached >= ENDED


@pytest.mark.parametrize(
    ("state", "allowed"),
    [
        (JobState.QUEUED, "pause cancel"),
        (JobState.RUNNING, "pause cancel retry"),
        (JobState.PAUSED, "resume cancel retry"),
        (JobState.SUCCESS, "retry continue look_up"),
        (JobState.ERROR, "retry continue look_up"),
        (JobState.CANCELLED, "retry continue look_up"),
    ],
)
def test_the_actions_that_each_state_allows(state: JobState, allowed: str) -> None:
    named = allowed.split()
    assert list(allowed_actions(make_job(state))) == named
    for missing in ("retry", "continue", "look_up"):
        without = [name for name in named if name != missing]
        assert list(allowed_actions(make_job(state), {*ACTIONS} - {missing})) == without
    assert allowed_actions(make_job(state, phase=CANCELLING)) == ()


def test_a_planned_job_can_only_be_cancelled() -> None:
    planned = make_job(JobState.QUEUED, phase=PLANNED)
    assert allowed_actions(planned) == (Step.CANCEL,)
    assert take_step(planned, Step.START).phase is None


def test_every_allowed_action_is_a_step() -> None:
    assert set(ACTIONS) < set(Step)


def test_each_step_sets_the_times_of_the_job() -> None:
    queued = make_job(JobState.QUEUED)
    running = take_step(queued, Step.START)
    assert running.started_at is not None
    assert running.finished_at is None
    done = take_step(running, Step.SUCCEED, "3 could not be checked.")
    assert done.finished_at is not None
    assert queued.created_at <= running.started_at <= done.finished_at <= datetime.now(UTC)
    assert done.message == "3 could not be checked."
    again = take_step(done, Step.RETRY)
    assert (again.started_at, again.finished_at, again.message) == (done.started_at, None, None)
