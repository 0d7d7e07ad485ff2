"""The jobs and their lookups in the database, which is the queue and the truth.

A change is committed here first, with its `seq`; memory is refreshed from what was committed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace

from sqlalchemy import Connection, bindparam, insert, select, update

from app.documents.models import Source
from app.enrichment.analysis.store import JobWrite, StoredJob
from app.enrichment.models import TLP, Analysis, Lookup, LookupState, Mode
from app.jobs.models import ANALYSES, CANCELLING, PLANNED, Job, JobState
from app.pipeline.models import IOC, Evidence
from app.storage.codec import (
    WORST_STORED,
    Values,
    ioc_values,
    job_values,
    lookup_values,
    read_evidence,
    read_ioc,
    read_job,
    read_lookup,
    sighting_values,
)
from app.storage.database.connection import Database
from app.storage.database.upsert import or_add
from app.storage.tables import (
    NO_PROVIDER,
    analyses,
    egress,
    iocs,
    jobs,
    lookups,
    sightings,
)
from app.storage.writing import answers, documents

# The parameters of these conditions must not be called like columns: SQLAlchemy reserves the
# names of columns for the values that an UPDATE sets.
THIS_LOOKUP = (
    (lookups.c.job_key == bindparam("of_job"))
    & (lookups.c.position == bindparam("at"))
    & (lookups.c.provider == bindparam("asked"))
)
THIS_IOC = (iocs.c.job_key == bindparam("of_job")) & (iocs.c.position == bindparam("at"))
ANALYSIS_COLUMNS = (
    analyses.c.mode,
    analyses.c.tlp,
    analyses.c.shows_plan,
    analyses.c.providers,
    analyses.c.tlp_said,
)
WORST_OF_IOC = (
    select(WORST_STORED)
    .where(lookups.c.job_key == bindparam("of_job"), lookups.c.position == bindparam("at"))
    .scalar_subquery()
)


class SQLJobStore:
    """The `JobStore` of the orchestrator, in the database. Every method raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self,
        job: Job,
        analysis: Analysis,
        lookups: Sequence[Lookup],
        sources: Sequence[Source] = (),
    ) -> None:
        with self._database.writing() as connection:
            values = job_values(job) | {"last_seq": len(lookups)}
            key = connection.execute(insert(jobs).values(values).returning(jobs.c.key)).scalar_one()
            said = {
                "mode": analysis.mode.value,
                "tlp": analysis.tlp.value if analysis.tlp else None,
                "shows_plan": analysis.shows_plan,
                "providers": analysis.providers,
                "tlp_said": analysis.tlp_said.value if analysis.tlp_said else None,
            }
            connection.execute(insert(analyses).values(job_key=key, **said))
            documents.add_unread(connection, key, sources)
            placed = {ioc: position for position, ioc in enumerate(analysis.iocs)}
            rows = [(placed[row.ioc], row) for row in lookups]
            _insert_iocs(connection, key, [(at, ioc) for ioc, at in placed.items()])
            seen = [
                sighting_values(key, placed[ioc], evidence)
                for ioc, evidence in analysis.evidence.items()
            ]
            if seen:
                connection.execute(insert(sightings), seen)
            _insert_lookups(connection, key, rows, first=1)
            _judge(connection, key, rows)

    def commit(self, writes: Sequence[JobWrite]) -> list[int]:
        with self._database.writing() as connection:
            firsts = [self._write(connection, write) for write in writes]
        # Only after the commit: SQLite empties its log outside of transactions alone.
        if any(write.is_deleted for write in writes):
            self._database.scrub()
        return firsts

    def load(self, job_id: str) -> StoredJob | None:
        with self._database.reading() as connection:
            row = connection.execute(
                select(jobs, *ANALYSIS_COLUMNS).join(analyses).where(jobs.c.id == job_id)
            ).first()
            if row is None:
                return None
            placed = _read_iocs(connection, row.key)
            return StoredJob(
                job=read_job(row),
                analysis=Analysis(
                    job_id=job_id,
                    iocs=tuple(placed.values()),
                    mode=Mode(row.mode),
                    created_at=row.created_at,
                    evidence=_read_sightings(connection, row.key, placed),
                    tlp=TLP(row.tlp) if row.tlp else None,
                    shows_plan=bool(row.shows_plan),
                    tlp_said=TLP(row.tlp_said) if row.tlp_said else None,
                    providers=None if row.providers is None else tuple(row.providers),
                    hashes=documents.read_hashes(connection, row.key),
                ),
                lookups=_read_lookups(connection, row.key, placed),
                last_seq=row.last_seq,
                outcomes=documents.read_outcomes(connection, row.key),
                unread=documents.read_unread(connection, row.key),
            )

    def unfinished(self) -> list[str]:
        states = [JobState.QUEUED.value, JobState.RUNNING.value]
        # A planned analysis waits for the analyst's choice. An analysis that was being
        # cancelled is taken up to be ended: the calls it waited for ended with the server.
        is_begun = jobs.c.phase.is_distinct_from(PLANNED)
        is_under_way = (jobs.c.state.in_(states) & is_begun) | (jobs.c.phase == CANCELLING)
        ours = jobs.c.job_type.in_(ANALYSES) & is_under_way
        with self._database.reading() as connection:
            return list(connection.scalars(select(jobs.c.id).where(ours).order_by(jobs.c.key)))

    def _write(self, connection: Connection, write: JobWrite) -> int:
        """Write the changes of one job; return the `seq` of its first lookup."""
        if write.is_deleted:
            answers.delete_unshared(connection, write.job.id)
            connection.execute(jobs.delete().where(jobs.c.id == write.job.id))
            return 0
        key, last_seq = connection.execute(
            select(jobs.c.key, jobs.c.last_seq).where(jobs.c.id == write.job.id)
        ).one()
        values = job_values(write.job) | {"last_seq": last_seq + write.count}
        connection.execute(update(jobs).where(jobs.c.key == key).values(values))
        if write.mode is not None:
            mode = {"mode": write.mode.value}
            connection.execute(update(analyses).where(analyses.c.job_key == key).values(mode))
        _insert_iocs(connection, key, write.iocs)
        _insert_lookups(connection, key, write.added, first=last_seq + 1)
        if write.claims:
            sent = [
                {"of_job": key, "at": c.position, "asked": c.provider, "sent": c.attempts}
                for c in write.claims
            ]
            raised = update(lookups).where(THIS_LOOKUP).values(attempts=bindparam("sent"))
            connection.execute(raised, sent)
        _update_lookups(connection, key, write.changed, first=last_seq + 1 + len(write.added))
        # A lookup that is being refreshed has its last answer, which was judged when it came.
        ended = [(at, row) for at, row in write.changed if row.state is not LookupState.PENDING]
        _judge(connection, key, [*write.added, *ended])
        # A refresh that was given up shows its last answer. It may have been deleted
        # with its API key meanwhile, and must not come back (tests/routes/test_accounts.py).
        new = [
            (at, row) for at, row in write.changed if (at, row.provider) not in write.unrefreshed
        ]
        answers.store(connection, key, [row for _, row in new if _is_answered(row)])
        documents.store_read(connection, key, write.documents)
        if write.unread_reason:
            documents.fail_unread(connection, key, write.unread_reason)
        if write.egress:
            columns = ("calls", "bytes_sent", "bytes_received")
            connection.execute(
                or_add(connection.dialect.name, egress, columns),
                [{"job_key": key} | asdict(part) for part in write.egress],
            )
        return int(last_seq) + 1


def _is_answered(row: Lookup) -> bool:
    """Return whether the row brings a new answer; a refresh keeps its last one."""
    return row.state is not LookupState.PENDING and row.error is None and row.result is not None


def _insert_iocs(connection: Connection, key: int, placed: Sequence[tuple[int, IOC]]) -> None:
    """Insert IOCs by position; `_judge` sets the severity of those with an answer."""
    if placed:
        connection.execute(insert(iocs), [ioc_values(key, at, ioc) for at, ioc in placed])


def _insert_lookups(
    connection: Connection, key: int, rows: Sequence[tuple[int, Lookup]], first: int
) -> None:
    if rows:
        values = [
            lookup_values(row)
            | {
                "job_key": key,
                "position": at,
                "provider": row.provider or NO_PROVIDER,
                "attempts": row.attempts,
                "seq": seq,
            }
            for seq, (at, row) in enumerate(rows, start=first)
        ]
        connection.execute(insert(lookups), values)
        answers.add_uses(connection, key, [row for _, row in rows])


def _update_lookups(
    connection: Connection, key: int, rows: Sequence[tuple[int, Lookup]], first: int
) -> None:
    if rows:
        values: list[Values] = [
            lookup_values(row)
            | {"of_job": key, "at": at, "asked": row.provider or NO_PROVIDER, "seq": seq}
            for seq, (at, row) in enumerate(rows, start=first)
        ]
        connection.execute(update(lookups).where(THIS_LOOKUP), values)


def _judge(connection: Connection, key: int, rows: Iterable[tuple[int, Lookup]]) -> None:
    """Set the severity of the IOCs to which these lookups, just written, bring an answer.

    The only place that computes a severity, whichever way an answer comes: by a call, from the
    cache at once, or from the cache when the documents of an import are read.
    """
    # Only an answer changes a severity. Without this filter, the cancellation of thousands of
    # lookups would read the verdicts of thousands of IOCs again.
    judged = dict.fromkeys(at for at, row in rows if row.result)
    if judged:
        connection.execute(
            update(iocs).where(THIS_IOC).values(severity=WORST_OF_IOC),
            [{"of_job": key, "at": at} for at in judged],
        )


def _read_iocs(connection: Connection, key: int) -> dict[int, IOC]:
    rows = connection.execute(select(iocs).where(iocs.c.job_key == key).order_by(iocs.c.position))
    return {row.position: read_ioc(row) for row in rows}


def _read_sightings(
    connection: Connection, key: int, placed: dict[int, IOC]
) -> dict[IOC, Evidence]:
    """Return the evidence from the first document, with the count over all documents."""
    rows = connection.execute(
        select(sightings)
        .where(sightings.c.job_key == key)
        .order_by(sightings.c.position, sightings.c.document)
    )
    found: dict[IOC, Evidence] = {}
    for row in rows:
        evidence = read_evidence(row, placed[row.position])
        if (first := found.get(evidence.ioc)) is not None:
            evidence = replace(first, count=first.count + evidence.count)
        found[evidence.ioc] = evidence
    return found


def _read_lookups(connection: Connection, key: int, placed: dict[int, IOC]) -> list[Lookup]:
    rows = connection.execute(
        select(lookups).where(lookups.c.job_key == key).order_by(lookups.c.seq)
    )
    return [read_lookup(row, placed[row.position]) for row in rows]
