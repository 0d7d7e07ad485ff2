"""The long-lived objects, built once per app."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.documents.models import Document, Source
from app.enrichment.adapters import ADAPTERS, adapter_class
from app.enrichment.adapters.base import HTTPAdapter, account_of
from app.enrichment.analysis.summary import IOCEntry, JobSummary
from app.enrichment.checks.connection_check import STEP_S, ConnectionTester
from app.enrichment.checks.key_check import KeyVerifier, VerificationStore
from app.enrichment.config_store import VT_API_KEY_VARIABLE, ConfigStore
from app.enrichment.dispatch.circuit_breaker import CircuitBreaker
from app.enrichment.http.client import HTTPClient
from app.enrichment.models import TLP, Analysis, EgressReport, Mode
from app.enrichment.orchestrator import EnrichmentOrchestrator
from app.enrichment.quota.windows import LONGEST_CALL_S, MINUTE_S, QuotaRules
from app.errors import ConfigStoreError, JobActionError, JobNotFoundError, StorageError
from app.intake.importer import Importer
from app.intake.roots import ImportRoots
from app.intake.staging import Staging
from app.jobs.events import JobEvents
from app.jobs.models import ANALYSES
from app.jobs.retention import Retention
from app.jobs.transitions import Step
from app.private_files import FolderLock, make_private_folder, write_private_file
from app.services.analyses import UNKNOWN_JOB, Analyses
from app.storage.database.connection import Database, open_database
from app.storage.models import IOCQuery, JobQuery, Page
from app.storage.preferences import PreferenceStore
from app.storage.quota.sql_ledger import SQLQuotaLedger
from app.storage.reading.answers import AnswerReader
from app.storage.reading.documents import DocumentReader
from app.storage.reading.iocs import IOCReader
from app.storage.reading.jobs import JobReader
from app.storage.writing.job_store import SQLJobStore
from app.triage.plan import Planner


class Services:
    def __init__(
        self,
        keys: ConfigStore,
        adapters: Iterable[HTTPAdapter],
        database: Database,
        config: Mapping[str, Any],
    ) -> None:
        self.keys = keys
        self.adapters = tuple(adapters)
        self.jobs = JobReader(database)
        self.iocs = IOCReader(database)
        self.preferences = PreferenceStore(database)
        self.events = JobEvents(config["MAX_STREAMS"])
        self.folder_lock = FolderLock(config["DATA_DIR"])
        self._database = database
        rules = {adapter.name: quota_rules(adapter, config) for adapter in self.adapters}
        self.ledger = SQLQuotaLedger(
            database, rules, longest_call_s=max(LONGEST_CALL_S, config["LOOKUP_DEADLINE_S"])
        )
        self.orchestrator = EnrichmentOrchestrator(
            self.adapters,
            max_workers=config["MAX_WORKERS"],
            max_jobs=config["MAX_JOBS"],
            ledger=self.ledger,
            breakers={adapter.name: CircuitBreaker() for adapter in self.adapters},
            store=SQLJobStore(database),
            on_change=self._changed,
        )
        planner = Planner(
            self.adapters, AnswerReader(database), self.ledger, self.orchestrator.waiting
        )
        self.analyses = Analyses(self.orchestrator, planner, self.preferences)
        self.documents = DocumentReader(database)
        self.staging = Staging(config["DATA_DIR"] / "uploads")
        self.roots = ImportRoots(config["IMPORT_ROOTS"], closed=[config["DATA_DIR"]])
        self.importer = Importer(
            self.orchestrator, self.documents, self.staging, self.analyses.plan_read
        )
        self.verifications = VerificationStore(config["DATA_DIR"] / "verified.json")
        self.verifier = KeyVerifier(
            self.adapters, self.jobs, self.verifications, self.events.changed, self.ledger
        )
        self.connection_tester = ConnectionTester(
            self.adapters,
            self.jobs,
            self.events.changed,
            step_s=min(STEP_S, config["LOOKUP_DEADLINE_S"]),
        )
        self.retention = Retention(config["RETENTION_DAYS"], self.delete_older)

    @classmethod
    def build(cls, config: Mapping[str, Any]) -> Services:
        """Opens no connection and starts no thread. Raises StorageError."""
        make_private_folder(config["DATA_DIR"])
        keys = ConfigStore(
            config["DATA_DIR"] / "keys.json", {VT_API_KEY_VARIABLE: config["VT_API_KEY"]}
        )
        http = HTTPClient(
            config["VT_BASE_URL"],
            deadline_s=config["LOOKUP_DEADLINE_S"],
            proxy=config["PROXY"],
            ca_bundle=config["CA_BUNDLE"],
        )
        adapters = [adapter_class(name)(keys, http) for name in ADAPTERS]
        database = open_database(config["DATABASE_URL"], config["DATA_DIR"])
        return cls(keys, adapters, database, config)

    def go_on(self) -> bool:
        """Take up the jobs that a crash left, unless another server works on the data directory.

        For servers: a command of the same installation leaves the jobs alone. Returns whether
        the data directory is ours. Raises StorageError.
        """
        if self.folder_lock.acquire():
            self.orchestrator.go_on()
            self.importer.go_on()
            self.verifier.go_on()
            self.connection_tester.go_on()
            self.retention.start()
        return self.folder_lock.is_held

    @property
    def can_ask(self) -> bool:
        """Whether any provider has its key. Raises ConfigStoreError."""
        return any(adapter.is_usable for adapter in self.adapters)

    def save_key(self, key: str) -> None:
        """Raises InvalidKeyError, ConfigStoreError, StorageError."""
        is_new = key.strip() != self._stored_key()
        self.keys.set_vt_api_key(key)
        if is_new:
            self.verifications.clear()
            self.orchestrator.key_changed()

    def delete_key(self) -> None:
        """With what its account asked and was answered. Raises ConfigStoreError, StorageError."""
        adapter = self.adapters[0]
        self.keys.delete_vt_api_key()
        in_use = account_of(adapter) if adapter.is_usable else None  # of the environment's key
        if in_use is None:
            self.verifications.clear()
            self.orchestrator.forget(adapter.name)
        self.ledger.forget(adapter.name, kept=in_use)
        self.orchestrator.key_changed()

    @property
    def per_minute(self) -> int | None:
        """How often in a minute; None: no limit. Raises ConfigStoreError, StorageError."""
        limits = [
            window.limit
            for adapter in self.adapters
            for window in self.ledger.standing(account_of(adapter)).windows
            if window.period == MINUTE_S
        ]
        return min(limits, default=None)

    @property
    def left_today(self) -> int | None:
        """Of the provider that has the least left; None: nobody limits the day, or no key is there.

        Raises StorageError.
        """
        try:
            standings = [self.ledger.standing(account_of(adapter)) for adapter in self.adapters]
        except ConfigStoreError:
            return None
        return min((s.left_today for s in standings if s.left_today is not None), default=None)

    def egress(self, job_id: str) -> EgressReport:
        """Raises StorageError."""
        hosts = self.jobs.egress(job_id)
        # A connection that failed, or a missing key, let nothing of an IOC leave.
        calls = sum(host.calls for host in hosts if host.bytes_sent)
        return EgressReport(hosts, min(calls, self.jobs.count_sent(job_id)))

    def _stored_key(self) -> str | None:
        try:
            return self.keys.get_stored_vt_api_key()
        except ConfigStoreError:  # a damaged file is replaced
            return None

    def latest_job(self, job_type: str) -> JobSummary | None:
        """Raises StorageError."""
        found = self.jobs.page(JobQuery(job_type=job_type, per_page=1)).items
        return found[0] if found else None

    def import_documents(
        self,
        job_id: str,
        sources: Sequence[Source],
        mode: Mode,
        tlp: TLP | None,
        shows_plan: bool = False,
    ) -> Analysis:
        """They are read behind the caller's back. Raises StorageError."""
        stays = tlp is not None and tlp.stays_here
        mode = Mode.OFFLINE if stays else mode
        analysis = Analysis(job_id, (), mode, tlp=tlp, shows_plan=shows_plan)
        self.importer.start(analysis, sources)
        return analysis

    def _changed(self, job_id: str) -> None:
        self.events.changed(job_id)
        self.importer.changed(job_id)

    def find_job(self, job_id: str) -> JobSummary:
        """Raises JobNotFoundError, StorageError."""
        if (job := self.jobs.get(job_id)) is None:
            raise JobNotFoundError(UNKNOWN_JOB)
        return replace(job, job=self.orchestrator.told(job.job))

    def summary_from_memory(self, job_id: str) -> JobSummary:
        """As `find_job`, but of an analysis from memory, and without its IOCs and verdicts.

        Raises JobNotFoundError, StorageError.
        """
        return self.orchestrator.summary(job_id) or self.find_job(job_id)

    def find_iocs(self, job_id: str, query: IOCQuery) -> Page[IOCEntry]:
        """Raises JobNotFoundError, StorageError."""
        if (found := self.iocs.page(job_id, query)) is None:
            raise JobNotFoundError(UNKNOWN_JOB)
        return found

    def find_documents(
        self, job_id: str, page: int, per_page: int, state: str = ""
    ) -> Page[Document]:
        """Raises JobNotFoundError, StorageError."""
        if (found := self.documents.page(job_id, page, per_page, state)) is None:
            raise JobNotFoundError(UNKNOWN_JOB)
        return found

    def control(
        self, job_id: str, action: str, ioc: str | None = None, provider: str | None = None
    ) -> JobSummary:
        """Do what the analyst asks of a job; returns when it is done.

        Raises JobNotFoundError, JobActionError, StorageError.
        """
        job = self.find_job(job_id)
        jobs = self.orchestrator
        match action:
            case _ if job.mode is None:  # only analyses can be told anything
                raise JobActionError(action, job.job.state, job.allowed)
            case Step.PAUSE:
                jobs.pause(job_id)
            case Step.RESUME:
                jobs.resume(job_id)
            case Step.CANCEL:
                jobs.cancel(job_id)
            case Step.RETRY:
                jobs.retry(job_id, ioc, provider)
            case _:
                raise JobActionError(action, job.job.state, job.allowed)
        return self.find_job(job_id)

    def delete(self, job_id: str) -> None:
        """With everything that belongs to it. Raises JobNotFoundError, StorageError."""
        if self.find_job(job_id).mode is None:
            self.jobs.delete(job_id)
        else:
            self.orchestrator.delete(job_id)

    def delete_older(self, days: int) -> int:
        """How many analyses were that old; what is queued or running stays. Raises StorageError."""
        old = self.jobs.older_than(datetime.now(UTC) - timedelta(days=days))
        self.orchestrator.delete_all(old)
        return sum(job.job_type in ANALYSES for job in old)

    def close(self) -> None:
        """End what is under way; nothing can be started afterwards."""
        self.retention.close()
        self.verifier.close()
        self.connection_tester.close()
        self.events.close()
        self.importer.close()
        self.orchestrator.close()
        self.importer.join()
        for adapter in self.adapters:
            adapter.close()
        self._database.close()
        self.folder_lock.release()


def quota_rules(adapter: HTTPAdapter, config: Mapping[str, Any]) -> QuotaRules:
    """A default is what nobody said: the key's own limits come before it."""
    given = {
        period: config[setting]
        for period, setting in adapter.limit_settings.items()
        if setting in config["GIVEN"] and config[setting] is not None
    }
    return QuotaRules(given, adapter.documented_windows)


def load_secret_key(folder: Path) -> bytes:
    """The key that signs cookies, made at the first start. Raises StorageError."""
    path = folder / "secret_key"
    try:
        if len(key := path.read_bytes()) >= 32:
            return key
    except FileNotFoundError:
        pass
    except OSError as e:
        raise StorageError(f"The file {path} cannot be read: {e.strerror or e}.") from e
    key = secrets.token_bytes(32)
    write_private_file(path, key)
    return key
