"""The services: the long-lived objects of one app, built once, with the methods that views call."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from app.enrichment.adapters import adapter_classes
from app.enrichment.adapters.base import HTTPAdapter
from app.enrichment.adapters.registry import Registry, build_adapters, quota_rules
from app.enrichment.checks.connection_check import STEP_S, ConnectionTester
from app.enrichment.checks.key_check import KeyVerifier
from app.enrichment.checks.stored_keys import StoredKeys
from app.enrichment.checks.verifications import VerificationStore
from app.enrichment.config_store import ConfigStore
from app.enrichment.dispatch.circuit_breaker import CircuitBreaker
from app.enrichment.orchestrator import EnrichmentOrchestrator
from app.enrichment.quota.windows import LONGEST_CALL_S
from app.enrichment.timing import Timing
from app.errors import StorageError
from app.intake.importer import Importer
from app.intake.roots import ImportRoots
from app.intake.staging import Staging
from app.jobs.events import JobEvents
from app.jobs.retention import Retention
from app.private_files import FolderLock, make_private_folder, write_private_file
from app.services.analyses import Analyses
from app.services.imports import Imports
from app.services.jobs import Jobs
from app.services.providers import Providers
from app.storage.database.connection import Database, look_at_database, open_database
from app.storage.preferences import PreferenceStore
from app.storage.quota.sql_ledger import SQLQuotaLedger
from app.storage.reading.answers import AnswerReader
from app.storage.reading.documents import DocumentReader
from app.storage.reading.iocs import IOCReader
from app.storage.reading.jobs import JobReader
from app.storage.writing.job_store import SQLJobStore
from app.triage.plan import Planner


class Services:
    """All services of one app. It only builds, resumes and closes them; views call its parts."""

    def __init__(
        self,
        keys: ConfigStore,
        adapters: Iterable[HTTPAdapter],
        database: Database,
        folder_lock: FolderLock,
        config: Mapping[str, Any],
    ) -> None:
        folder: Path = config["DATA_DIR"]
        self.database = database
        self.folder_lock = folder_lock
        self.preferences = PreferenceStore(database)
        self.events = JobEvents(config["MAX_STREAMS"])
        registry = Registry(adapters, self.preferences.switches)
        self.registry = registry
        ledger = SQLQuotaLedger(
            database,
            {adapter.name: quota_rules(adapter, config) for adapter in registry},
            longest_call_s=max(LONGEST_CALL_S, config["LOOKUP_DEADLINE_S"]),
        )
        self.orchestrator = EnrichmentOrchestrator(
            tuple(registry),
            max_workers=config["MAX_WORKERS"],
            max_jobs=config["MAX_JOBS"],
            ledger=ledger,
            breakers={adapter.name: CircuitBreaker() for adapter in registry},
            store=SQLJobStore(database),
            on_change=self._changed,
            timing=config.get("TIMING", Timing()),
        )
        planner = Planner(
            registry,
            AnswerReader(database),
            ledger,
            self.orchestrator.waiting,
            registry.asked,
        )
        self.job_rows = reader = JobReader(database)
        self.documents = DocumentReader(database)
        staging = Staging(folder / "uploads")
        self.importer = Importer(
            self.orchestrator,
            self.documents,
            staging,
            lambda analysis: self.analyses.plan_read(analysis),
            lambda: self.preferences.get().types_on_request,
        )
        self.analyses = Analyses(
            self.orchestrator, planner, self.preferences, self.importer, registry
        )
        self.imports = Imports(
            self.importer, staging, ImportRoots(config["IMPORT_ROOTS"], closed=[folder])
        )
        self.jobs = Jobs(
            self.orchestrator, reader, IOCReader(database), self.documents, self.analyses
        )
        verifications = VerificationStore(folder / "verified.json")
        stored = StoredKeys(registry, keys, verifications, self.orchestrator.key_changed)
        self.key_checks = KeyVerifier(registry, reader, stored, self.events.changed, ledger)
        self.connection_tests = ConnectionTester(
            registry,
            reader,
            self.events.changed,
            step_s=min(STEP_S, config["LOOKUP_DEADLINE_S"]),
        )
        self.providers = Providers(
            registry,
            keys,
            self.preferences,
            ledger,
            self.orchestrator,
            reader,
            verifications,
            stored,
            self.key_checks,
            self.connection_tests,
        )
        self.retention = Retention(config["RETENTION_DAYS"], self.jobs.delete_older)

    @classmethod
    def build(
        cls,
        config: Mapping[str, Any],
        classes: Iterable[type[HTTPAdapter]] | None = None,
    ) -> Services:
        """Build all services; starts no thread. Raises StorageError.

        The data directory is locked before the database is opened: a server of another version
        that works on it keeps its tables as they are.

        `classes`: the providers, where they are not those of the list.
        """
        classes = tuple(adapter_classes() if classes is None else classes)
        folder, url = config["DATA_DIR"], config["DATABASE_URL"]
        look_at_database(url, folder)
        make_private_folder(folder)
        variables = {adapter.declaration.variable: adapter.declaration for adapter in classes}
        keys = ConfigStore(
            folder / "keys.json",
            {
                variable: config[f"{declaration.key_prefix}_API_KEY"]
                for variable, declaration in variables.items()
                if declaration.key is not None
            },
        )
        adapters = build_adapters(classes, keys, config)
        lock = FolderLock(folder)
        is_alone = lock.acquire()
        try:
            database = open_database(url, folder, may_migrate=is_alone)
            return cls(keys, adapters, database, lock, config)
        except BaseException:
            lock.release()
            raise

    def resume_unfinished(self) -> bool:
        """Resume the jobs that a crash left, unless another server works on the data directory.

        Servers call this; commands of the same installation do not. Returns whether this process
        holds the data directory. Raises StorageError.
        """
        if self.folder_lock.is_held:
            self.orchestrator.resume_unfinished()
            self.importer.resume_unfinished()
            self.key_checks.resume_unfinished()
            self.connection_tests.resume_unfinished()
            self.retention.start()
        return self.folder_lock.is_held

    def close(self) -> None:
        """Stop all work and close the database; nothing can be started afterwards."""
        self.retention.close()
        self.key_checks.close()
        self.connection_tests.close()
        self.events.close()
        # The importer's threads may wait for the orchestrator's writer, so it is joined last.
        self.importer.close()
        self.orchestrator.close()
        self.importer.join()
        for adapter in self.registry:
            adapter.close()
        self.database.close()
        self.folder_lock.release()

    def _changed(self, job_id: str) -> None:
        self.events.changed(job_id)
        self.importer.changed(job_id)


def load_secret_key(folder: Path) -> bytes:
    """Return the key that signs cookies, made at the first start. Raises StorageError."""
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
