"""Reads the documents of imports, and reports to their jobs what was found."""

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
from app.pipeline.models import IOCType

log = logging.getLogger(__name__)

AT_ONCE = 2
"""How many imports are read at once; each has a reader for every processor."""
MOST_OPEN = 20
"""How many imports may wait or be read; uploads that wait take room on the disk."""
FEW = 1_000
UNWRITTEN = 8
"""How many documents with fewer IOCs than FEW may wait to be committed while others are read."""
PAGE = 500
"""How many documents are looked up in the database at once."""
RETRY_S = 1.0
"""The pause after an error of the database, before the import is read on."""
FAILED = "Telltale failed while it read the files; the log says how."


class UnreadDocuments(Protocol):
    """The documents that the database has as unread. Every method raises StorageError.

    `storage` implements this: the intake is below it.
    """

    def imports(self) -> list[str]:
        """Return the jobs with unread documents, paused ones too; the oldest is first."""

    def unread(self, job_id: str, after: int, limit: int) -> list[tuple[int, Source]]:
        """Return unread documents with their positions, which are above `after`."""


class Importer:
    """Follows committed job changes: it stops reading an import that is paused, cancelled or
    deleted, and continues one that is resumed.

    One watcher thread starts and stops the reading; each import is read in a thread of its own,
    by sandboxed processes.
    """

    # The watcher reads the state of a job only after the commit that changed it. So a server that
    # is killed at any moment finds the same state in the database, and reads on from there.

    def __init__(
        self,
        jobs: EnrichmentOrchestrator,
        documents: UnreadDocuments,
        staging: Staging,
        plan: Callable[[Analysis], tuple[Sequence[Lookup], bool]],
        also: Callable[[], frozenset[IOCType]] = frozenset,
        limits: Limits | None = None,
    ) -> None:
        """`plan` returns the lookups of an analysis, and True if the analyst reviews them first.

        `also` returns the types to look for among those that are off by default.
        """
        self._jobs = jobs
        self._documents = documents
        self._staging = staging
        self._plan = plan
        self._also = also
        self._limits = limits
        self._lock = threading.Lock()
        self._open: set[str] = set()
        self._reading: dict[str, Readers] = {}
        self._changed_jobs: SimpleQueue[str | None] = SimpleQueue()
        self._watcher: threading.Thread | None = None
        self._threads = ThreadPoolExecutor(AT_ONCE, "import")
        self._closed = threading.Event()

    def check_room(self) -> None:
        """Raise TooManyImportsError if no further import may wait."""
        with self._lock:
            if len(self._open) >= MOST_OPEN:
                raise TooManyImportsError(
                    f"{MOST_OPEN} imports wait to be read: send this one when some are done, or "
                    "cancel those that are not wanted."
                )

    def follow(self, job_id: str) -> None:
        """Read the documents of a job that was just stored. Does not wait."""
        self._follow([job_id])

    def resume_unfinished(self) -> None:
        """Continue the imports that a previous run of the server left. Raises StorageError."""
        unfinished = self._documents.imports()
        self._staging.remove_others(unfinished)
        self._follow(unfinished)

    def changed(self, job_id: str) -> None:
        """Note that a job changed. Called after each commit, from any thread; does not wait."""
        with self._lock:
            if job_id in self._open:
                self._changed_jobs.put(job_id)

    def close(self) -> None:
        """Cancel all reading; documents that were not committed are read again next time.

        Does not wait: threads of imports may wait for commits until the orchestrator is closed.
        """
        self._closed.set()
        with self._lock:
            reading = list(self._reading.values())
        for readers in reading:
            readers.cancel()
        self._changed_jobs.put(None)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def join(self) -> None:
        """Wait for all threads; call it after `close` here and of the orchestrator."""
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
            self._changed_jobs.put(job_id)

    def _watch(self) -> None:
        while (job_id := self._changed_jobs.get()) is not None:
            try:
                self._update(job_id)
            except StorageError as e:
                log.error("%s", e)
            except Exception:
                log.exception("the import %s cannot be started or stopped", job_id)

    def _update(self, job_id: str) -> None:
        """Start or cancel the reading of an import, by the committed state of its job."""
        summary = self._jobs.summary(job_id)
        is_open = summary is not None and summary.job.phase == READING
        is_wanted = is_open and summary is not None and summary.job.state is not JobState.PAUSED
        with self._lock:
            readers = self._reading.get(job_id)
            if is_wanted and readers is None and not self._closed.is_set():
                self._reading[job_id] = Readers(limits=self._limits, also=self._also())
                self._threads.submit(self._read, job_id, self._reading[job_id])
            if not is_open and readers is None:
                self._open.discard(job_id)
        if not is_wanted and readers is not None:
            readers.cancel()
        if not is_open and readers is None:
            self._staging.remove(job_id)

    def _read(self, job_id: str, readers: Readers) -> None:
        """Read the documents of one import; runs in a thread of its own."""
        try:
            with readers:
                self._jobs.submit(job_id, commands.start_reading)
                self._read_all(job_id, readers)
        except ConfigStoreError as e:
            # The documents are read; without keys no lookup can be planned.
            sentence = str(e)
            self._jobs.submit(job_id, lambda changes: commands.fail_reading(changes, sentence))
        except StorageError as e:
            log.error("%s", e)
            self._closed.wait(RETRY_S)
        except Exception:
            log.exception("the documents of %s cannot be read", job_id)
            self._jobs.submit(job_id, lambda changes: commands.fail_reading(changes, FAILED))
        finally:
            with self._lock:
                del self._reading[job_id]
            # The job may have been resumed while this thread was ending.
            self._changed_jobs.put(job_id)

    def _read_all(self, job_id: str, readers: Readers) -> None:
        positions: deque[int] = deque()
        for result in readers.read(self._sources(job_id, positions)):
            with result:
                document = read_document(positions.popleft(), result)
            # Small documents are committed several at a time; a large one is waited for, so that
            # the memory stays bounded.
            unwritten = UNWRITTEN if len(document.found) < FEW else 0
            command = partial(commands.take_document, document=document)
            self._jobs.submit(job_id, command, unwritten)
        self._jobs.submit(job_id, _change_nothing)
        job = self._jobs.changes(job_id, since=0)
        if job is not None and not readers.is_cancelled:
            lookups, is_planned = self._plan(job.analysis)
            self._jobs.submit(
                job_id, lambda changes: commands.end_reading(changes, lookups, is_planned)
            )

    def _sources(self, job_id: str, positions: deque[int]) -> Iterator[Source]:
        """Yield the unread documents; their positions are appended to `positions`."""
        last = -1
        while found := self._documents.unread(job_id, last, PAGE):
            for position, source in found:
                positions.append(position)
                yield source
            last = found[-1][0]


def _change_nothing(changes: ChangeSet) -> None:
    """Do nothing: commands run in their order, so this one waits for those before it."""
