from __future__ import annotations

import pytest

from tests.fakes.vt_simulator import VTSimulator

from .conftest import NOON
from .plain_client import IP, NOT_THERE, PUBLIC, ask

HOUR = 3600
DAY = 24 * HOUR


def statuses(sim: VTSimulator, count: int, path: str = IP, key: str = PUBLIC) -> list[int]:
    return [ask(sim, path, key).status for _ in range(count)]


def used(sim: VTSimulator, key: str = PUBLIC) -> list[int]:
    """Of the hour, the day and the month."""
    quotas = ask(sim, f"/users/{key}/overall_quotas", key).json["data"]
    return [quotas[f"api_requests_{window}"]["user"]["used"] for window in WINDOWS]


WINDOWS = ("hourly", "daily", "monthly")


def test_the_minute_slides(limited: VTSimulator) -> None:
    assert statuses(limited, 2) == [200, 200]
    limited.advance(30)
    assert statuses(limited, 3) == [200, 200, 429]
    limited.advance(29)
    assert statuses(limited, 1) == [429]
    limited.advance(1)
    assert statuses(limited, 3) == [200, 200, 429]


def test_the_minute_can_be_that_of_the_clock() -> None:
    with VTSimulator(minute_window="fixed", clock=lambda: NOON + 50) as sim:
        assert statuses(sim, 5) == [200] * 4 + [429]
        sim.advance(9)
        assert statuses(sim, 1) == [429]
        sim.advance(1)
        assert statuses(sim, 5) == [200] * 4 + [429]


def test_the_day_ends_at_midnight() -> None:
    with VTSimulator(per_minute=None, per_day=2, clock=lambda: NOON) as sim:
        assert statuses(sim, 3) == [200, 200, 429]
        sim.advance(12 * HOUR - 1)
        assert statuses(sim, 1) == [429]
        sim.advance(1)
        assert statuses(sim, 3) == [200, 200, 429]


def test_the_month_ends_on_the_first() -> None:
    with VTSimulator(per_minute=None, per_day=None, per_month=2, clock=lambda: NOON) as sim:
        assert statuses(sim, 3) == [200, 200, 429]
        sim.advance(10 * DAY)
        assert statuses(sim, 1) == [429]
        sim.advance(12 * HOUR)
        assert statuses(sim, 1) == [200]


def test_all_windows_speak_the_same_error(limited: VTSimulator) -> None:
    answer = [ask(limited) for _ in range(5)][-1]
    assert answer.json == {"error": {"code": "QuotaExceededError", "message": "Quota exceeded"}}
    assert "Retry-After" not in answer.headers


def test_a_rejected_call_spends_nothing(limited: VTSimulator) -> None:
    statuses(limited, 9)
    assert used(limited) == [4, 4, 4]
    assert sum(record.spent for record in limited.requests) == 4


def test_the_hour_is_forgotten_before_the_day(limited: VTSimulator) -> None:
    statuses(limited, 2)
    limited.advance(HOUR)
    assert used(limited) == [0, 2, 2]


@pytest.mark.parametrize("path", [NOT_THERE, "/ip_addresses/999.1.1.1", "/nothing/here"])
def test_a_useless_answer_costs_as_much(limited: VTSimulator, path: str) -> None:
    ask(limited, path)
    assert used(limited) == [1, 1, 1]


def test_a_404_can_be_free() -> None:
    with VTSimulator(free_404=True) as sim:
        assert statuses(sim, 6, NOT_THERE) == [404] * 6
        assert statuses(sim, 5) == [200] * 4 + [429]


def test_users_are_not_counted_unless_told() -> None:
    path = "/users/analyst1"
    with VTSimulator() as sim:
        assert statuses(sim, 6, path) == [200] * 6
    with VTSimulator(count_users=True) as sim:
        assert statuses(sim, 5, path) == [200] * 4 + [429]


def test_nothing_at_all_may_be_allowed() -> None:
    with VTSimulator(per_minute=0, retry_after="seconds") as sim:
        assert ask(sim).headers["Retry-After"] == "60"


def test_each_key_has_its_own_account(limited: VTSimulator) -> None:
    assert statuses(limited, 5) == [200] * 4 + [429]
    assert statuses(limited, 6, key="sim-key-premium") == [200] * 6
    assert statuses(limited, 2, key="sim-key-tiny") == [200, 429]
    limited.advance(60)
    assert statuses(limited, 1, key="sim-key-tiny") == [429]
    assert statuses(limited, 1, key="sim-key-exhausted") == [429]
    limited.advance(DAY)
    assert statuses(limited, 1, key="sim-key-tiny") == [200]
    assert statuses(limited, 1, key="sim-key-exhausted") == [200]


def test_allowances_are_told(limited: VTSimulator) -> None:
    quotas = ask(limited, "/users/analyst1/overall_quotas").json["data"]
    allowed = [quotas[f"api_requests_{window}"]["user"]["allowed"] for window in WINDOWS]
    assert allowed == [240, 500, 15500]


def test_a_burst_is_too_many_requests() -> None:
    with VTSimulator(per_minute=None, burst=3, clock=lambda: NOON) as sim:
        assert [ask(sim).status for _ in range(3)] == [200] * 3
        assert ask(sim).code == "TooManyRequestsError"
        sim.advance(1)
        assert ask(sim).status == 200


@pytest.mark.parametrize(
    ("style", "value"),
    [
        ("seconds", "45"),
        ("date", "Thu, 20 Nov 2025 12:01:00 GMT"),
        ("garbage", "soon"),
        ("none", None),
    ],
)
def test_retry_after_in_every_style(style: str, value: str | None) -> None:
    with VTSimulator(retry_after=style, clock=lambda: NOON) as sim:
        statuses(sim, 4)
        sim.advance(15)
        assert ask(sim).headers.get("Retry-After") == value


def test_retry_after_names_the_longest_wait() -> None:
    with VTSimulator(per_day=1, retry_after="seconds", clock=lambda: NOON) as sim:
        statuses(sim, 1)
        assert ask(sim).headers["Retry-After"] == str(12 * HOUR)
