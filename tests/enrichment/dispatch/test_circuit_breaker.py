from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.enrichment.dispatch.circuit_breaker import MAX_FAILURES, WAITS_S, CircuitBreaker
from tests.fakes.clocks import FakeClock


def opened(clock: FakeClock) -> CircuitBreaker:
    breaker = CircuitBreaker(clock)
    for _ in range(MAX_FAILURES):
        breaker.failed(breaker.send())
    return breaker


def test_a_closed_circuit_allows_any_number_of_calls() -> None:
    breaker = CircuitBreaker(FakeClock())
    assert (breaker.is_open, breaker.allowance) == (False, None)


@pytest.mark.parametrize(
    ("calls", "is_open"),
    [
        ("ffff", False),
        ("fffff", True),
        ("ffffsffff", False),  # only failures in a row count
        ("ffff--f", True),  # what says nothing of the provider is passed over
        ("fffffs", False),
    ],
)
def test_five_failures_in_a_row_open_the_circuit(calls: str, is_open: bool) -> None:
    breaker = CircuitBreaker(FakeClock())
    for call in calls:
        is_probe = breaker.send()
        if call == "s":
            breaker.succeeded()
        elif call == "f":
            breaker.failed(is_probe)
        else:
            breaker.said_nothing(is_probe)
    assert breaker.is_open is is_open


def test_an_open_circuit_allows_one_probe_after_longer_and_longer_waits() -> None:
    clock = FakeClock()
    breaker = opened(clock)
    for wait in (*WAITS_S, WAITS_S[-1], WAITS_S[-1]):
        assert (breaker.allowance, breaker.delay) == (0, pytest.approx(wait))
        clock.now += wait
        assert breaker.allowance == 1
        assert breaker.send()
        assert breaker.allowance == 0  # one at a time
        breaker.failed(is_probe=True)


def test_after_the_third_failed_probe_the_provider_is_hopeless() -> None:
    clock = FakeClock()
    breaker = opened(clock)
    hopeless = []
    for wait in WAITS_S[:4]:
        clock.now += wait
        breaker.failed(breaker.send())
        hopeless.append(breaker.is_hopeless)
    assert hopeless == [False, False, True, True]
    clock.now += 60
    breaker.send()
    breaker.succeeded()
    assert (breaker.is_open, breaker.is_hopeless, breaker.allowance) == (False, False, None)


def test_after_an_inconclusive_probe_the_next_may_go_at_once() -> None:
    clock = FakeClock()
    breaker = opened(clock)
    clock.now += 3
    breaker.said_nothing(breaker.send())
    assert (breaker.is_open, breaker.allowance) == (True, 1)


def test_failures_of_calls_sent_before_the_circuit_opened_are_ignored() -> None:
    clock = FakeClock()
    breaker = opened(clock)
    for _ in range(10):
        breaker.failed(is_probe=False)
    assert (breaker.delay, breaker.is_hopeless) == (pytest.approx(WAITS_S[0]), False)


@given(st.lists(st.sampled_from(["call", "succeed", "fail", "nothing", "wait"]), max_size=80))
def test_an_open_circuit_has_at_most_one_probe_in_flight(steps: list[str]) -> None:
    clock = FakeClock()
    breaker = CircuitBreaker(clock)
    under_way: list[bool] = []
    for step in steps:
        if step == "wait":
            clock.now += 7
        elif step == "call":
            if breaker.allowance != 0:
                under_way.append(breaker.send())
        elif under_way:
            is_probe = under_way.pop()
            if step == "succeed":
                breaker.succeeded()
                under_way = [False] * len(under_way)
            elif step == "fail":
                breaker.failed(is_probe)
            else:
                breaker.said_nothing(is_probe)
        assert sum(under_way) <= 1
        assert breaker.allowance != 0 or breaker.is_open
