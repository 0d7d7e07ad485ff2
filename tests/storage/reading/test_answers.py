"""Kept answers: whose they are, under which names they are found, and when they go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from app.enrichment.analysis.lookup_states import ended
from app.enrichment.analysis.store import JobWrite
from app.enrichment.models import (
    Analysis,
    EnrichmentResult,
    Lookup,
    LookupState,
    Mode,
    Verdict,
    utcnow,
)
from app.enrichment.quota.models import Account
from app.jobs.models import ANALYSIS, Job, JobState
from app.pipeline.models import IOC, IOCType
from app.storage.database.connection import Database
from app.storage.quota.sql_ledger import SQLQuotaLedger
from app.storage.reading.answers import AnswerReader
from app.storage.tables import answer_names, answer_uses, answers
from app.storage.writing.job_store import SQLJobStore
from tests.factories import make_error, make_ioc, make_iocs, make_result

MINE, OTHERS = Account("Fake", "a1"), Account("Fake", "b2")
MD5 = IOC(IOCType.MD5, "d" * 32)
SHA1 = IOC(IOCType.SHA1, "e" * 40)
SHA256 = IOC(IOCType.SHA256, "f" * 64)


@pytest.fixture
def store(database: Database) -> SQLJobStore:
    return SQLJobStore(database)


@pytest.fixture
def reader(database: Database) -> AnswerReader:
    return AnswerReader(database)


def answer(ioc: IOC, account: Account = MINE, **fields: Any) -> EnrichmentResult:
    fields.setdefault("fresh_until", utcnow() + timedelta(hours=24))
    return make_result(ioc, account.provider, account=account.digest, **fields)


def analyse(store: SQLJobStore, job_id: str, results: Sequence[EnrichmentResult]) -> Job:
    """An analysis that asks for each of them, and is answered so."""
    job = Job(job_id, ANALYSIS, state=JobState.RUNNING)
    iocs = tuple(result.ioc for result in results)
    rows = [Lookup(r.ioc, r.provider, seq=n) for n, r in enumerate(results, start=1)]
    store.create(job, Analysis(job_id, iocs, Mode.ONLINE), rows)
    changed = [(n, ended(r.ioc, r.provider, r, 1)) for n, r in enumerate(results)]
    store.commit([JobWrite(job, changed=changed)])
    return job


def show(store: SQLJobStore, job_id: str, results: Sequence[EnrichmentResult]) -> Job:
    """Make an analysis that asks no provider: the answers are known."""
    job = Job(job_id, ANALYSIS, state=JobState.SUCCESS)
    rows = [ended(result.ioc, "Fake", result, 0) for result in results]
    store.create(job, Analysis(job_id, tuple(row.ioc for row in rows), Mode.ONLINE), rows)
    return job


def delete(store: SQLJobStore, job: Job) -> None:
    store.commit([JobWrite(job, is_deleted=True)])


def rows_of(database: Database) -> tuple[int | None, ...]:
    with database.reading() as connection:
        tables = (answers, answer_names, answer_uses)
        return tuple(connection.scalar(select(func.count()).select_from(t)) for t in tables)


def test_an_answer_is_found_as_it_was_stored(store: SQLJobStore, reader: AnswerReader) -> None:
    ioc, other = make_iocs(2)
    result = answer(ioc, verdict=Verdict.MALICIOUS, detection_count=3, total_engines=94)
    analyse(store, "job", [result])
    assert reader.find([MINE], [ioc, other]) == {(ioc, "Fake"): result}


def test_a_stale_answer_and_a_not_found_are_found_too(
    store: SQLJobStore, reader: AnswerReader
) -> None:
    ioc = make_ioc()
    past = utcnow() - timedelta(hours=1)
    analyse(store, "job", [answer(ioc, verdict=Verdict.NOT_FOUND, fresh_until=past)])
    assert reader.find([MINE], [ioc])[ioc, "Fake"].is_stale


def test_two_keys_never_see_each_others_answers(store: SQLJobStore, reader: AnswerReader) -> None:
    ioc = make_ioc()
    analyse(store, "job", [answer(ioc, MINE)])
    assert reader.find([OTHERS], [ioc]) == {}
    theirs = answer(ioc, OTHERS, verdict=Verdict.MALICIOUS)
    analyse(store, "other", [theirs])
    assert reader.find([OTHERS], [ioc]) == {(ioc, "Fake"): theirs}
    assert reader.find([MINE], [ioc])[ioc, "Fake"].account == MINE.digest


def test_an_answer_without_fresh_until_is_not_stored(
    store: SQLJobStore, database: Database
) -> None:
    analyse(store, "job", [answer(make_ioc(), fresh_until=None)])
    assert rows_of(database) == (0, 0, 0)


def test_an_error_is_not_stored_and_removes_no_answer(
    store: SQLJobStore, reader: AnswerReader
) -> None:
    ioc = make_ioc()
    result = answer(ioc)
    job = analyse(store, "job", [result])
    failed = replace(ended(ioc, "Fake", result, 2), error=make_error(ioc))
    store.commit([JobWrite(job, changed=[(0, failed)])])
    assert reader.find([MINE], [ioc]) == {(ioc, "Fake"): result}


def test_all_hashes_of_a_file_are_names_of_its_answer(
    store: SQLJobStore, reader: AnswerReader, database: Database
) -> None:
    result = answer(SHA256, aliases=(MD5, SHA1))
    analyse(store, "job", [result])
    found = reader.find([MINE], [MD5, SHA1, SHA256])
    assert found[SHA256, "Fake"] == result
    assert found[MD5, "Fake"] == replace(result, ioc=MD5, aliases=(SHA256, SHA1))
    assert found[SHA1, "Fake"] == replace(result, ioc=SHA1, aliases=(SHA256, MD5))
    assert rows_of(database) == (1, 3, 1)


def test_hashes_of_one_file_that_end_together_share_one_answer(
    store: SQLJobStore, database: Database
) -> None:
    result = answer(SHA256, aliases=(MD5, SHA1))
    rows = [result, replace(result, ioc=MD5, aliases=(SHA256, SHA1))]
    analyse(store, "job", rows)
    assert rows_of(database) == (1, 3, 1)


def test_a_newer_answer_replaces_the_older_one_for_every_job_that_shows_it(
    store: SQLJobStore, reader: AnswerReader, database: Database
) -> None:
    ioc = make_ioc()
    first = answer(ioc, fetched_at=utcnow() - timedelta(days=2))
    old_job = analyse(store, "old", [first])
    later = answer(ioc, verdict=Verdict.MALICIOUS)
    new_job = analyse(store, "new", [later])
    assert reader.find([MINE], [ioc]) == {(ioc, "Fake"): later}
    assert rows_of(database) == (1, 1, 2)
    delete(store, new_job)
    assert reader.find([MINE], [ioc]) == {(ioc, "Fake"): later}
    delete(store, old_job)
    assert rows_of(database) == (0, 0, 0)


def test_an_older_answer_does_not_replace_a_newer_one(
    store: SQLJobStore, reader: AnswerReader
) -> None:
    ioc = make_ioc()
    later = answer(ioc, verdict=Verdict.MALICIOUS)
    analyse(store, "new", [later])
    analyse(store, "old", [answer(ioc, fetched_at=utcnow() - timedelta(days=2))])
    assert reader.find([MINE], [ioc]) == {(ioc, "Fake"): later}


def test_a_hash_that_is_not_found_any_more_keeps_the_answer_of_the_other_hashes(
    store: SQLJobStore, reader: AnswerReader
) -> None:
    whole = answer(SHA256, aliases=(MD5,), fetched_at=utcnow() - timedelta(days=2))
    analyse(store, "job", [whole])
    analyse(store, "other", [answer(MD5, verdict=Verdict.NOT_FOUND)])
    found = reader.find([MINE], [MD5, SHA256])
    assert found[MD5, "Fake"].verdict is Verdict.NOT_FOUND
    assert found[SHA256, "Fake"] == whole


def test_two_answers_become_one_when_they_turn_out_to_be_of_one_file(
    store: SQLJobStore, database: Database
) -> None:
    before = utcnow() - timedelta(days=2)
    first = analyse(store, "first", [answer(MD5, fetched_at=before)])
    second = analyse(store, "second", [answer(SHA1, fetched_at=before)])
    both = analyse(store, "both", [answer(SHA256, aliases=(MD5, SHA1))])
    assert rows_of(database) == (1, 3, 3)
    for job in (both, first, second):
        assert rows_of(database)[0] == 1
        delete(store, job)
    assert rows_of(database) == (0, 0, 0)


def test_deleting_an_analysis_deletes_the_answers_that_no_other_shows(
    store: SQLJobStore, reader: AnswerReader, folder: Path
) -> None:
    mine, shared = (make_ioc(name, IOCType.DOMAIN) for name in ("only-mine.example", "b.example"))
    results = [answer(mine, link="https://only-mine.example"), answer(shared)]
    job = analyse(store, "job", results)
    show(store, "other", results[1:])
    delete(store, job)
    assert set(reader.find([MINE], [mine, shared])) == {(shared, "Fake")}
    assert b"only-mine" not in b"".join(path.read_bytes() for path in folder.iterdir())


def test_jobs_that_are_deleted_together_leave_no_answer(
    store: SQLJobStore, database: Database
) -> None:
    results = [answer(ioc) for ioc in make_iocs(3)]
    jobs = [analyse(store, "first", results), show(store, "second", results)]
    store.commit([JobWrite(job, is_deleted=True) for job in jobs])
    assert rows_of(database) == (0, 0, 0)


def test_a_lookup_that_is_asked_again_keeps_its_answer(
    store: SQLJobStore, reader: AnswerReader, database: Database
) -> None:
    ioc = make_ioc()
    result = answer(ioc)
    job = analyse(store, "job", [result])
    waiting = Lookup(ioc, "Fake", result=result, retry_at=utcnow())
    store.commit([JobWrite(job, changed=[(0, waiting)])])
    assert reader.find([MINE], [ioc]) == {(ioc, "Fake"): result}
    stored = store.load("job")
    assert stored is not None
    assert stored.lookups == [replace(waiting, seq=3)]
    assert stored.lookups[0].state is LookupState.PENDING


def test_forgetting_a_provider_deletes_its_answers(
    store: SQLJobStore, reader: AnswerReader, database: Database
) -> None:
    ioc = make_ioc()
    kept = make_result(ioc, "Other", fresh_until=utcnow())
    for n, result in enumerate([answer(ioc, MINE), answer(ioc, OTHERS), kept]):
        analyse(store, f"job{n}", [result])
    SQLQuotaLedger(database, {}).forget("Fake")
    assert reader.find([MINE, OTHERS], [ioc]) == {}
    assert set(reader.find([Account("Other")], [ioc])) == {(ioc, "Other")}


def test_more_answers_are_found_than_one_statement_can_name(
    store: SQLJobStore, reader: AnswerReader
) -> None:
    iocs = make_iocs(1200)
    show(store, "unknown", [answer(ioc) for ioc in iocs[:2]])
    analyse(store, "job", [answer(ioc) for ioc in iocs[1:]])
    assert {ioc for ioc, _ in reader.find([MINE], iocs)} == set(iocs[1:])
    seen = reader.times_seen(iocs)
    assert (seen[iocs[0]], seen[iocs[1]], seen[iocs[2]]) == (1, 2, 1)
    assert make_ioc("192.0.2.1") not in reader.times_seen([make_ioc("192.0.2.1")])
