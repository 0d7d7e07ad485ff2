from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.enrichment.analysis.lookup_states import ended
from app.enrichment.analysis.store import JobWrite
from app.enrichment.models import Analysis, Lookup, LookupState, Mode, Verdict
from app.jobs.models import ANALYSIS, Job, JobState
from app.pipeline.models import IOC, IOCType
from app.storage.database.connection import Database
from app.storage.models import JobQuery
from app.storage.reading.jobs import JobReader
from app.storage.writing.job_store import SQLJobStore
from tests.factories import make_ioc, make_result

START = datetime(2026, 11, 1, tzinfo=UTC)
VALUES = ("login.evil-updates.com", "45.137.21.9", "xn--bcher-shop-9db.de", "files.example.net")


@pytest.fixture
def reader(database: Database) -> JobReader:
    """Over four analyses, a day and an IOC each; the first is malicious, the last under way."""
    store = SQLJobStore(database)
    for n, value in enumerate(VALUES):
        kind = IOCType.IPV4 if value[0].isdigit() else IOCType.DOMAIN
        ioc = IOC(kind, value, "Bücher-Shop.de" if value.startswith("xn") else value)
        analysis = Analysis(f"job{n}", (ioc,), Mode.ONLINE, START + timedelta(days=n))
        job = Job(analysis.job_id, ANALYSIS, created_at=analysis.created_at)
        store.create(job, analysis, [Lookup(ioc, "Fake", seq=1)])
        verdict = Verdict.NO_DETECTIONS if n else Verdict.MALICIOUS
        if n < 3:
            row = ended(ioc, "Fake", make_result(ioc, verdict=verdict), 1)
            done = replace(job, state=JobState.SUCCESS)
            store.commit([JobWrite(done, changed=[(0, row)])])
    return JobReader(database)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (JobQuery(), "3210"),
        (JobQuery(state="success"), "210"),
        (JobQuery(job_type="verify_key"), ""),
        (JobQuery(text="EVIL"), "0"),
        (JobQuery(text="login[.]evil"), "0"),
        (JobQuery(text="hxxps://evil"), ""),
        (JobQuery(text="Bücher"), "2"),
        (JobQuery(text="."), "3210"),
        (JobQuery(text="%"), ""),
        (JobQuery(text="l_gin"), ""),
        (JobQuery(verdict=Verdict.NO_DETECTIONS), "21"),
        (JobQuery(verdict=Verdict.NO_DETECTIONS, text="45."), "1"),
        (JobQuery(since=START + timedelta(days=1), before=START + timedelta(days=3)), "21"),
    ],
)
def test_the_history_is_filtered(reader: JobReader, query: JobQuery, found: str) -> None:
    page = reader.page(query)
    assert "".join(summary.job.id.removeprefix("job") for summary in page.items) == found
    assert page.total == len(found)


def test_a_page_behind_the_last_still_has_the_total(reader: JobReader) -> None:
    assert len(reader.page(JobQuery(per_page=3, page=2)).items) == 1
    beyond = reader.page(JobQuery(per_page=3, page=9))
    assert (list(beyond.items), beyond.total) == ([], 4)


def test_a_summary_counts_iocs_by_verdict_and_lookups_by_state(reader: JobReader) -> None:
    first, last = reader.get("job0"), reader.get("job3")
    assert first is not None
    assert last is not None
    assert first.verdicts == {Verdict.MALICIOUS: 1}
    assert first.states == {LookupState.ANSWERED: 1}
    assert (first.total, first.done, last.total, last.done) == (1, 1, 1, 0)
    assert [ioc.value for ioc in first.first_iocs] == [VALUES[0]]


def test_running_jobs_come_before_newer_ended_ones(reader: JobReader, database: Database) -> None:
    analysis = Analysis("new", (make_ioc(),), Mode.OFFLINE, START + timedelta(days=9))
    ended_job = Job("new", ANALYSIS, state=JobState.SUCCESS, created_at=analysis.created_at)
    SQLJobStore(database).create(ended_job, analysis, [])
    reader.insert(Job("check", "verify_key"))
    assert [summary.job.id for summary in reader.recent(2)] == ["job3", "new", "job2"]
