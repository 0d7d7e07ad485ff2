"""What keeps count of calls, for all threads and processes that share the database."""

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
from app.storage.quota.usage_rows import UsageRows, settle
from app.storage.tables import accounts

# For how long a no is repeated without a look at the rows. Nothing can be granted before the
# time it names, unless another process gives a grant back, or learns of larger windows.
TRUSTED_S = 1.0
NO_RULES = QuotaRules()
ACCEPTED = update(accounts).where(OF_ACCOUNT, accounts.c.refusals > 0).values(refusals=0)


@dataclass(frozen=True, slots=True)
class _Denial:
    since: float
    until: float


class SQLQuotaLedger:
    """The `QuotaLedger` of the orchestrator.

    Its rows need not survive a power cut: a minute has passed before anything is asked again,
    and the calls of the day are on the disk with the next answer that is kept.
    """

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
        self._database = database.unsynced()
        self._quota_rules = rules
        self._clock = clock or SteadyClock(SQLOffsets(database))
        self._longest_call_s = longest_call_s
        # One of our threads at a time: they queue better here than at the database's lock.
        self._lock = threading.Lock()
        self._denials: dict[Account, _Denial] = {}
        self._rules: dict[Account, tuple[Sequence[Window], Rule]] = {}
        self._unlimited: set[Account] = set()

    def is_unlimited(self, account: Account) -> bool:
        """False until the first `take` has looked."""
        return account in self._unlimited

    def acquire(self, account: Account, wanted: int = 1) -> Decision:
        if account in self._unlimited:
            return Decision((0,) * wanted, 0.0)
        if (denial := self._remembered(account)) is not None:
            return denial
        with self._lock:
            # While we waited for the others, one of them may have been told no.
            return self._remembered(account) or self._take(account, wanted)

    def complete(self, account: Account, grants: Sequence[int], is_refused: bool = False) -> None:
        numbers = [number for number in grants if number]
        if not numbers and account in self._unlimited:
            return
        now = self._clock()
        with self._writing(account) as connection:
            if numbers:
                if account not in self._rules:
                    self._read(connection, account)
                settle(connection, numbers, now, self._rules[account][1])
            if not is_refused:
                connection.execute(ACCEPTED, names(account))

    def release(self, account: Account, grants: Sequence[int]) -> None:
        if numbers := [number for number in grants if number]:
            with self._writing(account) as connection:
                books, _ = self._open(connection, account)
                books.release(connection, numbers, self._longest_call_s)

    def block(self, account: Account, retry_after: float | None) -> None:
        """Calls that left together and are all refused count as one refusal."""
        with self._writing(account) as connection:
            books, _ = self._open(connection, account)
            usage, now = books.usage, books.now
            is_further = now >= usage.blocked_until
            until = usage.blocked_until
            if is_further or retry_after is not None:
                until = max(until, blocked_until(now, usage.refusals, retry_after))
            books.block(connection, until, usage.refusals + is_further)
            self._unlimited.discard(account)

    def forecast(self, account: Account, count: int) -> list[float]:
        if account in self._unlimited:
            return [0.0] * count
        with self._database.reading() as connection:
            books, rule = self._read(connection, account)
        return rule.forecast(books.usage, books.now, count)

    def remaining(self, account: Account) -> Remaining:
        with self._database.reading() as connection:
            books, rule = self._read(connection, account)
        return rule.remaining(books.usage, books.now)

    def set_limits(
        self, account: Account, windows: Sequence[Window], used_today: int | None
    ) -> None:
        with self._writing(account) as connection:
            books, _ = self._open(connection, account)
            books.set_limits(connection, windows)
            of_others = (used_today or 0) - books.usage.used.get(Calendar.DAY, 0)
            if of_others > 0:
                books.count(connection, {Calendar.DAY: of_others})
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

    def _take(self, account: Account, wanted: int) -> Decision:
        if self._denials.pop(account, None) is not None:  # a no is likely: that needs no writing
            with self._database.reading() as connection:
                books, rule = self._read(connection, account)
            if not (books.is_ahead or rule.free(books.usage, books.now, wanted)):
                return Decision((), self._deny(account, books, rule))
        with self._database.writing() as connection:
            books, rule = self._open(connection, account)
            if rule.is_unlimited(books.usage, books.now):
                self._unlimited.add(account)
                return Decision((0,) * wanted, 0.0)
            free = rule.free(books.usage, books.now, wanted)
            grants = books.enter(connection, free, rule) if free else ()
        if free == wanted:
            return Decision(grants, 0.0)
        usage = rule.after(books.usage, books.now, free)
        return Decision(grants, self._deny(account, replace(books, usage=usage), rule))

    def _deny(self, account: Account, books: UsageRows, rule: Rule) -> float:
        delay = rule.delay(books.usage, books.now)
        self._denials[account] = _Denial(books.now, books.now + delay)
        return delay

    @contextmanager
    def _writing(self, account: Account) -> Iterator[Connection]:
        """What is written may be a reason to grant."""
        with self._lock:
            with self._database.writing() as connection:
                yield connection
            self._denials.pop(account, None)

    def _read(self, connection: Connection, account: Account) -> tuple[UsageRows, Rule]:
        books = UsageRows.read(connection, account, self._clock(), self._longest_call_s)
        return books, self._rule(account, books)

    def _open(self, connection: Connection, account: Account) -> tuple[UsageRows, Rule]:
        books = UsageRows.open(connection, account, self._clock(), self._longest_call_s)
        return books, self._rule(account, books)

    def _rule(self, account: Account, books: UsageRows) -> Rule:
        learned, rule = self._rules.get(account, (None, None))
        if rule is None or learned != books.learned:
            rules = self._quota_rules.get(account.provider, NO_RULES)
            rule = Rule(rules.windows(books.learned), self._longest_call_s)
            self._rules[account] = books.learned, rule
        return rule
