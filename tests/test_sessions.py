"""The sessions of browsers: when they end, and that they outlive a restart."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sessions import IDLE_S, LONGEST_S, MOST, Sessions

TOKEN = "open-sesame-7-times"


class Clock:
    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "private" / "sessions.json"


def test_a_session_ends_when_it_was_idle_for_twelve_hours(path: Path, clock: Clock) -> None:
    sessions = Sessions(path, TOKEN, clock)
    secret = sessions.open()
    clock.now += IDLE_S
    assert sessions.is_open(secret)
    clock.now += 1
    assert not sessions.is_open(secret)


def test_a_session_ends_after_seven_days_however_often_it_is_used(path: Path, clock: Clock) -> None:
    sessions = Sessions(path, TOKEN, clock)
    secret = sessions.open()
    for _ in range(LONGEST_S // IDLE_S):
        clock.now += IDLE_S
        assert sessions.is_open(secret)
        sessions.use(secret)
    clock.now += 1
    assert not sessions.is_open(secret)


def test_a_closed_session_stays_closed(path: Path, clock: Clock) -> None:
    sessions = Sessions(path, TOKEN, clock)
    secret, other = sessions.open(), sessions.open()
    sessions.close(secret)
    sessions.use(secret)
    assert not sessions.is_open(secret)
    assert sessions.is_open(other)
    assert not Sessions(path, TOKEN, clock).is_open(secret)


def test_a_new_session_replaces_the_one_before(path: Path, clock: Clock) -> None:
    sessions = Sessions(path, TOKEN, clock)
    first = sessions.open()
    second = sessions.open(replaced=first)
    assert first != second
    assert not sessions.is_open(first)
    assert sessions.is_open(second)


def test_a_session_outlives_a_restart_and_dies_with_the_token(path: Path, clock: Clock) -> None:
    secret = Sessions(path, TOKEN, clock).open()
    assert Sessions(path, TOKEN, clock).is_open(secret)
    assert not Sessions(path, "another-token-than-this", clock).is_open(secret)
    clock.now += IDLE_S + 1
    assert not Sessions(path, TOKEN, clock).is_open(secret)


def test_the_last_use_is_kept_over_a_restart(path: Path, clock: Clock) -> None:
    sessions = Sessions(path, TOKEN, clock)
    secret = sessions.open()
    clock.now += IDLE_S - 10
    sessions.use(secret)
    clock.now += IDLE_S - 10
    assert Sessions(path, TOKEN, clock).is_open(secret)


def test_the_file_is_private_and_cannot_open_a_session(path: Path, clock: Clock) -> None:
    sessions = Sessions(path, TOKEN, clock)
    secret = sessions.open()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    content = path.read_text()
    assert secret not in content
    assert TOKEN not in content
    for stored in json.loads(content)["sessions"]:
        assert not sessions.is_open(stored)


def test_old_sessions_give_way_to_new_ones(path: Path, clock: Clock) -> None:
    sessions = Sessions(path, TOKEN, clock)
    secrets = []
    for _ in range(MOST + 5):
        clock.now += 1
        secrets.append(sessions.open())
    assert [sessions.is_open(secret) for secret in secrets] == [False] * 5 + [True] * MOST


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"token": 1}', '{"sessions": {"a": 1}}', "[" * 100_000, "\x00\xff"],
)
def test_a_damaged_file_only_asks_for_the_token_again(
    path: Path, clock: Clock, content: str
) -> None:
    secret = Sessions(path, TOKEN, clock).open()
    path.write_text(content)
    sessions = Sessions(path, TOKEN, clock)
    assert not sessions.is_open(secret)
    assert sessions.is_open(sessions.open())


@given(secret=st.text())
def test_no_other_secret_opens_anything(
    tmp_path_factory: pytest.TempPathFactory, secret: str
) -> None:
    sessions = Sessions(tmp_path_factory.getbasetemp() / "s" / "sessions.json", TOKEN)
    assert not sessions.is_open(secret)
