"""Providers as the settings page and programs see them: keys, switches, limits and checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.enrichment.adapters.base import HTTPAdapter, is_usable
from app.enrichment.adapters.registry import Registry
from app.enrichment.analysis.summary import JobSummary
from app.enrichment.checks.connection_check import ConnectionTester, steps_of
from app.enrichment.checks.key_check import OF_NEW_KEY, KeyVerifier
from app.enrichment.checks.models import ConnectionStep
from app.enrichment.checks.stored_keys import StoredKeys
from app.enrichment.checks.verifications import Verification, VerificationStore
from app.enrichment.config_store import ConfigStore, usable
from app.enrichment.orchestrator import EnrichmentOrchestrator
from app.enrichment.quota.ledger import QuotaLedger
from app.enrichment.quota.windows import MINUTE_S
from app.errors import ConfigStoreError, InvalidKeyError, UnknownProviderError
from app.jobs.models import TEST_CONNECTION, VERIFY_KEY, Job
from app.storage.models import JobQuery
from app.storage.preferences import PreferenceStore
from app.storage.reading.jobs import JobReader


@dataclass(frozen=True, slots=True)
class KeyState:
    """The state of a key for the settings page; never the key itself."""

    is_stored: bool = False
    last4: str | None = None
    source: str | None = None
    """`environment` or `file`; None without a key."""
    is_in_file: bool = False


@dataclass(frozen=True, slots=True)
class EnteredKey:
    """What became of a key that was entered."""

    is_stored: bool
    """False: it replaces the stored key if the check finds it good."""
    check: Job | None


class Providers:
    """The providers with their keys, switches, limits and checks.

    Every method raises StorageError; those that take an id also UnknownProviderError.
    """

    def __init__(
        self,
        registry: Registry,
        keys: ConfigStore,
        preferences: PreferenceStore,
        ledger: QuotaLedger,
        orchestrator: EnrichmentOrchestrator,
        jobs: JobReader,
        verifications: VerificationStore,
        stored: StoredKeys,
        key_checks: KeyVerifier,
        connection_tests: ConnectionTester,
    ) -> None:
        self._registry = registry
        self.keys = keys
        self._preferences = preferences
        self._ledger = ledger
        self._orchestrator = orchestrator
        self._jobs = jobs
        self._verifications = verifications
        self._stored = stored
        self._key_checks = key_checks
        self._connection_tests = connection_tests

    def __iter__(self) -> Iterator[HTTPAdapter]:
        return iter(self._registry)

    def find(self, provider_id: str) -> HTTPAdapter:
        """Return the provider of that id; an empty id is the first of the list."""
        found = self._registry.get(provider_id) if provider_id else next(iter(self._registry))
        if found is None:
            known = ", ".join(adapter.declaration.id for adapter in self._registry)
            raise UnknownProviderError(
                f"There is no provider “{provider_id[:40]}”. The providers are {known}."
            )
        return found

    def choose(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Return the ids of a choice for one analysis, in the order of the list.

        Raises UnknownProviderError for an id that is unknown, switched off or unusable.
        """
        wanted = {self.find(provider_id).declaration.id for provider_id in ids}
        for adapter in self._registry:
            if adapter.declaration.id in wanted and not self._registry.is_asked(adapter):
                why = "has no key" if self._registry.is_on(adapter) else "is switched off"
                raise UnknownProviderError(f"{adapter.name} cannot be asked: it {why}.")
        return tuple(a.declaration.id for a in self._registry if a.declaration.id in wanted)

    def names_left_out(self, ids: Iterable[str] | None) -> list[str]:
        """Return the names of those providers, of a choice made earlier, that are not asked now."""
        chosen = [self.find(provider_id) for provider_id in ids or ()]
        return [adapter.name for adapter in chosen if not self._registry.is_asked(adapter)]

    def is_on(self, adapter: HTTPAdapter) -> bool:
        return self._registry.is_on(adapter)

    def switch(self, provider_id: str, is_on: bool) -> None:
        """Switch a provider on or off for all analyses to come; kept over restarts."""
        self._preferences.switch(self.find(provider_id).declaration.id, is_on)

    # What is asked.

    @property
    def asked(self) -> Sequence[HTTPAdapter]:
        """The providers that are on and have what they need. Raises ConfigStoreError."""
        return [a for a in self._registry if self._registry.is_on(a) and a.is_usable]

    @property
    def per_minute(self) -> int | None:
        """The smallest limit of a minute among those asked; None: there is no such limit."""
        limits = [
            window.limit
            for adapter in self.asked or self._registry
            for window in self._ledger.remaining(adapter.account()).windows
            if window.period == MINUTE_S
        ]
        return min(limits, default=None)

    @property
    def left_today(self) -> int | None:
        """The calls left until 00:00 UTC of the provider that has the least left.

        None if no limit of a day is in force, or a key cannot be read.
        """
        try:
            left = [self.left_today_of(adapter) for adapter in self.asked or self._registry]
        except ConfigStoreError:
            return None
        return min((count for count in left if count is not None), default=None)

    def left_today_of(self, adapter: HTTPAdapter) -> int | None:
        """Return the calls left until 00:00 UTC. Raises ConfigStoreError."""
        return self._ledger.remaining(adapter.account()).left_today

    # Keys.

    def key_state(self, adapter: HTTPAdapter) -> KeyState:
        """Return where the key comes from. Raises ConfigStoreError if it cannot be read."""
        prefix = adapter.declaration.key_prefix
        if adapter.declaration.key is None or (key := self.keys.get(prefix)) is None:
            return KeyState()
        is_outer = self.keys.is_from_environment(prefix)
        return KeyState(
            is_stored=bool(key),
            last4=self.keys.get_hint(prefix),
            source="environment" if is_outer else "file",
            is_in_file=self.keys.get_stored(prefix) is not None,
        )

    def enter_key(self, provider_id: str, key: str, verify: bool = False) -> EnteredKey:
        """Store a key at once if none stands; else check it first, in the background.

        A key that is stored at once is checked if `verify` asks for it: an offline user may save
        one without a connection being opened.
        Raises InvalidKeyError, ConfigStoreError.
        """
        adapter = self.find(provider_id)
        if adapter.declaration.key is None:
            raise InvalidKeyError(f"{adapter.name} takes no key; nothing was changed.")
        key = usable(key)
        standing = self._stored.standing(adapter)
        if standing is not None and standing != key:
            return EnteredKey(False, self._key_checks.begin_with(adapter, key))
        self._key_checks.drop_new_key(adapter)
        self._stored.replace(adapter, key)
        job = self._key_checks.begin(adapter.name, anew=True) if verify else None
        return EnteredKey(True, job)

    def delete_key(self, provider_id: str) -> None:
        """Delete a key with the calls and answers of its account. Raises ConfigStoreError."""
        adapter = self.find(provider_id)
        self._key_checks.drop_new_key(adapter)
        self.keys.delete(adapter.declaration.key_prefix)
        for sharer in self._stored.sharers(adapter):
            # The environment may hold another key, whose account stays.
            in_use = sharer.account() if sharer.is_usable else None
            if in_use is None:
                self._verifications.clear(sharer.declaration.id)
                self._orchestrator.forget(sharer.name)
            self._ledger.forget(sharer.name, kept=in_use)
        self._orchestrator.key_changed()

    # Checks.

    def check_key(self, provider_id: str) -> Job:
        """Start a check of the key, or return the running one."""
        return self._key_checks.begin(self.find(provider_id).name)

    def test_connection(self, provider_id: str) -> Job:
        """Start a connection test, or return the running one."""
        return self._connection_tests.begin(self.find(provider_id).name)

    def latest_key_check(self, adapter: HTTPAdapter) -> JobSummary | None:
        return self._latest(VERIFY_KEY, adapter)

    def is_of_new_key(self, check: JobSummary) -> bool:
        """Return whether a key check is of a key that was entered to replace another."""
        return self._jobs.report(check.job.id) == OF_NEW_KEY

    def verification(self, adapter: HTTPAdapter) -> Verification | None:
        """Return what the last check said of the key in use. Raises ConfigStoreError."""
        key = adapter.key()
        return self._verifications.get(adapter.declaration.id, key) if key else None

    def latest_connection_test(
        self, adapter: HTTPAdapter
    ) -> tuple[JobSummary | None, Sequence[ConnectionStep]]:
        """Return the newest connection test and the steps that it has done so far."""
        job = self._latest(TEST_CONNECTION, adapter)
        return job, steps_of(self._jobs.report(job.job.id)) if job else ()

    def _latest(self, job_type: str, adapter: HTTPAdapter) -> JobSummary | None:
        query = JobQuery(job_type=job_type, target=adapter.name, per_page=1)
        return next(iter(self._jobs.page(query).items), None)

    def has_what_it_needs(self, adapter: HTTPAdapter) -> bool:
        """Return whether the provider can be asked; True if its key cannot be read."""
        return is_usable(adapter)
