"""Verifies the stored key of a provider, as a job, and stores the result."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from app.enrichment.adapters import declarations
from app.enrichment.adapters.base import HTTPAdapter
from app.enrichment.checks.check import JobKeeper, ProviderCheck
from app.enrichment.quota.ledger import Unlimited
from app.enrichment.quota.models import Account, Calendar, Quota, Window
from app.errors import ConfigStoreError
from app.jobs.models import VERIFY_KEY, Job
from app.jobs.transitions import Step, take_step
from app.private_files import write_private_file

# The fields of a quota that the page shows. The limits themselves are stored by the ledger.
SHOWN = ("label", "used", "allowed")
# The provider that a file of the first version is about.
FIRST_PROVIDER = next(declarations()).id


@dataclass(frozen=True, slots=True)
class Verification:
    at: datetime
    quotas: tuple[Quota, ...]
    """The quotas as they were at that time."""


class VerificationStore:
    """The last successful check of each provider's key, in one JSON file.

    The file holds digests of keys, so a result never shows for another key, and no key is in it.
    Safe to use from any thread. Writing raises StorageError.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def get(self, provider_id: str, key: str) -> Verification | None:
        """Return the last check of this key; None if there is none or the file is damaged."""
        try:
            kept = self._load()[provider_id]
            if kept["key"] != _digest(key):
                return None
            quotas = tuple(
                Quota(**{name: quota[name] for name in SHOWN}) for quota in kept["quotas"]
            )
            return Verification(datetime.fromisoformat(kept["at"]), quotas)
        except (KeyError, TypeError, ValueError):
            return None

    def set(self, provider_id: str, key: str, verification: Verification) -> None:
        kept = {
            "key": _digest(key),
            "at": verification.at.isoformat(),
            "quotas": [
                {name: getattr(quota, name) for name in SHOWN} for quota in verification.quotas
            ],
        }
        with self._lock:
            self._write(self._load() | {provider_id: kept})

    def clear(self, provider_id: str) -> None:
        with self._lock:
            kept = self._load()
            if kept.pop(provider_id, None) is not None:
                self._write(kept)

    def _load(self) -> dict[str, Any]:
        try:
            kept = json.loads(self._path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        # Up to version 0.1 the file held the one key of the first provider.
        if isinstance(kept, dict) and "key" in kept:
            kept = {FIRST_PROVIDER: kept}
        return kept if isinstance(kept, dict) else {}

    def _write(self, kept: dict[str, Any]) -> None:
        write_private_file(self._path, json.dumps(kept, indent=2).encode() + b"\n")


def _digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()


class Learner(Protocol):
    """The ledger, as far as a key check needs it."""

    def unblock(self, account: Account) -> None:
        """End the wait after a 429: the provider has accepted the key. Raises StorageError."""

    def set_limits(
        self, account: Account, windows: Sequence[Window], used_today: int | None
    ) -> None:
        """Store the limits that the provider reports for the account. Raises StorageError."""


class KeyVerifier(ProviderCheck):
    job_type = VERIFY_KEY
    first_message = "Asking for the key's quotas."
    failed_message = "Telltale failed while it verified the key; the log says how."

    def __init__(
        self,
        adapters: Iterable[HTTPAdapter],
        jobs: JobKeeper,
        store: VerificationStore,
        on_change: Callable[[str], object],
        ledger: Learner | None = None,
    ) -> None:
        super().__init__(adapters, jobs, on_change)
        self._store = store
        self._ledger = ledger or Unlimited()

    def _check(self, job: Job, adapter: HTTPAdapter) -> None:
        try:
            key = adapter.key()
        except ConfigStoreError as e:
            self._save(take_step(job, Step.FAIL, str(e)))
            return
        if key is None:
            self._save(take_step(job, Step.FAIL, f"No {adapter.name} key is stored."))
            return
        check = adapter.check_key(key)
        if check.error is not None:
            self._save(take_step(job, Step.FAIL, check.error))
            return
        account, quotas = adapter.account_of_key(key), check.quotas

        def keep() -> None:
            self._store.set(adapter.declaration.id, key, Verification(datetime.now(UTC), quotas))
            # A wait that the provider, or a proxy, asked for by mistake ends here.
            self._ledger.unblock(account)
            if quotas:
                self._ledger.set_limits(account, windows_of(quotas), used_today(quotas))

        self._save(take_step(job, Step.SUCCEED, f"{adapter.name} accepts the key."), before=keep)


def windows_of(quotas: Iterable[Quota]) -> tuple[Window, ...]:
    return tuple(quota.window for quota in quotas if quota.window is not None)


def used_today(quotas: Iterable[Quota]) -> int | None:
    """Return the calls of today; None if the provider does not count by the day."""
    days = (q for q in quotas if q.window is not None and q.window.period is Calendar.DAY)
    return next((quota.used for quota in days), None)
