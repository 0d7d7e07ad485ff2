"""Verifies the key of a provider, stored or entered anew, as a job, and stores the result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from app.enrichment.adapters.base import HTTPAdapter
from app.enrichment.checks.check import JobKeeper, ProviderCheck
from app.enrichment.checks.stored_keys import StoredKeys
from app.enrichment.checks.verifications import Verification
from app.enrichment.config_store import ending
from app.enrichment.quota.ledger import Unlimited
from app.enrichment.quota.models import Account, Calendar, KeyCheck, Quota, Window
from app.errors import ConfigStoreError
from app.jobs.models import VERIFY_KEY, Job
from app.jobs.transitions import Step, take_step

# The report of a check of a key that is not stored; it never holds the key.
OF_NEW_KEY = {"is_new_key": True}


class Learner(Protocol):
    """The ledger, as far as a key check needs it."""

    def unblock(self, account: Account) -> None:
        """End the wait after a 429: the provider has accepted the key. Raises StorageError."""

    def set_limits(
        self, account: Account, windows: Sequence[Window], used_today: int | None
    ) -> None:
        """Store the limits that the provider reports for the account. Raises StorageError."""


class _SupersededError(Exception):
    """A newer key was entered, or the key was deleted, while the new key was checked."""


class KeyVerifier(ProviderCheck):
    """A new key is held in memory only, and no longer than its check runs."""

    job_type = VERIFY_KEY
    first_message = "Asking the provider about the key."
    failed_message = "Telltale failed while it verified the key; the log says how."

    def __init__(
        self,
        adapters: Iterable[HTTPAdapter],
        jobs: JobKeeper,
        stored: StoredKeys,
        on_change: Callable[[str], object],
        ledger: Learner | None = None,
    ) -> None:
        super().__init__(adapters, jobs, on_change)
        self._stored = stored
        self._ledger = ledger or Unlimited()
        self._new_keys: dict[str, tuple[str, str]] = {}
        """The id of the job and the key, for each prefix."""

    def begin_with(self, adapter: HTTPAdapter, new_key: str) -> Job:
        """Check a key, which replaces the stored one if it is accepted. Raises StorageError."""

        def hold(job: Job) -> None:
            self._jobs.update(job, OF_NEW_KEY)
            self._new_keys[adapter.declaration.key_prefix] = (job.id, new_key)

        return self.begin(adapter.name, anew=True, prepare=hold)

    def drop_new_key(self, adapter: HTTPAdapter) -> None:
        """Forget the key that is being checked: another decision was taken since."""
        with self._lock:
            self._new_keys.pop(adapter.declaration.key_prefix, None)

    def _check(self, job: Job, adapter: HTTPAdapter) -> None:
        try:
            if self._jobs.report(job.id):
                self._check_new(job, adapter)
            else:
                self._check_stored(job, adapter)
        except ConfigStoreError as e:
            self._save(take_step(job, Step.FAIL, str(e)))

    def _check_stored(self, job: Job, adapter: HTTPAdapter) -> None:
        if (key := adapter.key()) is None:
            self._save(take_step(job, Step.FAIL, f"No {adapter.name} key is stored."))
            return
        check = adapter.check_key(key)
        if check.error is None:
            end = take_step(job, Step.SUCCEED, f"{adapter.name} accepts the key.")
        else:
            end = take_step(job, Step.FAIL, check.error)
        self._save(end, before=lambda: self._learn(adapter, key, check))

    def _check_new(self, job: Job, adapter: HTTPAdapter) -> None:
        prefix = adapter.declaration.key_prefix
        if (held := self._new_keys.get(prefix)) is None or held[0] != job.id:
            sentence = f"The new {adapter.name} key was not checked and not stored; enter it again."
            self._save(take_step(job, Step.FAIL, sentence))
            return
        try:
            self._decide(job, adapter, held)
        except _SupersededError:
            sentence = "The new key was not stored: another was entered, or the key was deleted."
            self._save(take_step(job, Step.FAIL, sentence))
        finally:
            with self._lock:
                if self._new_keys.get(prefix) == held:
                    del self._new_keys[prefix]

    def _decide(self, job: Job, adapter: HTTPAdapter, held: tuple[str, str]) -> None:
        key = held[1]
        check = adapter.check_key(key)

        def stand() -> None:
            if self._new_keys.get(adapter.declaration.key_prefix) != held:
                raise _SupersededError

        def replace() -> None:
            stand()
            self._stored.replace(adapter, key)
            self._learn(adapter, key, check)

        if check.error is None:
            sentence = f"{adapter.name} accepts the key, which has replaced the old one."
            self._save(take_step(job, Step.SUCCEED, sentence), before=replace)
        elif check.is_refused:
            sentence = f"{adapter.name} refused the new key; {self._old_stays(adapter)}."
            self._save(take_step(job, Step.FAIL, sentence), before=stand)
        elif self._stored.is_verified(adapter):
            sentence = f"The new key was not stored, and {self._old_stays(adapter)}. {check.error}"
            self._save(take_step(job, Step.FAIL, sentence), before=stand)
        else:
            sentence = f"The new key was stored, but could not be verified. {check.error}"
            self._save(take_step(job, Step.FAIL, sentence), before=replace)

    def _old_stays(self, adapter: HTTPAdapter) -> str:
        hint = ending(self._stored.standing(adapter) or "")
        where = (
            "stays in the file" if self._stored.is_behind_environment(adapter) else "is still used"
        )
        return f"the old one{f' (ending in {hint})' if hint else ''} {where}"

    def _learn(self, adapter: HTTPAdapter, key: str, check: KeyCheck) -> None:
        """Store what the provider said of the key; a check that got no answer says nothing."""
        if check.error is None or check.is_refused:
            said = Verification(datetime.now(UTC), check.quotas, is_rejected=check.is_refused)
            self._stored.note(adapter, key, said)
        account, quotas = adapter.account_of_key(key), check.quotas
        if check.error is None:
            # A wait that the provider, or a proxy, asked for by mistake ends here.
            self._ledger.unblock(account)
        if quotas:
            self._ledger.set_limits(account, windows_of(quotas), used_today(quotas))


def windows_of(quotas: Iterable[Quota]) -> tuple[Window, ...]:
    return tuple(quota.window for quota in quotas if quota.window is not None)


def used_today(quotas: Iterable[Quota]) -> int | None:
    """Return the calls of today; None if the provider does not count by the day."""
    days = (q for q in quotas if q.window is not None and q.window.period is Calendar.DAY)
    return next((quota.used for quota in days), None)
