"""Reads the documents of imports, and takes their jobs through it."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue
from typing import Protocol

from app.documents.limits import Limits
from app.documents.models import Source
from app.documents.sandbox.pool import Readers
from app.enrichment.analysis import commands
from app.enrichment.analysis.change_set import ChangeSet
from app.enrichment.models import Analysis, Lookup
from app.enrichment.orchestrator import EnrichmentOrchestrator
from app.errors import ConfigStoreError, StorageError, TooManyImportsError
from app.intake.read_documents import read_document
from app.intake.staging import Staging
from app.jobs.models import READING, JobState

log = logging.getLogger(__name__)

AT_ONCE = 2
"""Imports; each has a reader for every processor."""
MOST_OPEN = 20
FEW = 1_000
UNWRITTEN = 8
"""Documents with few IOCs that may wait to be written while further ones are read."""
PAGE = 500
RETRY_S = 1.0
FAILED = "Telltale failed while it read the files; the log says how."


class UnreadDocuments(Protocol):
    """The documents to read, as the database has them. Every method raises StorageError."""

    def imports(self) -> list[str]:
        """The jobs that have documents to read, also those that are paused; oldest first."""

    def unread(self, job_id: str, after: int, limit: int) -> list[tuple[int, Source]]:
        """Return unread documents with their positions, which are above `after`."""


class Importer:
    """Follows committed changes of jobs: it stops reading an import that is paused, cancelled or
    deleted, and continues one that is resumed.

    One thread watches the jobs; each import is read by a thread of its own.
    """

    def __init__(
        self,
        jobs: EnrichmentOrchestrator,
        documents: UnreadDocuments,
        staging: Staging,
        plan: Callable[[Analysis], tuple[Sequence[Lookup], bool]],
        limits: Limits | None = None,
    ) -> None:
        """`plan`: what is to be asked about what was found, and whether the analyst is to see
        that before."""
        self._jobs = jobs
        self._documents = documents
        self._staging = staging
        self._plan = plan
        self._limits = limits
        self._lock = threading.Lock()
        self._open: set[str] = set()
        self._reading: dict[str, Readers] = {}
        self._news: SimpleQueue[str | None] = SimpleQueue()
        self._watcher: threading.Thread | None = None
        self._threads = ThreadPoolExecutor(AT_ONCE, "import")
        self._closed = threading.Event()

    def check_room(self) -> None:
        """Raises TooManyImportsError: what waits takes room on the disk."""
        with self._lock:
            if len(self._open) >= MOST_OPEN:
                raise TooManyImportsError(
                    f"{MOST_OPEN} imports wait to be read: send this one when some are done, or "
                    "cancel those that are not wanted."
                )

    def follow(self, job_id: str) -> None:
        """Read the documents of a job that was just stored."""
        self._follow([job_id])

    def resume_unfinished(self) -> None:
        """Read on where the last run of the server ended. Raises StorageError."""
        unfinished = self._documents.imports()
        self._staging.remove_others(unfinished)
        self._follow(unfinished)

    def changed(self, job_id: str) -> None:
        """Note that a job changed; called after each commit, from any thread. Does not wait."""
        with self._lock:
            if job_id in self._open:
                self._news.put(job_id)

    def close(self) -> None:
        """Every reader ends; what was not written is read again next time.

        Does not wait: a thread may wait for the database, until the orchestrator is closed.
        """
        self._closed.set()
        with self._lock:
            reading = list(self._reading.values())
        for readers in reading:
            readers.cancel()
        self._news.put(None)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def join(self) -> None:
        """Return when no thread uses the database any more.

        After `close`, and the orchestrator's.
        """
        self._threads.shutdown()
        if self._watcher is not None:
            self._watcher.join()

    def _follow(self, job_ids: Sequence[str]) -> None:
        with self._lock:
            if job_ids and self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, name="imports", daemon=True)
                self._watcher.start()
            self._open.update(job_ids)
        for job_id in job_ids:
            self._news.put(job_id)

    def _watch(self) -> None:
        while (job_id := self._news.get()) is not None:
            try:
                self._attend(job_id)
            except StorageError as e:
                log.error("%s", e)
            except Exception:
                log.exception("the import %s is not attended to", job_id)

    def _attend(self, job_id: str) -> None:
        summary = self._jobs.summary(job_id)
        is_open = summary is not None and summary.job.phase == READING
        is_wanted = is_open and summary is not None and summary.job.state is not JobState.PAUSED
        with self._lock:
            readers = self._reading.get(job_id)
            if is_wanted and readers is None and not self._closed.is_set():
                self._reading[job_id] = Readers(limits=self._limits)
                self._threads.submit(self._read, job_id, self._reading[job_id])
            if not is_open and readers is None:
                self._open.discard(job_id)
        if not is_wanted and readers is not None:
            readers.cancel()
        if not is_open and readers is None:
            self._staging.remove(job_id)

    # In the thread of one import.

    def _read(self, job_id: str, readers: Readers) -> None:
        try:
            with readers:
                self._jobs.submit(job_id, commands.start_reading)
                self._read_all(job_id, readers)
        except ConfigStoreError as e:  # what was found is there, and cannot be asked about
            sentence = str(e)
            self._jobs.submit(job_id, lambda draft: commands.fail_reading(draft, sentence))
        except StorageError as e:
            log.error("%s", e)
            self._closed.wait(RETRY_S)
        except Exception:
            log.exception("the documents of %s cannot be read", job_id)
            self._jobs.submit(job_id, lambda draft: commands.fail_reading(draft, FAILED))
        finally:
            with self._lock:
                del self._reading[job_id]
            self._news.put(job_id)  # it may have been resumed meanwhile

    def _read_all(self, job_id: str, readers: Readers) -> None:
        positions: deque[int] = deque()
        for result in readers.read(self._sources(job_id, positions)):
            with result:
                document = read_document(positions.popleft(), result)
            unwritten = UNWRITTEN if len(document.found) < FEW else 0
            plan = partial(commands.take_document, document=document)
            self._jobs.submit(job_id, plan, unwritten)
        self._jobs.submit(job_id, _wait)
        changes = self._jobs.changes(job_id, since=0)
        if changes is not None and not readers.is_cancelled:
            lookups, is_planned = self._plan(changes.analysis)
            self._jobs.submit(
                job_id, lambda draft: commands.end_reading(draft, lookups, is_planned)
            )

    def _sources(self, job_id: str, positions: deque[int]) -> Iterator[Source]:
        last = -1
        while found := self._documents.unread(job_id, last, PAGE):
            for position, source in found:
                positions.append(position)
                yield source
            last = found[-1][0]


def _wait(draft: ChangeSet) -> None:
    """Change nothing: waiting for this command waits for those before it."""
