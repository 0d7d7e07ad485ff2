from __future__ import annotations

import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations_with_replacement
from pathlib import Path

import pytest
from sqlalchemy import text

from app.enrichment.analysis.lookup_states import answered, ended
from app.enrichment.analysis.store import Claim, JobWrite
from app.enrichment.models import (
    TLP,
    Analysis,
    Detail,
    Egress,
    ErrorKind,
    Lookup,
    LookupState,
    Mode,
    PastAnswer,
    Score,
    Verdict,
)
from app.jobs.models import ANALYSIS, PLANNED, Job, JobState
from app.pipeline import extract
from app.pipeline.models import IOC, IOCType
from app.storage.codec import SEVERITIES
from app.storage.database.connection import Database
from app.storage.preferences import PreferenceStore
from app.storage.reading.jobs import JobReader
from app.storage.writing.job_store import SQLJobStore
from app.triage.models import Preferences
from tests.factories import make_error, make_ioc, make_iocs, make_result

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
PASTED = "Beacon to hxxps://login[.]evil-updates[.]com/a?id=7 and 45[.]137[.]21[.]9, a secret word"

PAIRS = tuple(combinations_with_replacement((None, *Verdict), 2))


@pytest.fixture
def store(database: Database) -> SQLJobStore:
    return SQLJobStore(database)


def make_analysis(job_id: str = "job") -> Analysis:
    found = extract(PASTED).found
    evidence = {item.ioc: item for item in found}
    return Analysis(job_id, tuple(evidence), Mode.ONLINE, evidence=evidence)


def keep(store: SQLJobStore, analysis: Analysis, state: JobState = JobState.RUNNING) -> Job:
    job = Job(analysis.job_id, ANALYSIS, state=state, created_at=analysis.created_at)
    rows = [Lookup(ioc, "Fake", seq=n) for n, ioc in enumerate(analysis.iocs, start=1)]
    store.create(job, analysis, rows)
    return job


def test_an_analysis_is_loaded_as_it_was_stored(store: SQLJobStore) -> None:
    analysis = make_analysis()
    job = keep(store, analysis)
    stored = store.load("job")
    assert stored is not None
    assert (stored.job, stored.analysis, stored.last_seq) == (job, analysis, len(analysis.iocs))
    assert stored.analysis.evidence == analysis.evidence
    assert [ioc.raw_match for ioc in stored.analysis.iocs] == [i.raw_match for i in analysis.iocs]
    assert stored.lookups == [
        Lookup(ioc, "Fake", seq=n) for n, ioc in enumerate(analysis.iocs, start=1)
    ]


def test_lookups_of_every_state_are_loaded_as_they_were_stored(store: SQLJobStore) -> None:
    iocs = make_iocs(5)
    job = keep(store, Analysis("job", tuple(iocs), Mode.ONLINE))
    result = make_result(
        iocs[0],
        verdict=Verdict.MALICIOUS,
        detection_count=17,
        total_engines=80,
        scan_date="2026-10-02T08:00:00Z",
        raw_stats={"malicious": 17},
        details=(Detail("AS", "AS64500"), Detail("Tags", "a, b")),
        link="https://www.virustotal.com/gui/x",
    )
    soon = datetime(2026, 11, 21, 12, 4, 31, tzinfo=UTC)
    rows = [
        ended(iocs[0], "Fake", result, 2),
        ended(iocs[1], "Fake", make_result(iocs[1], verdict=None), 1),
        ended(iocs[2], "Fake", make_result(iocs[2], verdict=Verdict.NOT_FOUND), 1),
        ended(iocs[3], "Fake", make_error(iocs[3], ErrorKind.TIMEOUT, retry_after=2.5), 1),
        Lookup(iocs[4], "Fake", retry_at=soon),
    ]
    claims = [Claim(n, "Fake", row.attempts) for n, row in enumerate(rows)]
    (first,) = store.commit([JobWrite(job, changed=list(enumerate(rows)), claims=claims)])
    stored = store.load("job")
    assert stored is not None
    assert first == 6
    assert stored.lookups == [replace(row, seq=n) for n, row in enumerate(rows, start=first)]
    assert stored.last_seq == 10


def test_every_field_of_an_answer_is_loaded_as_it_was_stored(store: SQLJobStore) -> None:
    *iocs, other = make_iocs(4)
    day = timedelta(days=1)
    result = make_result(
        iocs[0],
        account="a1",
        aliases=(IOC(IOCType.MD5, "d" * 32),),
        fresh_until=START + day,
        previous=PastAnswer(Verdict.SUSPICIOUS, 3, 94, START - day),
        score=Score(87, 100, "confidence"),
        details=(Detail("Reports", "3", "reports"),),
    )
    informing = PastAnswer(None, None, None, START - day)
    rows = [
        Lookup(iocs[0], "Fake", result=result, rank=7, retry_at=START),
        replace(
            ended(iocs[1], "Fake", replace(result, ioc=iocs[1]), 2),
            error=make_error(iocs[1]),
        ),
        answered(
            Lookup(iocs[2], "Fake", attempts=1), replace(result, ioc=iocs[2], previous=informing)
        ),
    ]
    analysis = Analysis(
        "job", tuple(iocs), Mode.ONLINE, tlp=TLP.AMBER_STRICT, providers=("fake", "other")
    )
    job = Job("job", ANALYSIS, created_at=analysis.created_at)
    store.create(job, analysis, [replace(row, seq=n) for n, row in enumerate(rows, start=1)])
    write = JobWrite(job, iocs=[(3, other)], added=[(3, ended(other, "Fake", result, 0))])
    store.commit([write, JobWrite(job, changed=[(1, rows[1])])])
    stored = store.load("job")
    assert stored is not None
    assert (stored.analysis.tlp, stored.analysis.iocs) == (TLP.AMBER_STRICT, (*iocs, other))
    assert stored.analysis.providers == ("fake", "other")
    by_ioc = {row.ioc: replace(row, seq=0) for row in stored.lookups}
    added = ended(other, "Fake", replace(result, ioc=other), 0)
    assert by_ioc == {row.ioc: row for row in (*rows, added)}


def severities(database: Database) -> list[int]:
    with database.reading() as connection:
        return list(connection.scalars(text("SELECT severity FROM iocs ORDER BY position")))


def test_the_severity_of_an_ioc_follows_its_last_answers(
    store: SQLJobStore, database: Database
) -> None:
    """Also where it got better, and while it is asked again; a failure changes nothing."""
    (ioc,) = make_iocs(1)
    rows = [Lookup(ioc, name) for name in ("One", "Two")]
    store.create(job := Job("job", ANALYSIS), Analysis("job", (ioc,), Mode.ONLINE), rows)
    said = []
    for verdict in (Verdict.MALICIOUS, Verdict.NO_DETECTIONS, None, Verdict.SUSPICIOUS):
        row = ended(ioc, "One", make_result(ioc, "One", verdict=verdict), 1)
        store.commit([JobWrite(job, changed=[(0, row)])])
        said.append(severities(database))
        asked = Lookup(ioc, "One", result=row.result)
        failed = replace(row, error=make_error(ioc))
        for later in (asked, failed):
            store.commit([JobWrite(job, changed=[(0, later)])])
            assert severities(database) == said[-1]
    assert said == [[5], [3], [0], [4]]
    two = ended(ioc, "Two", make_result(ioc, "Two", verdict=Verdict.MALICIOUS), 1)
    store.commit([JobWrite(job, changed=[(0, two)])])
    assert severities(database) == [5]


def test_cached_answers_set_the_severity_when_the_analysis_is_stored(
    store: SQLJobStore, database: Database
) -> None:
    iocs = make_iocs(3)
    known = [
        ended(ioc, "Fake", make_result(ioc, verdict=verdict), 0)
        for ioc, verdict in zip(iocs, (Verdict.MALICIOUS, None, Verdict.NOT_FOUND), strict=True)
    ]
    store.create(Job("job", ANALYSIS), Analysis("job", tuple(iocs[:2]), Mode.ONLINE), known[:2])
    write = JobWrite(Job("job", ANALYSIS), iocs=[(2, iocs[2])], added=[(2, known[2])])
    store.commit([write])
    assert severities(database) == [5, 0, 1]


@pytest.mark.parametrize("verdicts", PAIRS)
def test_the_severity_is_the_same_whether_answers_come_with_the_analysis_or_later(
    store: SQLJobStore, database: Database, verdicts: tuple[Verdict | None, ...]
) -> None:
    """The first is computed from the lookups, the second by the database."""
    (ioc,) = make_iocs(1)
    rows = [
        ended(ioc, name, make_result(ioc, name, verdict=verdict), 1)
        for name, verdict in zip(("One", "Two"), verdicts, strict=True)
    ]
    store.create(Job("cached", ANALYSIS), Analysis("cached", (ioc,), Mode.ONLINE), rows)
    later = Job("later", ANALYSIS)
    pending = [Lookup(ioc, name) for name in ("One", "Two")]
    store.create(later, Analysis("later", (ioc,), Mode.ONLINE), pending)
    for row in rows:
        store.commit([JobWrite(later, changed=[(0, row)])])
    first, second = severities(database)
    assert first == second == max(SEVERITIES.index(verdict) for verdict in verdicts)


def test_seq_numbers_continue_from_commit_to_commit(store: SQLJobStore) -> None:
    (ioc,) = make_iocs(1)
    job = keep(store, Analysis("job", (ioc,), Mode.ONLINE))
    for turn in range(2, 6):
        row = Lookup(ioc, "Fake", retry_at=datetime(2026, 1, turn, tzinfo=UTC))
        assert store.commit([JobWrite(job, changed=[(0, row)])]) == [turn]


def test_an_ioc_that_is_added_later_gets_the_last_position(store: SQLJobStore) -> None:
    job = keep(store, make_analysis())
    new = make_ioc("9.9.9.9")
    position = len(make_analysis().iocs)
    write = JobWrite(job, iocs=[(position, new)], added=[(position, Lookup(new, "Fake"))])
    (first,) = store.commit([write])
    stored = store.load("job")
    assert stored is not None
    assert stored.analysis.iocs[-1] == new
    assert stored.lookups[-1] == Lookup(new, "Fake", seq=first)


def test_a_commit_writes_all_its_jobs_or_none(store: SQLJobStore) -> None:
    job = keep(store, make_analysis())
    ghost = Job("unknown", ANALYSIS)
    with pytest.raises(Exception, match="row"):
        store.commit([JobWrite(replace(job, message="new")), JobWrite(ghost)])
    stored = store.load("job")
    assert stored is not None
    assert stored.job.message is None


def test_unfinished_jobs_are_listed_oldest_first(store: SQLJobStore) -> None:
    for n, state in enumerate(JobState):
        keep(store, Analysis(f"job{n}", tuple(make_iocs(1)), Mode.ONLINE), state)
    assert store.unfinished() == ["job0", "job1"]


def test_a_planned_job_is_not_unfinished_and_can_be_too_old_to_keep(
    store: SQLJobStore, database: Database
) -> None:
    iocs = tuple(make_iocs(1))
    for job_id, phase in (("planned", PLANNED), ("queued", None), ("other", "elsewhere")):
        job = Job(job_id, ANALYSIS, phase=phase, created_at=START)
        store.create(job, Analysis(job_id, iocs, Mode.ONLINE), [Lookup(iocs[0], "Fake")])
    assert store.unfinished() == ["queued", "other"]
    old = JobReader(database).older_than(START + timedelta(days=1))
    assert [job.id for job in old] == ["planned"]


def test_calls_and_bytes_of_a_host_are_added_up(store: SQLJobStore, database: Database) -> None:
    iocs = make_iocs(3)
    for name in ("job", "other"):
        rows = [Lookup(ioc, provider) for ioc in iocs for provider in ("One", "Two")]
        job = Job(name, ANALYSIS)
        store.create(job, Analysis(name, tuple(iocs), Mode.ONLINE), rows)
        sent = [Egress("one.example", 2, 300, 4000), Egress("two.example", 1, 90, 80)]
        claims = [Claim(0, "One", 1), Claim(0, "Two", 1)]
        store.commit([JobWrite(job, egress=sent, claims=claims)])
        store.commit([JobWrite(job, egress=sent[:1], claims=[Claim(2, "One", 2)])])
    reader = JobReader(database)
    assert reader.egress("job") == (
        Egress("one.example", 4, 600, 8000),
        Egress("two.example", 1, 90, 80),
    )
    assert (reader.count_sent("job"), reader.count_sent("unknown")) == (2, 0)
    store.commit([JobWrite(Job("job", ANALYSIS), is_deleted=True)])
    assert reader.egress("job") == ()
    assert len(reader.egress("other")) == 2


def test_a_claim_stores_the_attempt_before_the_answer(
    store: SQLJobStore, database: Database
) -> None:
    (ioc,) = make_iocs(1)
    job = keep(store, Analysis("job", (ioc,), Mode.ONLINE))

    def attempts() -> list[int]:
        with database.reading() as connection:
            return list(connection.scalars(text("SELECT attempts FROM lookups")))

    assert attempts() == [0]
    store.commit([JobWrite(job, claims=[Claim(0, "Fake", 3)])])
    assert attempts() == [3]
    store.commit([JobWrite(job, changed=[(0, ended(ioc, "Fake", make_result(ioc), 3))])])
    assert attempts() == [3]


def test_only_the_owner_can_read_the_files_of_the_database(
    store: SQLJobStore, folder: Path
) -> None:
    keep(store, make_analysis())
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {f"telltale.db{suffix}": 0o600 for suffix in ("", "-wal", "-shm")}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_pasted_text_is_not_stored(store: SQLJobStore, folder: Path) -> None:
    keep(store, make_analysis())
    kept = b"".join(path.read_bytes() for path in folder.iterdir())
    assert b"evil-updates" in kept
    assert b"secret word" not in kept


def test_a_deleted_job_leaves_no_byte_in_the_files(store: SQLJobStore, folder: Path) -> None:
    job = keep(store, make_analysis())
    other = Analysis("other", (make_ioc("files.example.net", IOCType.DOMAIN),), Mode.ONLINE)
    keep(store, other)
    store.commit([JobWrite(job, is_deleted=True)])
    assert store.load("job") is None
    assert store.load("other") is not None
    kept = b"".join(path.read_bytes() for path in folder.iterdir())
    assert b"files.example.net" in kept
    assert b"evil-updates" not in kept


def test_a_check_is_stored_without_an_analysis(database: Database) -> None:
    reader = JobReader(database)
    job = Job("check", "verify_key", target="VirusTotal", progress_percent=10)
    reader.insert(job)
    done = replace(job, state=JobState.SUCCESS, finished_at=job.created_at + timedelta(seconds=2))
    assert reader.update(done)
    summary = reader.get("check")
    assert summary is not None
    assert (summary.job, summary.mode, summary.total) == (done, None, 0)
    assert LookupState.PENDING not in summary.states
    assert reader.report("check") is None
    assert reader.update(done, {"steps": [{"name": "DNS", "ok": True}]})
    assert reader.update(replace(done, message="It works."))
    assert reader.report("check") == {"steps": [{"name": "DNS", "ok": True}]}
    reader.delete("check")
    assert not reader.update(done)
    assert reader.get("check") is None
    assert reader.report("check") is None


def test_preferences_are_stored(database: Database) -> None:
    store = PreferenceStore(database)
    assert store.get() == Preferences()
    wanted = Preferences(
        ("example.com",), ("10.0.0.0/8", "2001:db8::/32"), False, True, ("filename",)
    )
    store.set(wanted)
    store.set(wanted := replace(wanted, own_domains=("example.com", "example.net")))
    assert PreferenceStore(database).get() == wanted
