from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.enrichment.quota import MinutePace


class FakeClock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def test_without_a_limit_every_call_is_granted(clock: FakeClock) -> None:
    pace = MinutePace(0, clock)
    assert [pace.take() for _ in range(1000)] == [0.0] * 1000
    assert pace.forecast(3) == [0.0, 0.0, 0.0]


def test_the_fifth_call_waits_for_the_window(clock: FakeClock) -> None:
    pace = MinutePace(4, clock, window_s=60)
    assert [pace.take() for _ in range(4)] == [0.0] * 4
    clock.now += 10
    assert pace.take() == 50
    clock.now += 50
    assert pace.take() == 0


def test_the_forecast_says_what_the_pace_then_does(clock: FakeClock) -> None:
    pace = MinutePace(2, clock, window_s=60)
    pace.take()
    clock.now += 20
    assert pace.forecast(5) == [0.0, 40.0, 60.0, 100.0, 120.0]


def test_a_pause_holds_everything_back(clock: FakeClock) -> None:
    pace = MinutePace(4, clock, window_s=60)
    pace.pause(90)
    pace.pause(30)
    assert pace.take() == 90
    assert pace.forecast(5) == [90.0, 90.0, 90.0, 90.0, 150.0]
    clock.now += 90
    assert pace.take() == 0


def test_a_pause_counts_without_a_limit_too(clock: FakeClock) -> None:
    pace = MinutePace(0, clock)
    pace.pause(60)
    assert pace.take() == 60
    clock.now += 60
    assert pace.take() == 0


@given(
    limit=st.integers(1, 6),
    steps=st.lists(st.one_of(st.floats(0, 40), st.just("take")), max_size=200),
)
def test_no_window_ever_holds_more_than_the_limit(limit: int, steps: list[float | str]) -> None:
    clock = FakeClock()
    pace = MinutePace(limit, clock, window_s=60)
    granted = []
    for step in steps:
        if isinstance(step, float):
            clock.now += step
        elif pace.take() == 0:
            granted.append(clock.now)
    for first, later in zip(granted, granted[limit:], strict=False):
        assert later - first >= 60 - 1e-9
