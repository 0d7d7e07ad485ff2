"""The ledger of one process, on a clock that stands still until it is moved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from app.enrichment.quota.ledger import Decision
from app.enrichment.quota.models import Account, Calendar, Remaining, Window
from app.enrichment.quota.windows import QuotaRules
from app.errors import StorageError
from app.storage.database import sqlite
from app.storage.database.connection import Database, open_database
from app.storage.quota.sql_ledger import SQLQuotaLedger
from app.storage.tables import accounts, grants, tallies
from tests.fakes.clocks import FakeClock

DAY, MONTH = Calendar.DAY, Calendar.MONTH
MINE, OTHERS = Account("VirusTotal", "a1"), Account("VirusTotal", "b2")
FREE = (Window(4, 60.0), Window(500, DAY), Window(15_500, MONTH))
HALF_A_DAY = 43_200

Rules = Mapping[str, QuotaRules]
Open = Callable[..., SQLQuotaLedger]


def rules(*windows: Window) -> Rules:
    return {"VirusTotal": QuotaRules({}, windows)}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def ledger(database: Database, clock: FakeClock) -> SQLQuotaLedger:
    return SQLQuotaLedger(database, rules(*FREE), clock)


def rows_of(database: Database) -> list[int | None]:
    with database.reading() as connection:
        counted = (select(func.count()).select_from(t) for t in (accounts, grants, tallies))
        return [connection.scalar(count) for count in counted]


def test_a_decision_holds_the_possible_grants_and_the_delay_of_the_next(
    ledger: SQLQuotaLedger, clock: FakeClock
) -> None:
    first = ledger.acquire(MINE, 3)
    assert (len(set(first.grants)), first.delay) == (3, 0.0)
    second = ledger.acquire(MINE, 3)
    assert len(second.grants) == 1
    assert second.delay == pytest.approx(61.5, abs=1e-4)
    assert ledger.acquire(MINE).grants == ()
    ledger.complete(MINE, [*first.grants, *second.grants])
    clock.now += second.delay
    assert len(ledger.acquire(MINE, 9).grants) == 4


def test_a_repeated_denial_has_a_shorter_delay(ledger: SQLQuotaLedger, clock: FakeClock) -> None:
    ledger.complete(MINE, ledger.acquire(MINE, 4).grants)
    for waited in (0.0, 0.5, 3.0, 40.0, 40.25):
        clock.now = FakeClock().now + waited
        assert ledger.acquire(MINE).delay == pytest.approx(61.5 - waited, abs=1e-4)


def test_a_long_call_counts_from_its_end(ledger: SQLQuotaLedger, clock: FakeClock) -> None:
    grants_ = ledger.acquire(MINE, 4).grants
    clock.now += 20
    ledger.complete(MINE, grants_)
    assert ledger.acquire(MINE).delay == pytest.approx(60, abs=1e-4)


def test_a_call_whose_end_is_never_reported_counts_for_its_longest_time(
    ledger: SQLQuotaLedger, clock: FakeClock
) -> None:
    ledger.acquire(MINE, 4)
    clock.now += 89.9
    assert ledger.acquire(MINE).grants == ()
    clock.now += 0.2
    assert len(ledger.acquire(MINE, 4).grants) == 4


def test_a_released_grant_can_be_granted_again_at_once(ledger: SQLQuotaLedger) -> None:
    grants_ = ledger.acquire(MINE, 4).grants
    assert ledger.acquire(MINE).grants == ()
    ledger.release(MINE, grants_[:2])
    ledger.release(MINE, grants_[:2])
    assert ledger.remaining(MINE).left_today == 498
    assert len(ledger.acquire(MINE, 4).grants) == 2


def test_a_grant_released_after_midnight_leaves_yesterdays_count(
    database: Database, clock: FakeClock
) -> None:
    ledger = SQLQuotaLedger(database, rules(Window(5, DAY)), clock)
    clock.now += HALF_A_DAY - 1
    late = ledger.acquire(MINE).grants
    clock.now += 2
    ledger.acquire(MINE)
    ledger.release(MINE, late)
    assert ledger.remaining(MINE).left_today == 4


def test_another_ledger_of_the_same_database_counts_on(
    ledger: SQLQuotaLedger, database: Database, clock: FakeClock
) -> None:
    other = SQLQuotaLedger(database, rules(*FREE), clock)
    ledger.acquire(MINE, 3)
    assert len(other.acquire(MINE, 3).grants) == 1
    assert ledger.acquire(MINE).grants == ()


def test_each_key_has_its_own_quota(ledger: SQLQuotaLedger) -> None:
    ledger.acquire(MINE, 4)
    ledger.block(MINE, 600)
    assert len(ledger.acquire(OTHERS, 4).grants) == 4
    assert ledger.remaining(OTHERS) == Remaining(FREE, 496)


def test_an_unlimited_account_is_read_once(database: Database, clock: FakeClock) -> None:
    ledger = SQLQuotaLedger(database, {}, clock)
    assert not ledger.is_unlimited(MINE)
    assert ledger.acquire(MINE, 2) == Decision((0, 0), 0.0)
    assert ledger.is_unlimited(MINE)
    ledger.complete(MINE, (0, 0))
    assert ledger.forecast(MINE, 2) == [0.0, 0.0]
    assert rows_of(database) == [1, 0, 0]


def test_a_429_blocks_an_unlimited_account_too(database: Database, clock: FakeClock) -> None:
    ledger = SQLQuotaLedger(database, {}, clock)
    ledger.acquire(MINE)
    ledger.block(MINE, None)
    assert not ledger.is_unlimited(MINE)
    assert ledger.acquire(MINE).delay == pytest.approx(60, abs=1e-4)
    clock.now += 60.1
    probe = ledger.acquire(MINE, 5)
    assert len(probe.grants) == 1
    assert ledger.acquire(MINE, 5).grants == ()
    ledger.complete(MINE, probe.grants)
    assert ledger.acquire(MINE, 5).grants == (0,) * 5
    assert ledger.is_unlimited(MINE)


def test_each_further_429_doubles_the_wait_until_another_answer_comes(
    ledger: SQLQuotaLedger, clock: FakeClock
) -> None:
    waits = []
    for _ in range(3):
        probe = ledger.acquire(MINE).grants
        ledger.block(MINE, None)
        ledger.complete(MINE, probe, is_refused=True)
        waits.append(ledger.acquire(MINE).delay)
        clock.now += waits[-1]
    assert waits == pytest.approx([60, 120, 240], abs=1e-3)
    ledger.complete(MINE, ledger.acquire(MINE).grants)
    ledger.block(MINE, None)
    assert ledger.acquire(MINE).delay == pytest.approx(60, abs=1e-3)


def test_429s_of_calls_sent_together_count_as_one(ledger: SQLQuotaLedger, clock: FakeClock) -> None:
    together = ledger.acquire(MINE, 4).grants
    for grant in together:
        ledger.block(MINE, None)
        ledger.complete(MINE, [grant], is_refused=True)
        clock.now += 0.1
    clock.now += 60
    assert len(ledger.acquire(MINE, 4).grants) == 0  # the window is used up, too
    clock.now += 2
    probe = ledger.acquire(MINE, 4).grants
    assert len(probe) == 1
    ledger.block(MINE, None)
    ledger.complete(MINE, probe, is_refused=True)
    assert ledger.acquire(MINE).delay == pytest.approx(120, abs=1e-3)


def test_the_longest_retry_after_counts(ledger: SQLQuotaLedger) -> None:
    for told in (30, 90, 30, None):
        ledger.block(MINE, told)
    assert ledger.acquire(MINE).delay == pytest.approx(90, abs=1e-3)


def test_an_accepted_key_ends_the_wait_but_not_the_limits(ledger: SQLQuotaLedger) -> None:
    ledger.block(MINE, 3600)
    assert ledger.acquire(MINE).grants == ()
    ledger.unblock(MINE)
    assert len(ledger.acquire(MINE, 9).grants) == 4


def test_reported_limits_are_in_force_at_once_and_after_a_restart(
    ledger: SQLQuotaLedger, database: Database, clock: FakeClock
) -> None:
    ledger.acquire(MINE, 4)
    assert ledger.acquire(MINE).grants == ()
    told = (Window(1000, 60.0), Window(20_000, DAY))
    ledger.set_limits(MINE, told, used_today=150)
    assert len(ledger.acquire(MINE, 10).grants) == 10
    again = SQLQuotaLedger(database, rules(*FREE), clock)
    assert again.remaining(MINE) == Remaining(told, 20_000 - 160)
    again.set_limits(MINE, told, used_today=100)  # it counts late: ours are more
    assert again.remaining(MINE).left_today == 20_000 - 160
    assert again.remaining(OTHERS).windows == FREE


def test_days_begin_at_midnight_and_old_rows_are_removed(
    ledger: SQLQuotaLedger, database: Database, clock: FakeClock
) -> None:
    for _ in range(40):
        ledger.acquire(MINE, 4)
        clock.now += 92
    assert ledger.remaining(MINE).left_today == 500 - 160
    assert rows_of(database)[1:] <= [40, 2]
    clock.now = FakeClock().now + HALF_A_DAY
    assert ledger.remaining(MINE).left_today == 500
    ledger.acquire(MINE)
    assert rows_of(database)[2] == 2
    assert ledger.remaining(MINE).left_today == 499


def test_calls_are_granted_at_the_times_of_the_forecast(
    ledger: SQLQuotaLedger, clock: FakeClock
) -> None:
    clock.now += HALF_A_DAY - 300
    ledger.complete(MINE, ledger.acquire(MINE, 3).grants)
    clock.now += 7
    told = [clock.now + delay for delay in ledger.forecast(MINE, 30)]
    happened = []
    while len(happened) < 30:
        decision = ledger.acquire(MINE)
        happened += [clock.now] * len(decision.grants)
        clock.now += 0.3 * len(decision.grants)  # each call takes a little
        ledger.complete(MINE, decision.grants)
        clock.now += decision.delay
    assert happened == pytest.approx(told, abs=1.0)


def test_completing_a_grant_of_a_deleted_key_writes_nothing(
    ledger: SQLQuotaLedger, clock: FakeClock
) -> None:
    before = ledger.acquire(MINE, 4).grants
    ledger.forget("VirusTotal")
    after = ledger.acquire(MINE, 4).grants
    assert not set(before) & set(after)
    ledger.complete(MINE, before)
    ledger.release(MINE, before)
    clock.now += 61.6
    assert ledger.acquire(MINE).grants == ()  # the later calls were not settled


def test_a_forgotten_provider_leaves_no_row_and_no_byte(
    database: Database, clock: FakeClock, folder: Path
) -> None:
    ledger = SQLQuotaLedger(database, rules(*FREE), clock)
    account = Account("VirusTotal", "0123456789abcdef" * 4)
    ledger.acquire(account, 4)
    ledger.acquire(Account("Other"))
    ledger.forget("VirusTotal")
    assert rows_of(database) == [1, 0, 0]
    kept = b"".join(path.read_bytes() for path in folder.iterdir())
    assert account.digest.encode() not in kept
    assert ledger.remaining(account).left_today == 500


def test_a_denial_writes_nothing(
    ledger: SQLQuotaLedger, folder: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.acquire(MINE, 4)
    ledger.acquire(MINE)
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_S", 0.1)
    other = open_database("", folder)
    second = SQLQuotaLedger(other, rules(*FREE), clock)
    with other.writing():
        for _ in range(5):
            clock.now += 2
            assert ledger.acquire(MINE).grants == ()
        assert second.forecast(MINE, 1)[0] > 40
        with pytest.raises(StorageError, match="locked"):
            SQLQuotaLedger(other, {}, clock).block(MINE, None)
    other.close()


def test_the_jobs_wait_for_the_disk_and_the_ledger_does_not(database: Database) -> None:
    def synchronous(of: Database) -> int | None:
        with of.reading() as connection:
            return connection.scalar(text("PRAGMA synchronous"))

    assert (synchronous(database), synchronous(database.unsynced())) == (2, 1)
