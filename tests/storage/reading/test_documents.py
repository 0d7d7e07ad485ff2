from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from app.documents.models import FileReport, Found, Place, ReadDocument, Source, State
from app.enrichment.analysis import commands
from app.enrichment.models import Analysis, Mode
from app.enrichment.orchestrator import EnrichmentOrchestrator
from app.jobs.models import JobState
from app.pipeline.models import IOC, Evidence, IOCType
from app.storage.database.connection import Database
from app.storage.reading.documents import DocumentReader
from app.storage.writing.job_store import SQLJobStore
from tests.fakes.adapters import FakeAdapter

SHARED = IOC(IOCType.DOMAIN, "shared.evil-rows.com")


@pytest.fixture
def jobs(database: Database) -> EnrichmentOrchestrator:
    orchestrator = EnrichmentOrchestrator(FakeAdapter(), store=SQLJobStore(database))
    sources = [Source(Path(f"/x/{n}"), f"{n}.eml", False) for n in range(3)]
    orchestrator.begin(Analysis("job", (), Mode.OFFLINE), sources=sources)
    orchestrator.submit("job", commands.start_reading)
    return orchestrator


def report(name: str, part: str = "", state: State = State.OK, reason: str = "") -> FileReport:
    digest = name.encode().hex().ljust(64, "0")
    return FileReport(name, part, 7, digest[:32], digest[:40], digest, "text", state, reason)


def document(
    position: int, *iocs: IOC, count: int = 1, state: State = State.OK, inner: int = 0
) -> ReadDocument:
    name = f"{position}.eml"
    files = [report(name, state=state, reason="" if state is State.OK else "Cut.")]
    files += [report(f"inner{n}", f"attachment inner{n}") for n in range(inner)]
    found = [
        Found(Evidence(ioc, count, 1, 0, 1, False, "domain"), (Place(name, "body", position + 1),))
        for ioc in iocs
    ]
    return ReadDocument(position, tuple(files), tuple(found))


def read(jobs: EnrichmentOrchestrator, one: ReadDocument) -> None:
    jobs.submit("job", lambda draft: commands.take_document(draft, one))


def test_a_document_that_is_read_twice_counts_once(
    jobs: EnrichmentOrchestrator, database: Database
) -> None:
    for _ in range(2):
        read(jobs, document(0, SHARED, count=3, inner=2))
    job = jobs.changes("job")
    assert job is not None
    assert (job.job.message, job.job.progress_percent) == ("1 of 3 files", 33)
    assert job.analysis.evidence[SHARED].count == 3
    with database.reading() as connection:
        counts = [
            connection.scalar(text(f"SELECT count(*) FROM {name}"))  # noqa: S608  # ours
            for name in ("sightings", "places", "documents")
        ]
    assert counts == [1, 1, 5]


def test_documents_in_memory_equal_the_tables(
    jobs: EnrichmentOrchestrator, database: Database
) -> None:
    read(jobs, document(0, SHARED, count=3))
    read(jobs, document(2, SHARED, IOC(IOCType.IPV4, "8.8.4.4"), count=2, state=State.PARTIAL))
    known = jobs.changes("job")
    stored = SQLJobStore(database).load("job")
    assert known is not None
    assert stored is not None
    assert stored.analysis == known.analysis
    assert stored.analysis.evidence[SHARED].count == 5
    assert stored.outcomes == {State.OK: 1, State.PARTIAL: 1}
    assert stored.unread == {1}
    unread = DocumentReader(database).unread("job", -1, 10)
    assert [(at, source.name, source.path) for at, source in unread] == [(1, "1.eml", Path("/x/1"))]


def test_reading_ends_only_when_every_document_has_an_outcome(
    jobs: EnrichmentOrchestrator,
) -> None:
    read(jobs, document(0))
    jobs.submit("job", lambda draft: commands.end_reading(draft, ()))
    assert jobs.changes("job").job.phase == "reading"  # type: ignore[union-attr]
    for position in (1, 2):
        read(jobs, document(position, state=State.FAILED))
    jobs.submit("job", lambda draft: commands.end_reading(draft, ()))
    job = jobs.changes("job")
    assert job is not None
    assert (job.state, job.job.phase) == (JobState.SUCCESS, None)
    assert job.job.message == "2 of 3 files could not be read."


def test_an_internal_failure_ends_the_job_with_a_reason_for_each_document(
    jobs: EnrichmentOrchestrator, database: Database
) -> None:
    read(jobs, document(0))
    jobs.submit("job", lambda draft: commands.fail_reading(draft, "It broke."))
    job = jobs.changes("job")
    assert job is not None
    assert (job.state, job.complete) == (JobState.ERROR, True)
    page = DocumentReader(database).page("job", 1, 50)
    assert page is not None
    assert [(one.state, one.reason) for one in page.items] == [
        ("ok", None),
        ("failed", "It broke."),
        ("failed", "It broke."),
    ]


def test_deleting_an_import_deletes_its_documents_and_places(
    jobs: EnrichmentOrchestrator, database: Database
) -> None:
    read(jobs, document(0, SHARED, inner=1))
    jobs.delete("job")
    with database.reading() as connection:
        for name in ("documents", "sightings", "places", "iocs"):
            count = text(f"SELECT count(*) FROM {name}")  # noqa: S608  # ours
            assert connection.scalar(count) == 0


def test_places_name_their_documents_in_order(
    jobs: EnrichmentOrchestrator, database: Database
) -> None:
    for position in range(3):
        read(jobs, document(position, SHARED))
    reader = DocumentReader(database)
    assert reader.places("job") == {SHARED: [Place(f"{n}.eml", "body", n + 1) for n in range(3)]}
    (shared,) = reader.shared_iocs("job")
    assert (shared.ioc, list(shared.documents)) == (SHARED, ["0.eml", "1.eml", "2.eml"])
