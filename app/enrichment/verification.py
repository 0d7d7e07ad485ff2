"""Asks a provider about the stored key, as a job; keeps what it said beside the key."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from app.enrichment.adapters.base import HTTPAdapter
from app.enrichment.models import KeyCheck, Quota
from app.errors import ConfigStoreError, StorageError
from app.files import write_private_file
from app.jobs.models import VERIFY_KEY, Job, JobState
from app.jobs.transitions import Step, take

log = logging.getLogger(__name__)

FAILED = "Telltale failed while it verified the key; the log says how."


@dataclass(frozen=True, slots=True)
class Verification:
    at: datetime
    quotas: tuple[Quota, ...]
    """As they were then."""


class VerificationStore:
    """The last time that a key was verified. Says nothing of any other key.

    Holds a digest of the key, not the key. Writing raises StorageError.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, key: str) -> Verification | None:
        """None also where the file is damaged: the key can be verified again."""
        try:
            kept = json.loads(self._path.read_bytes())
            if kept["key"] != _digest(key):
                return None
            quotas = tuple(Quota(**quota) for quota in kept["quotas"])
            return Verification(datetime.fromisoformat(kept["at"]), quotas)
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def set(self, key: str, verification: Verification) -> None:
        kept = {
            "key": _digest(key),
            "at": verification.at.isoformat(),
            "quotas": [asdict(quota) for quota in verification.quotas],
        }
        write_private_file(self._path, json.dumps(kept, indent=2).encode() + b"\n")

    def clear(self) -> None:
        try:
            self._path.unlink(missing_ok=True)
        except OSError as e:
            raise StorageError(f"The file {self._path} cannot be deleted: {e.strerror}.") from e


def _digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()


class JobKeeper(Protocol):
    """Where envelopes of jobs are kept; every method raises StorageError."""

    def save(self, job: Job) -> None: ...

    def holds(self, job_id: str) -> bool: ...

    def unfinished(self, job_type: str) -> list[Job]: ...


class KeyVerifier:
    """Each check runs in a thread of its own, and is at an end when its job is saved so."""

    def __init__(
        self,
        adapters: Iterable[HTTPAdapter],
        jobs: JobKeeper,
        store: VerificationStore,
        on_change: Callable[[str], object],
    ) -> None:
        """`on_change` is told the id of a job that changed, from any thread."""
        self._adapters = {adapter.name: adapter for adapter in adapters}
        self._jobs = jobs
        self._store = store
        self._on_change = on_change
        self._lock = threading.Lock()
        self._under_way: dict[str, Job] = {}
        self._closed = False
        # It writes addresses into its log, and the one of the quotas holds the key.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)

    def start(self, provider: str, anew: bool = False) -> Job:
        """The job under way, if there is one, is enough, but not where the key is a new one.

        Raises StorageError.
        """
        with self._lock:
            under_way = [job for job in self._under_way.values() if job.target == provider]
            if under_way and not anew:
                return under_way[-1]
            job = Job(uuid4().hex, VERIFY_KEY, target=provider)
            self._jobs.save(job)
            self._under_way[job.id] = job
        self._run_in_thread(job)
        return job

    def go_on(self) -> None:
        """Ask again for what the end of an earlier run left in the middle. Raises StorageError."""
        for job in self._jobs.unfinished(VERIFY_KEY):
            self._run_in_thread(job)

    def close(self) -> None:
        """What is under way stays as it is, and goes on at the next start."""
        with self._lock:
            self._closed = True

    def _run_in_thread(self, job: Job) -> None:
        name = f"verify-{job.id}"
        threading.Thread(target=self._run, args=(job,), name=name, daemon=True).start()

    def _run(self, job: Job) -> None:
        try:
            if job.state is JobState.QUEUED:
                job = take(job, Step.START, "Asking for the key's quotas.")
                self._save(job)
            self._verify(job)
        except StorageError as e:  # nor could the failure be written: it is asked again next time
            log.error("The key's verification is not finished: %s", e)
        except Exception:
            log.exception("job %s failed", job.id)
            self._save(take(job, Step.FAIL, FAILED))
        finally:
            with self._lock:
                self._under_way.pop(job.id, None)

    def _verify(self, job: Job) -> None:
        if (adapter := self._adapters.get(job.target or "")) is None:
            self._save(take(job, Step.FAIL, f"Telltale asks no {job.target} any more."))
            return
        try:
            key = adapter.key()
        except ConfigStoreError as e:
            self._save(take(job, Step.FAIL, str(e)))
            return
        check = (
            adapter.check_key(key) if key else KeyCheck(error=f"No {adapter.name} key is stored.")
        )
        if key is None or check.error is not None:
            self._save(take(job, Step.FAIL, check.error))
            return
        verification = Verification(datetime.now(UTC), check.quotas)
        job = take(job, Step.SUCCEED, f"{adapter.name} accepts the key.")
        self._save(job, lambda: self._store.set(key, verification))

    def _save(self, job: Job, before: Callable[[], object] = lambda: None) -> None:
        with self._lock:
            # A job that was deleted meanwhile must not come back.
            if self._closed or not self._jobs.holds(job.id):
                return
            before()
            self._jobs.save(job)
        self._on_change(job.id)
