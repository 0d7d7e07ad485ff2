"""Jobs with their counts, for the history, the start page and the list of jobs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, Table, func, select

from app.enrichment.analysis.summary import JobSummary
from app.enrichment.models import TLP, Egress, LookupState, Mode, NotAsked, Verdict
from app.jobs.models import ANALYSES, PLANNED, Job, JobState
from app.jobs.transitions import ENDED
from app.pipeline.models import IOC
from app.storage.codec import SEVERITIES, job_values, read_ioc, read_job
from app.storage.database.connection import Database
from app.storage.models import JobQuery, Page
from app.storage.reading.search_text import contains
from app.storage.tables import analyses, documents, egress, iocs, jobs, lookups

FIRST_IOCS = 3
FIRST_DOCUMENTS = 5
NEWEST_FIRST = (jobs.c.created_at.desc(), jobs.c.key.desc())
OPEN = [state.value for state in JobState if state not in ENDED]
UNDER_WAY = [JobState.QUEUED.value, JobState.RUNNING.value]


class JobReader:
    """Every method raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, query: JobQuery) -> Page[JobSummary]:
        """Return a page of the matching jobs, newest first."""
        wanted = _matching(query)
        with self._database.reading() as connection:
            # The window function counts in the pass that finds the rows: a search for a part of
            # a value reads every IOC, and a second query for the total would do so again.
            count = func.count().over().label("of_all")
            found = _select().add_columns(count).where(*wanted).order_by(*NEWEST_FIRST)
            skipped = (query.page - 1) * query.per_page
            rows = connection.execute(found.limit(query.per_page).offset(skipped)).all()
            if rows or query.page == 1:
                total = rows[0].of_all if rows else 0
            else:  # a page beyond the last has no row to carry the total
                total = connection.scalar(select(func.count()).select_from(jobs).where(*wanted))
            summaries = _summaries(connection, rows)
        return Page(summaries, query.page, query.per_page, total)

    def recent(self, limit: int) -> list[JobSummary]:
        """Return every analysis that has not ended, then the newest that have, at most `limit`."""
        found = _select().where(analyses.c.mode.is_not(None)).order_by(*NEWEST_FIRST)
        is_open = jobs.c.state.in_(OPEN)
        with self._database.reading() as connection:
            under_way = connection.execute(found.where(is_open)).all()
            ended = connection.execute(found.where(~is_open).limit(limit)).all()
            return _summaries(connection, [*under_way, *ended])

    def get(self, job_id: str) -> JobSummary | None:
        """Return one job of any type; None if there is no such job."""
        with self._database.reading() as connection:
            rows = connection.execute(_select().where(jobs.c.id == job_id)).all()
            return next(iter(_summaries(connection, rows)), None)

    def older_than(self, moment: datetime) -> list[Job]:
        """Return the jobs of every type that were created before `moment` and are not running."""
        # A plan that waits for the analyst is queued too, but nothing works on it: an old one
        # is deleted like a job that has ended.
        is_idle = ~jobs.c.state.in_(UNDER_WAY) | (jobs.c.phase == PLANNED)
        with self._database.reading() as connection:
            found = select(jobs).where(jobs.c.created_at < moment, is_idle).order_by(jobs.c.key)
            return [read_job(row) for row in connection.execute(found)]

    def exists(self, job_id: str) -> bool:
        with self._database.reading() as connection:
            return connection.scalar(select(jobs.c.key).where(jobs.c.id == job_id)) is not None

    def unfinished(self, job_type: str) -> list[Job]:
        """Return the queued and running jobs of a type, oldest first."""
        is_ours = (jobs.c.job_type == job_type) & jobs.c.state.in_(UNDER_WAY)
        with self._database.reading() as connection:
            found = select(jobs).where(is_ours).order_by(jobs.c.key)
            return [read_job(row) for row in connection.execute(found)]

    def insert(self, job: Job) -> None:
        """Store a new job that is no analysis, such as a connection test."""
        with self._database.writing() as connection:
            connection.execute(jobs.insert().values(job_values(job) | {"last_seq": 0}))

    def update(self, job: Job, report: Mapping[str, Any] | None = None) -> bool:
        """Store the change of a job that is no analysis. Returns False if it was deleted.

        `report`: its findings as JSON; None leaves the stored report as it is.
        """
        values = job_values(job) | ({} if report is None else {"report": dict(report)})
        with self._database.writing() as connection:
            changed = connection.execute(jobs.update().where(jobs.c.id == job.id).values(values))
            return bool(changed.rowcount)

    def report(self, job_id: str) -> Mapping[str, Any] | None:
        """Return the report of a check; None if it has reported nothing."""
        with self._database.reading() as connection:
            found: Mapping[str, Any] | None = connection.scalar(
                select(jobs.c.report).where(jobs.c.id == job_id)
            )
            return found

    def egress(self, job_id: str) -> tuple[Egress, ...]:
        """Return the calls of the job, by host; empty if it made none."""
        found = select(egress).join(jobs).where(jobs.c.id == job_id).order_by(egress.c.host)
        with self._database.reading() as connection:
            return tuple(
                Egress(row.host, row.calls, row.bytes_sent, row.bytes_received)
                for row in connection.execute(found)
            )

    def count_sent(self, job_id: str) -> int:
        """Count the IOCs of the job that were sent to at least one provider."""
        positions = func.count(lookups.c.position.distinct())
        was_sent = (jobs.c.id == job_id) & (lookups.c.attempts > 0)
        sent = select(positions).join_from(lookups, jobs, lookups.c.job_key == jobs.c.key)
        with self._database.reading() as connection:
            return connection.scalar(sent.where(was_sent)) or 0

    def delete(self, job_id: str) -> None:
        """Delete a check; analyses are deleted by the orchestrator."""
        with self._database.writing() as connection:
            connection.execute(jobs.delete().where(jobs.c.id == job_id))
        self._database.scrub()


def _select() -> Select[Any]:
    return select(jobs, analyses.c.mode, analyses.c.tlp).outerjoin(analyses)


def _matching(query: JobQuery) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if query.state is not None:
        wanted.append(jobs.c.state == query.state)
    if query.job_type is not None:
        wanted.append(jobs.c.job_type == query.job_type)
    if query.target is not None:
        wanted.append(jobs.c.target == query.target)
    if query.is_analysis:
        wanted.append(jobs.c.job_type.in_(ANALYSES))
    if query.since is not None:
        wanted.append(jobs.c.created_at >= query.since)
    if query.before is not None:
        wanted.append(jobs.c.created_at < query.before)
    if query.verdict is not None:
        severity = SEVERITIES.index(query.verdict)
        wanted.append(jobs.c.key.in_(select(iocs.c.job_key).where(iocs.c.severity == severity)))
    if query.text:
        wanted.append(jobs.c.key.in_(select(iocs.c.job_key).where(contains(query.text))))
    return wanted


def _summaries(connection: Connection, rows: Sequence[Any]) -> list[JobSummary]:
    """Return the jobs of these rows with their counts.

    One query for each table counts for all jobs: a page of the history shows 50 of them.
    """
    keys = [row.key for row in rows]
    verdicts: dict[int, Counter[Verdict | None]] = defaultdict(Counter)
    for key, severity, count in connection.execute(_counts(keys, iocs, iocs.c.severity)):
        verdicts[key][SEVERITIES[severity]] += count
    states: dict[int, Counter[LookupState]] = defaultdict(Counter)
    cancelled: Counter[int] = Counter()
    for key, state, code, count in connection.execute(
        _counts(keys, lookups, lookups.c.state, lookups.c.reason_code)
    ):
        states[key][LookupState(state)] += count
        if code == NotAsked.CANCELLED:
            cancelled[key] += count
    done_at = dict(_last_turns(connection, keys))
    first_iocs = _first_iocs(connection, keys)
    names = _documents(connection, keys)
    return [
        JobSummary(
            job=read_job(row),
            mode=Mode(row.mode) if row.mode else None,
            tlp=TLP(row.tlp) if row.tlp else None,
            first_iocs=first_iocs[row.key],
            documents=names[row.key],
            verdicts=verdicts[row.key],
            states=states[row.key],
            cancelled=cancelled[row.key],
            may_look_up=_may_look_up(row, verdicts[row.key].total()),
            done_at=done_at.get(row.key),
        )
        for row in rows
    ]


def _may_look_up(row: Any, count: int) -> bool:
    return count > 0 and not (row.tlp is not None and TLP(row.tlp).stays_here)


def _counts(keys: Sequence[int], table: Table, *columns: Column[Any]) -> Select[Any]:
    grouped = (table.c.job_key, *columns)
    return select(*grouped, func.count()).where(table.c.job_key.in_(keys)).group_by(*grouped)


def _last_turns(connection: Connection, keys: Sequence[int]) -> Iterable[tuple[int, datetime]]:
    """Yield for each job with waiting lookups the time of the last one, UTC."""
    waiting = (lookups.c.state == LookupState.PENDING.value) & lookups.c.not_before.is_not(None)
    for row in connection.execute(
        select(lookups.c.job_key, func.max(lookups.c.not_before))
        .where(lookups.c.job_key.in_(keys), waiting)
        .group_by(lookups.c.job_key)
    ):
        yield row[0], row[1]


def _first_iocs(connection: Connection, keys: Sequence[int]) -> dict[int, list[IOC]]:
    found: dict[int, list[IOC]] = defaultdict(list)
    for row in connection.execute(
        select(iocs)
        .where(iocs.c.job_key.in_(keys), iocs.c.position < FIRST_IOCS)
        .order_by(iocs.c.position)
    ):
        found[row.job_key].append(read_ioc(row))
    return found


def _documents(connection: Connection, keys: Sequence[int]) -> dict[int, list[str | None]]:
    found: dict[int, list[str | None]] = defaultdict(list)
    for key, name in connection.execute(
        select(documents.c.job_key, documents.c.name)
        .where(
            documents.c.job_key.in_(keys),
            documents.c.position < FIRST_DOCUMENTS,
            documents.c.parent.is_(None),
        )
        .order_by(documents.c.job_key, documents.c.position)
    ):
        found[key].append(name)
    return found
