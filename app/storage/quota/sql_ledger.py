"""The quota ledger in the database, for all threads and processes that share it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import Connection, delete, update

from app.enrichment.quota.clock import SteadyClock
from app.enrichment.quota.ledger import Decision
from app.enrichment.quota.models import Account, Calendar, Remaining, Window
from app.enrichment.quota.windows import LONGEST_CALL_S, QuotaRules, Rule, blocked_until
from app.storage.accounts import OF_ACCOUNT, names
from app.storage.database.connection import Database
from app.storage.quota.clock_offsets import SQLOffsets
from app.storage.quota.usage_rows import UsageRows, end_calls
from app.storage.tables import accounts

# Seconds for which a denial is repeated without reading the rows. Before the time that it names
# nothing can be granted, unless another process releases a grant or learns of higher limits.
TRUSTED_S = 1.0
NO_RULES = QuotaRules()
ACCEPTED = update(accounts).where(OF_ACCOUNT, accounts.c.refusals > 0).values(refusals=0)


@dataclass(frozen=True, slots=True)
class _Denial:
    since: float
    until: float


class SQLQuotaLedger:
    """The `QuotaLedger` of the orchestrator; its methods raise StorageError."""

    def __init__(
        self,
        database: Database,
        rules: Mapping[str, QuotaRules],
        clock: Callable[[], float] | None = None,
        longest_call_s: float = LONGEST_CALL_S,
    ) -> None:
        """`rules` by provider; one without any has no limits. Raises StorageError.

        `longest_call_s`: from its grant to its end, no call takes longer.
        """
        # A power cut may lose these rows, so their commits need not wait for the disk: a minute
        # passes before the server asks again, and the calls of the day reach the disk with the
        # next answer that is stored.
        self._database = database.unsynced()
        self._quota_rules = rules
        self._clock = clock or SteadyClock(SQLOffsets(database))
        self._longest_call_s = longest_call_s
        # Threads of this process wait here rather than for the database's lock, where waiting is
        # polling.
        self._lock = threading.Lock()
        self._denials: dict[Account, _Denial] = {}
        self._rules: dict[Account, tuple[Sequence[Window], Rule]] = {}
        self._unlimited: set[Account] = set()

    def is_unlimited(self, account: Account) -> bool:
        """Return whether the account has no limit; False before the first `acquire`."""
        return account in self._unlimited

    def acquire(self, account: Account, wanted: int = 1) -> Decision:
        if account in self._unlimited:
            return Decision((0,) * wanted, 0.0)
        if (denial := self._remembered(account)) is not None:
            return denial
        with self._lock:
            # Another thread may have got a denial while this one waited.
            return self._remembered(account) or self._grant(account, wanted)

    def complete(self, account: Account, grants: Sequence[int], is_refused: bool = False) -> None:
        numbers = [number for number in grants if number]
        if not numbers and account in self._unlimited:
            return
        now = self._clock()
        with self._writing(account) as connection:
            if numbers:
                if account not in self._rules:
                    self._read(connection, account)
                end_calls(connection, numbers, now, self._rules[account][1])
            if not is_refused:
                connection.execute(ACCEPTED, names(account))

    def release(self, account: Account, grants: Sequence[int]) -> None:
        if numbers := [number for number in grants if number]:
            with self._writing(account) as connection:
                rows, _ = self._open(connection, account)
                rows.release(connection, numbers, self._longest_call_s)

    def block(self, account: Account, retry_after: float | None) -> None:
        """Store until when nothing is granted after a 429.

        Calls that were sent together and all got a 429 count as one refusal.
        """
        with self._writing(account) as connection:
            rows, _ = self._open(connection, account)
            usage, now = rows.usage, rows.now
            is_further = now >= usage.blocked_until
            until = usage.blocked_until
            if is_further or retry_after is not None:
                until = max(until, blocked_until(now, usage.refusals, retry_after))
            rows.block(connection, until, usage.refusals + is_further)
            self._unlimited.discard(account)

    def unblock(self, account: Account) -> None:
        with self._writing(account) as connection:
            rows, _ = self._open(connection, account)
            rows.block(connection, 0.0, 0)

    def forecast(self, account: Account, count: int) -> list[float]:
        if account in self._unlimited:
            return [0.0] * count
        with self._database.reading() as connection:
            rows, rule = self._read(connection, account)
        return rule.forecast(rows.usage, rows.now, count)

    def remaining(self, account: Account) -> Remaining:
        with self._database.reading() as connection:
            rows, rule = self._read(connection, account)
        return rule.remaining(rows.usage, rows.now)

    def set_limits(
        self, account: Account, windows: Sequence[Window], used_today: int | None
    ) -> None:
        with self._writing(account) as connection:
            rows, _ = self._open(connection, account)
            rows.set_limits(connection, windows)
            of_others = (used_today or 0) - rows.usage.used.get(Calendar.DAY, 0)
            if of_others > 0:
                rows.count(connection, {Calendar.DAY: of_others})
            self._unlimited.discard(account)

    def forget(self, provider: str, kept: Account | None = None) -> None:
        unwanted = accounts.c.provider == provider
        if kept is not None:
            unwanted &= accounts.c.digest != kept.digest
        with self._lock:
            with self._database.writing() as connection:
                connection.execute(delete(accounts).where(unwanted))
            self._unlimited = {a for a in self._unlimited if a.provider != provider}
            self._denials = {a: d for a, d in self._denials.items() if a.provider != provider}
        self._database.scrub()

    def _remembered(self, account: Account) -> Decision | None:
        if (denial := self._denials.get(account)) is None:
            return None
        now = self._clock()
        is_trusted = denial.since <= now < min(denial.until, denial.since + TRUSTED_S)
        return Decision((), denial.until - now) if is_trusted else None

    def _grant(self, account: Account, wanted: int) -> Decision:
        if self._denials.pop(account, None) is not None:  # another is likely, and needs no writing
            with self._database.reading() as connection:
                rows, rule = self._read(connection, account)
            if not (rows.is_ahead or rule.free(rows.usage, rows.now, wanted)):
                return Decision((), self._deny(account, rows, rule))
        with self._database.writing() as connection:
            rows, rule = self._open(connection, account)
            if rule.is_unlimited(rows.usage, rows.now):
                self._unlimited.add(account)
                return Decision((0,) * wanted, 0.0)
            free = rule.free(rows.usage, rows.now, wanted)
            grants = rows.grant(connection, free, rule) if free else ()
        if free == wanted:
            return Decision(grants, 0.0)
        usage = rule.after(rows.usage, rows.now, free)
        return Decision(grants, self._deny(account, replace(rows, usage=usage), rule))

    def _deny(self, account: Account, rows: UsageRows, rule: Rule) -> float:
        delay = rule.delay(rows.usage, rows.now)
        self._denials[account] = _Denial(rows.now, rows.now + delay)
        return delay

    @contextmanager
    def _writing(self, account: Account) -> Iterator[Connection]:
        """Write, and forget the denial: what was written may be a reason to grant."""
        with self._lock:
            with self._database.writing() as connection:
                yield connection
            self._denials.pop(account, None)

    def _read(self, connection: Connection, account: Account) -> tuple[UsageRows, Rule]:
        rows = UsageRows.read(connection, account, self._clock(), self._longest_call_s)
        return rows, self._rule(account, rows)

    def _open(self, connection: Connection, account: Account) -> tuple[UsageRows, Rule]:
        rows = UsageRows.open(connection, account, self._clock(), self._longest_call_s)
        return rows, self._rule(account, rows)

    def _rule(self, account: Account, rows: UsageRows) -> Rule:
        learned, rule = self._rules.get(account, (None, None))
        if rule is None or learned != rows.learned:
            rules = self._quota_rules.get(account.provider, NO_RULES)
            rule = Rule(rules.windows(rows.learned), self._longest_call_s)
            self._rules[account] = rows.learned, rule
        return rule
