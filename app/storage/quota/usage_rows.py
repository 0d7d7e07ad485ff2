"""The database rows that count the calls of an account."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, case, delete, insert, select, update

from app.enrichment.quota.models import Account, Calendar, Window
from app.enrichment.quota.windows import LONGEST_CALL_S, Rule, Usage, first_day, latest_block
from app.storage.accounts import OF_ACCOUNT, account_key, names
from app.storage.database.prepared import Prepared
from app.storage.database.upsert import DIALECTS, or_add
from app.storage.tables import accounts, grants, tallies

# Grants that no longer count are deleted once there are so many: deleting each costs a statement.
MANY = 16

# Built once: SQLAlchemy takes longer to build a statement than SQLite to run it.
THIS: BindParameter[int] = bindparam("account")
ACCOUNT = Prepared(
    select(accounts, tallies.c.period, tallies.c.start, tallies.c.used)
    .outerjoin(tallies)
    .where(OF_ACCOUNT)
)
LOCK = select(accounts.c.key).where(OF_ACCOUNT).with_for_update()
COUNTED = Prepared(
    select(grants.c.counted_by).where(grants.c.account_key == THIS).order_by(grants.c.counted_by)
)
GRANT = Prepared(insert(grants).returning(grants.c.key), "account_key", "counted_by")
FORGET_GRANTS = Prepared(
    delete(grants).where(grants.c.account_key == THIS, grants.c.counted_by <= bindparam("until"))
)
# A call that has ended counts by its end, or by the guard after its departure.
DEPARTED = grants.c.counted_by - bindparam("longest", type_=grants.c.counted_by.type)
BY_GUARD = DEPARTED + bindparam("guard", type_=grants.c.counted_by.type)
ENDED = bindparam("ended", type_=grants.c.counted_by.type)
END_CALL = Prepared(
    update(grants)
    .where(grants.c.key == bindparam("grant"))
    .values(counted_by=case((BY_GUARD > ENDED, BY_GUARD), else_=ENDED))
)
COUNT = {dialect: Prepared(or_add(dialect, tallies, ("used",))) for dialect in DIALECTS}


@dataclass(frozen=True, slots=True)
class UsageRows:
    """The rows of one account at one moment of the ledger's clock.

    Rows of a later time come from a boot whose clock was ahead; they count as if written now.
    """

    key: int | None
    """The key of the account's row; None if there is none yet."""
    now: float
    learned: tuple[Window, ...] = ()
    usage: Usage = Usage()
    is_ahead: bool = False
    """Whether there are rows of a later time."""
    has_old_days: bool = False

    @classmethod
    def read(
        cls,
        connection: Connection,
        account: Account,
        now: float,
        longest_call_s: float = LONGEST_CALL_S,
    ) -> UsageRows:
        rows = ACCOUNT(connection, names(account)).all()
        if not rows:
            return cls(None, now)
        row, days = rows[0], [row for row in rows if row.period]
        counted: Sequence[float] = COUNTED(connection, {"account": row.key}).scalars().all()
        starts = {period.value: first_day(period, now) for period in Calendar}
        blocked, latest = row.blocked_until or 0.0, now + longest_call_s
        is_ahead = blocked > latest_block(now) or any(d.start > starts[d.period] for d in days)
        if counted and counted[-1] > latest:
            counted = sorted(by if by <= latest else now for by in counted)
            is_ahead = True
        return cls(
            row.key,
            now,
            read_windows(row.learned),
            Usage(counted, _used(days, starts), min(blocked, latest_block(now)), row.refusals),
            is_ahead,
            has_old_days=any(day.start < starts[day.period] for day in days),
        )

    @classmethod
    def open(
        cls,
        connection: Connection,
        account: Account,
        now: float,
        longest_call_s: float = LONGEST_CALL_S,
    ) -> UsageRows:
        """Read the rows to write them: no other process does before the transaction ends."""
        if connection.dialect.name != "sqlite":  # SQLite has one writer at a time anyway
            connection.execute(LOCK, names(account))
        opened = cls.read(connection, account, now, longest_call_s)
        if opened.key is None:
            account_key(connection, account)
            return cls.open(connection, account, now, longest_call_s)
        if opened.is_ahead:
            opened._correct(connection, now + longest_call_s)
        return opened

    def grant(self, connection: Connection, count: int, rule: Rule) -> tuple[int, ...]:
        """Count calls that are sent now, and return their grants. Deletes old grants."""
        old = self.now - rule.memory_s
        if bisect_right(self.usage.counted_by, old) >= MANY:
            FORGET_GRANTS(connection, {"account": self.key, "until": old})
        if self.has_old_days:
            for period in Calendar:
                start = first_day(period, self.now)
                connection.execute(self._days(period).where(tallies.c.start < start))
        self.count(connection, dict.fromkeys(Calendar, count))
        row = {"account_key": self.key, "counted_by": self.now + rule.longest_call_s}
        return tuple(GRANT(connection, row).scalar_one() for _ in range(count))

    def release(
        self, connection: Connection, numbers: Sequence[int], longest_call_s: float
    ) -> None:
        """Delete the grants of calls that were never sent, also from the count of their day."""
        ours = (grants.c.key.in_(numbers)) & (grants.c.account_key == self.key)
        gone = connection.scalars(delete(grants).where(ours).returning(grants.c.counted_by)).all()
        for counted_by in gone:
            for period in Calendar:
                start = first_day(period, counted_by - longest_call_s)
                connection.execute(
                    update(tallies)
                    .where(
                        tallies.c.account_key == self.key,
                        tallies.c.period == period.value,
                        tallies.c.start == start,
                        tallies.c.used > 0,
                    )
                    .values(used=tallies.c.used - 1)
                )

    def count(self, connection: Connection, calls: dict[Calendar, int]) -> None:
        """Add calls to the counts of this day and this month."""
        rows = [
            {
                "account_key": self.key,
                "period": period.value,
                "start": first_day(period, self.now),
                "used": count,
            }
            for period, count in calls.items()
        ]
        COUNT[connection.dialect.name](connection, *rows)

    def block(self, connection: Connection, until: float, refusals: int) -> None:
        connection.execute(
            update(accounts)
            .where(accounts.c.key == self.key)
            .values(blocked_until=until, refusals=refusals)
        )

    def set_limits(self, connection: Connection, windows: Sequence[Window]) -> None:
        kept = [[window.limit, window.period] for window in windows]
        connection.execute(update(accounts).where(accounts.c.key == self.key).values(learned=kept))

    def _correct(self, connection: Connection, latest: float) -> None:
        """Move rows of a later time to now, so that they stop counting some day."""
        ahead = (grants.c.account_key == self.key) & (grants.c.counted_by > latest)
        connection.execute(update(grants).where(ahead).values(counted_by=self.now))
        self.block(connection, self.usage.blocked_until, self.usage.refusals)
        for period in Calendar:
            start = first_day(period, self.now)
            connection.execute(self._days(period).where(tallies.c.start >= start))
        self.count(connection, dict(self.usage.used))

    def _days(self, period: Calendar) -> Any:
        """Return the statement that deletes the counts of the account's days or months."""
        is_ours = tallies.c.account_key == self.key
        return delete(tallies).where(is_ours, tallies.c.period == period.value)


def end_calls(connection: Connection, numbers: Iterable[int], now: float, rule: Rule) -> None:
    """Note when the calls of these grants ended: now, or by the guard after they were sent."""
    times = {"ended": now, "longest": rule.longest_call_s, "guard": rule.guard}
    END_CALL(connection, *[times | {"grant": number} for number in numbers])


def read_windows(learned: str | Sequence[Sequence[Any]] | None) -> tuple[Window, ...]:
    """Return the stored limits; some drivers return the column as JSON text."""
    kept: Any = json.loads(learned) if isinstance(learned, str) else learned
    return tuple(
        Window(limit, Calendar(period) if isinstance(period, str) else period)
        for limit, period in kept or ()
    )


def _used(days: Sequence[Any], starts: dict[str, str]) -> dict[Calendar, int]:
    used = dict.fromkeys(Calendar, 0)
    for day in days:
        if day.start >= starts[day.period]:
            used[Calendar(day.period)] += day.used
    return used
