"""The service of jobs of every type: find, list, control, delete."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.documents.models import Document
from app.enrichment.analysis.live_analysis import JobChanges
from app.enrichment.analysis.summary import IOCEntry, JobSummary
from app.enrichment.models import EgressReport, Lookup
from app.enrichment.orchestrator import EnrichmentOrchestrator
from app.errors import JobActionError, JobNotFoundError
from app.jobs.models import ANALYSES, Job
from app.jobs.transitions import Step
from app.services.analyses import UNKNOWN_JOB, Analyses
from app.storage.models import IOCQuery, JobQuery, Page
from app.storage.reading.documents import DocumentReader
from app.storage.reading.iocs import IOCReader
from app.storage.reading.jobs import JobReader


class Jobs:
    """Analyses and checks as jobs.

    Every method raises StorageError; those that take a job's id also JobNotFoundError.
    """

    def __init__(
        self,
        orchestrator: EnrichmentOrchestrator,
        reader: JobReader,
        iocs: IOCReader,
        documents: DocumentReader,
        analyses: Analyses,
    ) -> None:
        self._orchestrator = orchestrator
        self._reader = reader
        self._iocs = iocs
        self._documents = documents
        self._analyses = analyses

    def find(self, job_id: str) -> JobSummary:
        """Return the job with its counts; its message says what blocks it now, if anything."""
        if (job := self._reader.get(job_id)) is None:
            raise JobNotFoundError(UNKNOWN_JOB)
        return replace(job, job=self._orchestrator.with_blocker(job.job))

    def summary_from_memory(self, job_id: str) -> JobSummary:
        """Return the job without IOCs and verdicts; needs no query for an analysis in memory."""
        return self._orchestrator.summary(job_id) or self.find(job_id)

    def changes(self, job_id: str, since: int | None = None) -> JobChanges:
        """Return the analysis and the lookups that changed after `since`; None: every lookup."""
        if (job := self._orchestrator.changes(job_id, since)) is None:
            raise JobNotFoundError(UNKNOWN_JOB)
        return job

    def rows_since(self, job_id: str, since: int) -> Sequence[Lookup]:
        """Return the lookups that changed after `since`; none for a job that is gone."""
        return self._orchestrator.rows_since(job_id, since)

    def last_seq(self, job_id: str) -> int:
        """Return the cursor after the last row; 0 for a check, which has no rows."""
        job = self._orchestrator.changes(job_id, sys.maxsize)
        return job.next if job else 0

    def page(self, query: JobQuery) -> Page[JobSummary]:
        """Return one page of the jobs that match, newest first."""
        return self._reader.page(query)

    def recent(self, limit: int) -> list[JobSummary]:
        """Return every analysis that has not ended, then the newest others."""
        return self._reader.recent(limit)

    def iocs(self, job_id: str, query: IOCQuery) -> Page[IOCEntry]:
        if (found := self._iocs.page(job_id, query)) is None:
            raise JobNotFoundError(UNKNOWN_JOB)
        return found

    def group_sizes(self, job_id: str, query: IOCQuery) -> Mapping[str | None, int]:
        """Return how many IOCs each group of `query.group_by` has, over all pages."""
        return self._iocs.group_sizes(job_id, query)

    def documents(self, job_id: str, page: int, per_page: int, state: str = "") -> Page[Document]:
        if (found := self._documents.page(job_id, page, per_page, state)) is None:
            raise JobNotFoundError(UNKNOWN_JOB)
        return found

    def egress(self, job_id: str) -> EgressReport:
        """Return what the analysis sent and received."""
        hosts = self._reader.egress(job_id)
        # A connection that failed, or a missing key, sent no IOC, though the row counts as asked.
        # So there are never more IOCs than calls that sent bytes.
        calls = sum(host.calls for host in hosts if host.bytes_sent)
        return EgressReport(hosts, min(calls, self._reader.count_sent(job_id)))

    def control(
        self, job_id: str, action: str, ioc: str | None = None, provider: str | None = None
    ) -> JobSummary:
        """Take an action on a job, and store that. Raises JobActionError.

        `continue` and `look_up` also raise what `Analyses.ask_rest` and `look_up` do.
        """
        job = self.find(job_id)
        # Only analyses can be controlled: checks of keys and connections end by themselves.
        match action if job.mode is not None else "":
            case Step.PAUSE:
                self._orchestrator.pause(job_id)
            case Step.RESUME:
                self._orchestrator.resume(job_id)
            case Step.CANCEL:
                self._orchestrator.cancel(job_id)
            case Step.RETRY:
                self._orchestrator.retry(job_id, ioc, provider)
            case Step.CONTINUE:
                self._analyses.ask_rest(job_id)
            case Step.LOOK_UP:
                self._analyses.look_up(job_id)
            case _:
                raise JobActionError(action, job.job.state, job.allowed)
        return self.find(job_id)

    def delete(self, job_id: str) -> None:
        """Delete the job with everything that belongs to it."""
        if self.find(job_id).mode is None:
            self._reader.delete(job_id)
        else:
            self._orchestrator.delete(job_id)

    def delete_older(self, days: int) -> int:
        """Delete jobs that are older; queued and running ones stay. Returns how many analyses."""
        old: Sequence[Job] = self._reader.older_than(datetime.now(UTC) - timedelta(days=days))
        self._orchestrator.delete_all(old)
        return sum(job.job_type in ANALYSES for job in old)
