"""Where envelopes of jobs are kept, for tests without a database."""

from __future__ import annotations

import threading

from app.enrichment.checks.check import Report
from app.jobs.models import Job


class KeptJobs:
    """In memory; tells when one ended."""

    def __init__(self) -> None:
        self.kept: dict[str, Job] = {}
        self.reports: dict[str, Report] = {}
        self.ended = threading.Event()

    def insert(self, job: Job) -> None:
        self.kept[job.id] = job

    def update(self, job: Job, report: Report | None = None) -> bool:
        if job.id not in self.kept:
            return False
        self.kept[job.id] = job
        if report is not None:
            self.reports[job.id] = report
        if job.finished_at:
            self.ended.set()
        return True

    def report(self, job_id: str) -> Report | None:
        return self.reports.get(job_id)

    def exists(self, job_id: str) -> bool:
        return job_id in self.kept

    def unfinished(self, job_type: str) -> list[Job]:
        return [job for job in self.kept.values() if not job.finished_at]
