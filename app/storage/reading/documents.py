"""The documents of one job: the unread ones, the outcome of each, and what they share."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, Row, func, select

from app.documents.models import Document, Place, SameFiles, SharedIOC, Source, SourceDocuments
from app.jobs.models import READING
from app.pipeline.models import IOC
from app.storage.codec import read_ioc
from app.storage.database.connection import Database
from app.storage.models import Page
from app.storage.tables import QUEUED, documents, iocs, jobs, places, sightings

MOST_SHARED = 1_000
"""How many groups of equal files, and how many shared IOCs, one answer names."""
MOST_NAMES = 200
"""How many files each of them names."""
IS_OUTER = documents.c.parent.is_(None)


class DocumentReader:
    """Every method raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def imports(self) -> list[str]:
        """Return the ids of the jobs whose documents are still being read, oldest first."""
        found = select(jobs.c.id).where(jobs.c.phase == READING).order_by(jobs.c.key)
        with self._database.reading() as connection:
            return list(connection.scalars(found))

    def unread(self, job_id: str, after: int, limit: int) -> list[tuple[int, Source]]:
        """Return the next unread documents behind the position `after`, with their positions."""
        found = (
            select(documents)
            .join(jobs)
            .where(jobs.c.id == job_id, documents.c.state == QUEUED, documents.c.position > after)
            .order_by(documents.c.position)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [(row.position, _read_source(row)) for row in connection.execute(found)]

    def page(self, job_id: str, page: int, per_page: int, state: str = "") -> Page[Document] | None:
        """Return a page of documents, without the files inside them.

        None if there is no such job.
        """
        with self._database.reading() as connection:
            if (key := _key(connection, job_id)) is None:
                return None
            wanted = [documents.c.job_key == key, IS_OUTER, documents.c.state.is_not(None)]
            if state:
                wanted.append(documents.c.state == state)
            total = connection.scalar(select(func.count()).select_from(documents).where(*wanted))
            found = select(documents).where(*wanted).order_by(documents.c.position)
            skipped = (page - 1) * per_page
            rows = connection.execute(found.limit(per_page).offset(skipped)).all()
            counts = _ioc_counts(connection, key, [row.position for row in rows])
            items = [_read_document(row, counts.get(row.position, 0)) for row in rows]
        return Page(items, page, per_page, total or 0)

    def origin(self, job_id: str) -> SourceDocuments:
        """Return where the IOCs of a job come from; empty for a pasted text."""
        counts = self.counts(job_id)
        if not counts:
            return SourceDocuments()
        return SourceDocuments(sum(counts.values()), self.incomplete(job_id), self.places(job_id))

    def counts(self, job_id: str) -> dict[str, int]:
        """Count the documents by state; files inside documents do not count."""
        with self._database.reading() as connection:
            key = _key(connection, job_id)
            counted = select(documents.c.state, func.count()).where(
                documents.c.job_key == key, IS_OUTER, documents.c.state.is_not(None)
            )
            rows = connection.execute(counted.group_by(documents.c.state))
            return {state: count for state, count in rows}

    def incomplete(self, job_id: str) -> list[Document]:
        """Return the documents that were not read completely, in their order."""
        with self._database.reading() as connection:
            key = _key(connection, job_id)
            is_incomplete = documents.c.state.in_(("failed", "partial"))
            rows = connection.execute(
                select(documents)
                .where(documents.c.job_key == key, IS_OUTER, is_incomplete)
                .order_by(documents.c.position)
            ).all()
            return [_read_document(row, 0) for row in rows]

    def same_files(self, job_id: str) -> list[SameFiles]:
        """Return the names of files with the same content.

        Files inside identical documents count once.
        """
        outer = documents.alias()
        with self._database.reading() as connection:
            key = _key(connection, job_id)
            rows = connection.execute(
                select(documents, outer.c.name.label("of"), outer.c.sha256.label("around"))
                .outerjoin(
                    outer,
                    (outer.c.job_key == documents.c.job_key)
                    & (outer.c.position == documents.c.parent),
                )
                .where(
                    documents.c.job_key == key,
                    documents.c.size > 0,
                    documents.c.sha256.in_(_repeated(key)),
                )
                .order_by(documents.c.position)
            ).all()
        names: dict[str, dict[tuple[str, str], str]] = defaultdict(dict)
        for row in rows:
            inside = (row.around or "", row.part or "") if row.parent is not None else None
            name = f"{row.of} > {row.part}" if inside else row.name
            names[row.sha256].setdefault(inside or ("", str(row.position)), name)
        same = [
            SameFiles(sha256, tuple(found.values())[:MOST_NAMES])
            for sha256, found in names.items()
            if len(found) > 1
        ]
        return same[:MOST_SHARED]

    def shared_iocs(self, job_id: str) -> list[SharedIOC]:
        """Return the IOCs in several documents of different content, the most common first."""
        different = func.count(documents.c.sha256.distinct())
        with self._database.reading() as connection:
            key = _key(connection, job_id)
            shared = (
                select(sightings.c.position)
                .join(documents, _is_sighted())
                .where(sightings.c.job_key == key)
                .group_by(sightings.c.position)
                .having(different > 1)
                .order_by(different.desc(), sightings.c.position)
                .limit(MOST_SHARED)
            )
            order = list(connection.scalars(shared))
            found = connection.execute(
                select(iocs, documents.c.name.label("document"))
                .join(
                    sightings,
                    (sightings.c.job_key == iocs.c.job_key)
                    & (sightings.c.position == iocs.c.position),
                )
                .join(documents, _is_sighted())
                .where(iocs.c.job_key == key, iocs.c.position.in_(order))
                .order_by(documents.c.position)
            ).all()
        names: dict[int, list[str]] = defaultdict(list)
        read: dict[int, IOC] = {}
        for row in found:
            read[row.position] = read_ioc(row)
            names[row.position].append(row.document)
        return [SharedIOC(read[at], tuple(names[at][:MOST_NAMES])) for at in order]

    def positions(self, job_id: str, name: str) -> frozenset[int]:
        """Return the positions of the IOCs in the documents of that name."""
        found = (
            select(sightings.c.position)
            .join(documents, _is_sighted())
            .join(jobs, jobs.c.key == sightings.c.job_key)
            .where(jobs.c.id == job_id, documents.c.name == name)
        )
        with self._database.reading() as connection:
            return frozenset(connection.scalars(found))

    def first_iocs(self, job_id: str, at: Collection[int], limit: int) -> dict[int, list[IOC]]:
        """Return the first IOCs of each document at these positions."""
        number = func.row_number().over(
            partition_by=sightings.c.document, order_by=sightings.c.position
        )
        with self._database.reading() as connection:
            key = _key(connection, job_id)
            first = (
                select(sightings.c.document, sightings.c.position, number.label("number"))
                .where(sightings.c.job_key == key, sightings.c.document.in_(at))
                .subquery()
            )
            rows = connection.execute(
                select(iocs, first.c.document)
                .join(first, first.c.position == iocs.c.position)
                .where(iocs.c.job_key == key, first.c.number <= limit)
                .order_by(iocs.c.position)
            )
            found: dict[int, list[IOC]] = defaultdict(list)
            for row in rows:
                found[row.document].append(read_ioc(row))
        return found

    def places_of(self, job_id: str, wanted: Collection[IOC]) -> dict[IOC, list[Place]]:
        """Return the places of these IOCs of the job."""
        values = {ioc.value for ioc in wanted}
        with self._database.reading() as connection:
            key = _key(connection, job_id) or 0
            these = select(iocs).where(iocs.c.job_key == key, iocs.c.value.in_(values))
            placed = {row.position: read_ioc(row) for row in connection.execute(these)}
            found = read_places(connection, key, placed)
        return {placed[position]: stood for position, stood in found.items()}

    def places(self, job_id: str) -> dict[IOC, list[Place]]:
        """Return the places of every IOC of the job."""
        with self._database.reading() as connection:
            key = _key(connection, job_id) or 0
            found = read_places(connection, key)
            rows = connection.execute(select(iocs).where(iocs.c.job_key == key))
            return {read_ioc(row): found[row.position] for row in rows if row.position in found}


def read_places(
    connection: Connection, key: int, positions: Collection[int] | None = None
) -> dict[int, list[Place]]:
    """Return the places of IOCs by position; None: of all IOCs."""
    wanted: list[ColumnElement[bool]] = [places.c.job_key == key]
    if positions is not None:
        wanted.append(places.c.position.in_(positions))
    found: dict[int, list[Place]] = defaultdict(list)
    rows = connection.execute(
        select(places, documents.c.name)
        .join(
            documents,
            (documents.c.job_key == places.c.job_key) & (documents.c.position == places.c.document),
        )
        .where(*wanted)
        .order_by(places.c.position, places.c.document, places.c.number)
    )
    for row in rows:
        found[row.position].append(Place(row.name, row.part, row.line))
    return found


def _key(connection: Connection, job_id: str) -> int | None:
    return connection.scalar(select(jobs.c.key).where(jobs.c.id == job_id))


def _is_sighted() -> ColumnElement[bool]:
    return (documents.c.job_key == sightings.c.job_key) & (
        documents.c.position == sightings.c.document
    )


def _repeated(key: int | None) -> ColumnElement[str]:
    return (
        select(documents.c.sha256)
        .where(documents.c.job_key == key)
        .group_by(documents.c.sha256)
        .having(func.count() > 1)
        .scalar_subquery()
    )


def _ioc_counts(connection: Connection, key: int, positions: list[int]) -> dict[int, int]:
    counted = select(sightings.c.document, func.count()).where(
        sightings.c.job_key == key, sightings.c.document.in_(positions)
    )
    return {at: count for at, count in connection.execute(counted.group_by(sightings.c.document))}


def _read_source(row: Row[tuple[object, ...]]) -> Source:
    return Source(Path(os.fsdecode(row.path)), row.name, row.follows_links, row.reason or "")


def _read_document(row: Row[tuple[object, ...]], ioc_count: int) -> Document:
    return Document(
        position=row.position,
        name=row.name,
        size=row.size,
        md5=row.md5,
        sha1=row.sha1,
        sha256=row.sha256,
        state=row.state,
        # A queued document can carry the reason for which reading will refuse it. It is shown
        # with the outcome, not before.
        reason=None if row.state == QUEUED else row.reason,
        ioc_count=ioc_count,
    )
