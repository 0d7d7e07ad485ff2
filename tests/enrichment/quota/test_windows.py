from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest

from app.enrichment.quota.models import Calendar, Remaining, Window
from app.enrichment.quota.windows import (
    Period,
    QuotaRules,
    Rule,
    Usage,
    blocked_until,
    end_of,
    first_day,
)

DAY, MONTH = Calendar.DAY, Calendar.MONTH
MINUTE = Window(4, 60.0)
FREE = (MINUTE, Window(500, DAY), Window(15_500, MONTH))
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
MIDNIGHT = NOON + 43_200


@pytest.mark.parametrize(
    ("given", "learned", "in_force"),
    [
        ({}, (), FREE),
        ({60.0: 1}, (), (Window(1, 60.0), *FREE[1:])),
        ({60.0: 4}, (), FREE),
        ({60.0: 30}, (), (Window(30, 60.0),)),
        ({60.0: 0}, (), ()),
        ({60.0: 0}, (Window(7, DAY),), ()),
        ({60.0: 0, DAY: 90}, (Window(7, DAY),), (Window(90, DAY),)),
        ({DAY: 0}, (), (MINUTE, FREE[2])),
        ({DAY: 20, MONTH: 100}, (), (MINUTE, Window(20, DAY), Window(100, MONTH))),
        ({60.0: 30, DAY: 900}, (), (Window(30, 60.0), Window(900, DAY))),
        ({}, (Window(1, 60.0), Window(1, DAY)), (Window(1, 60.0), Window(1, DAY), FREE[2])),
        ({}, (Window(1000, 60.0),), (Window(1000, 60.0),)),
        ({}, (Window(1000, 60.0), Window(9, MONTH)), (Window(1000, 60.0), Window(9, MONTH))),
        ({60.0: 2}, (Window(1000, 60.0),), (Window(2, 60.0), *FREE[1:])),
        ({DAY: 50}, (Window(80, DAY),), (MINUTE, Window(50, DAY), FREE[2])),
        ({}, (Window(0, DAY),), (MINUTE, Window(1, DAY), FREE[2])),
        ({}, (Window(100, 3600.0),), (MINUTE, Window(100, 3600.0), *FREE[1:])),
    ],
)
def test_the_analysts_limit_wins_then_the_providers_then_the_documented(
    given: Mapping[Period, int], learned: Sequence[Window], in_force: tuple[Window, ...]
) -> None:
    assert QuotaRules(given, FREE).windows(learned) == in_force


def test_a_provider_of_which_nothing_is_known_has_no_limit() -> None:
    rule = Rule(QuotaRules().windows())
    assert rule.is_unlimited(Usage(), NOON)
    assert rule.free(Usage(), NOON, 1000) == 1000
    assert rule.forecast(Usage(), NOON, 3) == [0.0, 0.0, 0.0]
    assert rule.remaining(Usage(), NOON) == Remaining((), None)


def test_the_fifth_call_waits_for_the_window_of_the_first() -> None:
    rule = Rule((MINUTE,))
    usage = Usage([NOON + 1, NOON + 2, NOON + 3, NOON + 4])
    assert rule.free(usage, NOON + 10, 3) == 0
    assert rule.delay(usage, NOON + 10) == pytest.approx(51, abs=1e-4)
    assert rule.free(usage, NOON + 61.001, 3) == 1
    assert rule.free(usage, NOON + 64.001, 9) == 4


def test_a_call_in_flight_is_forecast_to_end_soon_and_counted_for_its_longest_time() -> None:
    rule = Rule((Window(1, 60.0),))
    usage = Usage([NOON + 30])
    assert rule.delay(usage, NOON) == pytest.approx(61.5, abs=1e-4)
    assert rule.delay(usage, NOON + 10) == pytest.approx(60, abs=1e-4)
    assert rule.free(usage, NOON + 89.9, 1) == 0
    assert rule.free(usage, NOON + 90.1, 1) == 1


@pytest.mark.parametrize(
    ("windows", "used", "blocked", "count", "delays"),
    [
        ((Window(2, 60.0),), 0, 0.0, 5, [0, 0, 61.5, 61.5, 123]),
        ((Window(2, 60.0),), 0, NOON + 90, 4, [90, 90, 151.5, 151.5]),
        ((Window(3, DAY),), 1, 0.0, 6, [0, 0, 43200, 43200, 43200, 129600]),
        ((Window(9, 60.0), Window(2, DAY)), 2, 0.0, 3, [43200, 43200, 129600]),
        ((Window(1, 60.0), Window(3, DAY)), 1, 0.0, 3, [0, 61.5, 43200]),
        ((Window(1, 1.0),), 0, 0.0, 3, [0, 1.025, 2.05]),
    ],
)
def test_a_forecast(
    windows: tuple[Window, ...], used: int, blocked: float, count: int, delays: list[float]
) -> None:
    usage = Usage(used={DAY: used}, blocked_until=blocked)
    assert Rule(windows).forecast(usage, NOON, count) == pytest.approx(delays, abs=1e-3)


def test_a_forecast_goes_over_the_end_of_the_month() -> None:
    month_end = datetime(2026, 12, 1, tzinfo=UTC).timestamp()
    delays = Rule((Window(2, DAY), Window(5, MONTH))).forecast(Usage(used={MONTH: 3}), NOON, 4)
    assert delays == [0, 0, month_end - NOON, month_end - NOON]


def test_ten_thousand_calls_on_a_free_key_take_twenty_days() -> None:
    delays = Rule(FREE).forecast(Usage(), NOON, 10_000)
    assert len(delays) == 10_000
    assert delays == sorted(delays)
    assert delays[-1] == pytest.approx(MIDNIGHT - NOON + 18 * 86_400 + 124 * 61.5, abs=0.01)


def test_after_a_429_one_call_at_a_time_is_granted() -> None:
    rule = Rule((Window(4, 60.0),))
    assert rule.free(Usage(refusals=1), NOON, 4) == 1
    under_way = Usage([NOON + 25], refusals=1)
    assert rule.free(under_way, NOON, 4) == 0
    assert rule.delay(under_way, NOON) == pytest.approx(1, abs=1e-4)
    assert rule.free(Usage([NOON + 1], refusals=1), NOON, 4) == 1
    assert Rule(()).free(under_way, NOON, 4) == 0
    assert not Rule(()).is_unlimited(Usage(refusals=1), NOON)


@pytest.mark.parametrize(
    ("refusals", "retry_after", "wait"),
    [
        (0, None, 60),
        (1, None, 120),
        (3, None, 480),
        (12, None, 43_201),
        (10**6, None, 43_201),
        (0, 7.0, 7),
        (5, 7.0, 7),
        (0, 0.0, 1),
        (0, 86_400.0, 43_201),
    ],
)
def test_the_wait_after_a_429_is_bounded(
    refusals: int, retry_after: float | None, wait: float
) -> None:
    assert blocked_until(NOON, refusals, retry_after) - NOON == wait


@pytest.mark.parametrize(
    ("usage", "left"),
    [
        (Usage(), 500),
        (Usage(used={DAY: 46, MONTH: 46}), 454),
        (Usage(used={DAY: 46, MONTH: 15_490}), 10),
        (Usage(used={DAY: 700, MONTH: 700}), 0),
        (Usage(used={DAY: 46}, blocked_until=MIDNIGHT + 1), 0),
        (Usage(used={DAY: 46}, blocked_until=NOON + 60), 454),
    ],
)
def test_what_is_left_today(usage: Usage, left: int) -> None:
    assert Rule(FREE).remaining(usage, NOON) == Remaining(FREE, left)


@pytest.mark.parametrize(
    ("moment", "period", "day", "end"),
    [
        ("2026-11-21T12:00:00+00:00", DAY, "2026-11-21", "2026-11-22T00:00:00+00:00"),
        ("2026-11-21T12:00:00+00:00", MONTH, "2026-11-01", "2026-12-01T00:00:00+00:00"),
        ("2026-12-31T23:59:59+00:00", DAY, "2026-12-31", "2027-01-01T00:00:00+00:00"),
        ("2026-12-31T23:59:59+00:00", MONTH, "2026-12-01", "2027-01-01T00:00:00+00:00"),
        ("2027-01-01T00:00:00+00:00", MONTH, "2027-01-01", "2027-02-01T00:00:00+00:00"),
        ("2028-02-29T23:00:00-05:00", MONTH, "2028-03-01", "2028-04-01T00:00:00+00:00"),
    ],
)
def test_days_and_months_are_those_of_utc(
    moment: str, period: Calendar, day: str, end: str
) -> None:
    now = datetime.fromisoformat(moment).timestamp()
    assert first_day(period, now) == day
    assert end_of(period, now) == datetime.fromisoformat(end).timestamp()
