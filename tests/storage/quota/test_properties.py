"""No window ever holds more calls than are allowed, and no lookup waits for longer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.enrichment.quota.models import Account, Calendar, Window
from app.enrichment.quota.windows import LONGEST_CALL_S, QuotaRules
from app.storage.database.connection import Database
from app.storage.quota.sql_ledger import SQLQuotaLedger
from tests.fakes.clocks import FakeClock

pytestmark = pytest.mark.slow

DAY, MONTH = Calendar.DAY, Calendar.MONTH
STARTS = (
    datetime(2026, 11, 21, 12, tzinfo=UTC),
    datetime(2026, 11, 21, 23, 59, tzinfo=UTC),
    datetime(2026, 12, 31, 23, 58, tzinfo=UTC),
)
WINDOWS = (
    (Window(1, 60.0),),
    (Window(4, 60.0),),
    (Window(3, 10.0), Window(5, 60.0)),
    (Window(2, 60.0), Window(7, DAY), Window(9, MONTH)),
    (Window(3, DAY),),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("take"), st.integers(1, 6)),
        st.tuples(st.sampled_from(["end", "refuse", "lose", "release"]), st.integers(0, 5)),
        st.tuples(st.just("pass"), st.floats(0, 70)),
        st.tuples(st.just("restart"), st.just(0)),
        st.tuples(st.just("reboot"), st.floats(0, 1e6)),
    ),
    max_size=80,
)
numbers = count()


@dataclass
class Call:
    grant: int
    departed: float
    arrived: float = 0.0


class World:
    """Calls under way, by the true time; the ledger's clock may be set back when it reboots."""

    def __init__(self, database: Database, windows: tuple[Window, ...], start: datetime) -> None:
        self.true_time = start.timestamp()
        self.clock = FakeClock(start)
        self.account = Account("VirusTotal", f"key {next(numbers)}")
        self._database = database
        self._rules = {"VirusTotal": QuotaRules({}, windows)}
        self.ledger = SQLQuotaLedger(database, self._rules, self.clock)
        self.under_way: list[Call] = []
        self.made: list[Call] = []
        self._dice = Random(7)  # noqa: S311  # moments, not secrets

    def take(self, wanted: int) -> float:
        decision = self.ledger.acquire(self.account, wanted)
        assert decision.delay > 0 or len(decision.grants) == wanted
        self.under_way += [Call(number, self.true_time) for number in decision.grants]
        return decision.delay

    def end(self, index: int, is_refused: bool = False) -> None:
        if call := self._pick(index):
            if is_refused:
                self.ledger.block(self.account, None)
            self.ledger.complete(self.account, [call.grant], is_refused)
            self._arrive(call, self.true_time)

    def refuse(self, index: int) -> None:
        self.end(index, is_refused=True)

    def lose(self, index: int) -> None:
        """Let the process that made the call be gone."""
        if call := self._pick(index):
            self._arrive(call, call.departed + LONGEST_CALL_S)

    def release(self, index: int) -> None:
        if call := self._pick(index):
            self.ledger.release(self.account, [call.grant])

    def restart(self, _: int = 0) -> None:
        while self.under_way:
            self.lose(0)
        self.ledger = SQLQuotaLedger(self._database, self._rules, self.clock)

    def reboot(self, set_back: float) -> None:
        self.clock.now -= set_back
        self.restart()

    def wait(self, seconds: float) -> None:
        """No call takes longer than it may."""
        end = self.true_time + seconds
        while self.under_way and self.under_way[0].departed + LONGEST_CALL_S <= end:
            self._move(self.under_way[0].departed + LONGEST_CALL_S - self.true_time)
            self.end(0)
        self._move(end - self.true_time)

    def _move(self, seconds: float) -> None:
        self.true_time += max(seconds, 0.0)
        self.clock.now += max(seconds, 0.0)

    def _pick(self, index: int) -> Call | None:
        return self.under_way.pop(index % len(self.under_way)) if self.under_way else None

    def _arrive(self, call: Call, latest: float) -> None:
        """At the end, at once, or in between: what is allowed must hold for each."""
        share = self._dice.choice([0.0, 1.0, self._dice.random()])
        call.arrived = call.departed + share * max(latest - call.departed, 0.0)
        self.made.append(call)


def most_within(arrivals: list[float], period: float) -> int:
    """In the fullest window of that length; it begins with one of them."""
    arrivals = sorted(arrivals)
    fullest, first = 0, 0
    for n, arrived in enumerate(arrivals):
        while arrivals[first] <= arrived - period + 1e-6:
            first += 1
        fullest = max(fullest, n - first + 1)
    return fullest


def play(world: World, steps: list[tuple[str, float]]) -> None:
    for name, value in steps:
        getattr(world, "wait" if name == "pass" else name)(value)


def test_no_window_ever_holds_more_than_is_allowed(database: Database) -> None:
    @settings(max_examples=150, deadline=None)
    @given(st.sampled_from(WINDOWS), st.sampled_from(STARTS), STEPS)
    def check(windows: tuple[Window, ...], start: datetime, steps: list[tuple[str, float]]) -> None:
        world = World(database, windows, start)
        play(world, steps)
        world.restart()
        for window in windows:
            if not isinstance(window.period, Calendar):
                arrivals = [call.arrived for call in world.made]
                assert most_within(arrivals, window.period) <= window.limit

    check()


@pytest.mark.parametrize("windows", WINDOWS[:3])
def test_no_window_of_busy_hours_with_slow_calls_holds_more_than_is_allowed(
    database: Database, windows: tuple[Window, ...]
) -> None:
    dice = Random(11)  # noqa: S311  # moments, not secrets
    world = World(database, windows, STARTS[0])
    for _ in range(1500):
        world.take(6)
        world.wait(dice.choice([0.1, 1.0, 9.0]) * dice.random())
        world.end(dice.randrange(6))
        if dice.random() < 0.05:
            world.lose(0)
    world.restart()
    assert len(world.made) > 30
    for window in windows:
        arrivals = [call.arrived for call in world.made]
        assert most_within(arrivals, float(window.period)) == window.limit


def test_no_day_and_no_month_holds_more_than_is_allowed(database: Database) -> None:
    without_reboots = STEPS.map(lambda steps: [step for step in steps if step[0] != "reboot"])

    @settings(max_examples=100, deadline=None)
    @given(st.sampled_from(WINDOWS[3:]), st.sampled_from(STARTS), without_reboots)
    def check(windows: tuple[Window, ...], start: datetime, steps: list[tuple[str, float]]) -> None:
        world = World(database, windows, start)
        play(world, steps)
        world.restart()
        departures = [datetime.fromtimestamp(call.departed, UTC) for call in world.made]
        days = Counter(moment.date() for moment in departures)
        months = Counter((moment.year, moment.month) for moment in departures)
        counts: dict[float | Calendar, Counter[object]] = {DAY: days, MONTH: months}
        for window in windows:
            if isinstance(window.period, Calendar):
                assert max(counts[window.period].values(), default=0) <= window.limit

    check()


def test_no_lookup_waits_longer_than_the_window_and_a_call(database: Database) -> None:
    no_refusals = STEPS.map(lambda steps: [step for step in steps if step[0] != "refuse"])

    @settings(max_examples=100, deadline=None)
    @given(st.sampled_from(WINDOWS[:3]), no_refusals)
    def check(windows: tuple[Window, ...], steps: list[tuple[str, float]]) -> None:
        world = World(database, windows, STARTS[0])
        play(world, steps)
        assert world.take(100) <= 60 + LONGEST_CALL_S + 1
        world.restart()
        world.take(1)  # what is ahead of the clock is seen now at the latest
        world.wait(60 + LONGEST_CALL_S + 1)
        assert len(world.ledger.acquire(world.account, 1).grants) == 1

    check()


@pytest.mark.parametrize("windows", WINDOWS[:3])
def test_a_process_that_uses_the_whole_quota_gets_the_whole_quota(
    database: Database, windows: tuple[Window, ...]
) -> None:
    world = World(database, windows, STARTS[0])
    begun = world.true_time
    while world.true_time < begun + 3600:
        delay = world.take(6)
        world.wait(0.4)
        while world.under_way:
            world.end(0)
        world.wait(delay - 0.4)
    per_minute = min(window.limit * 60 / float(window.period) for window in windows)
    assert len(world.made) >= 0.95 * per_minute * (world.true_time - begun) / 60


def test_the_forecast_of_endless_demand_is_exact(database: Database) -> None:
    world = World(database, WINDOWS[3], STARTS[1])
    told = [world.true_time + d for d in world.ledger.forecast(world.account, 20)]
    while len(world.made) < 20:
        delay = world.take(6)
        world.wait(0.9)
        while world.under_way:
            world.end(0)
        world.wait(delay - 0.9)
    departed = [call.departed for call in world.made[:20]]
    assert departed == pytest.approx(told, abs=1.0)
