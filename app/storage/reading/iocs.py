"""The IOCs of one job, filtered, sorted and grouped, one page at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from app.documents.models import Place
from app.enrichment.analysis.summary import IOCEntry
from app.enrichment.models import Lookup
from app.pipeline.models import IOC
from app.storage.codec import SEVERITIES, read_ioc, read_lookup
from app.storage.database.connection import Database
from app.storage.models import IOCQuery, Page
from app.storage.reading.documents import read_places
from app.storage.reading.search_text import contains
from app.storage.tables import documents, iocs, jobs, lookups, sightings

FIRST_DOCUMENT = (
    select(documents.c.name)
    .join(
        sightings,
        (sightings.c.job_key == documents.c.job_key)
        & (sightings.c.document == documents.c.position),
    )
    .where(sightings.c.job_key == iocs.c.job_key, sightings.c.position == iocs.c.position)
    .order_by(sightings.c.document)
    .limit(1)
    .scalar_subquery()
)

SORT_COLUMNS: Mapping[str, ColumnElement[Any]] = {
    "first_seen": iocs.c.position,
    "type": iocs.c.type,
    "value": iocs.c.value,
    "verdict": iocs.c.severity,
}
GROUP_COLUMNS: Mapping[str, ColumnElement[Any]] = {
    "type": iocs.c.type,
    "verdict": iocs.c.severity,
    "document": FIRST_DOCUMENT,
}


class IOCReader:
    """Every method raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, job_id: str, query: IOCQuery) -> Page[IOCEntry] | None:
        """Return one page of the matching IOCs; None if there is no such job."""
        with self._database.reading() as connection:
            key = connection.scalar(select(jobs.c.key).where(jobs.c.id == job_id))
            if key is None:
                return None
            wanted = _matching(key, query)
            total = connection.scalar(select(func.count()).select_from(iocs).where(*wanted))
            found = connection.execute(_ordered(wanted, query)).all()
            rows = _lookups(connection, key, {row.position: read_ioc(row) for row in found})
            stood = read_places(connection, key, [row.position for row in found])
            entries = [_entry(row, rows[row.position], query, stood) for row in found]
        return Page(entries, query.page, query.per_page, total or 0)

    def group_sizes(self, job_id: str, query: IOCQuery) -> dict[str | None, int]:
        """Return the number of matching IOCs in each group, over all pages."""
        group = GROUP_COLUMNS[query.group_by].label("of_group")
        with self._database.reading() as connection:
            key = connection.scalar(select(jobs.c.key).where(jobs.c.id == job_id))
            counted = select(group, func.count()).where(*_matching(key or 0, query))
            rows = connection.execute(counted.group_by(group)).all()
        return {_group_name(name, query): count for name, count in rows}


def _matching(key: int, query: IOCQuery) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [iocs.c.job_key == key]
    if query.type:
        wanted.append(iocs.c.type == query.type)
    if query.verdict:
        names = [verdict.value if verdict else None for verdict in SEVERITIES]
        wanted.append(iocs.c.severity == names.index(query.verdict))
    if query.state:
        of_this_ioc = (lookups.c.job_key == key) & (lookups.c.position == iocs.c.position)
        in_state = select(1).where(of_this_ioc, lookups.c.state == query.state)
        wanted.append(in_state.exists())
    if query.document:
        wanted.append(iocs.c.position.in_(_in_document(key, query.document)))
    if query.text:
        wanted.append(contains(query.text))
    return wanted


def _in_document(key: int, name: str) -> Select[Any]:
    """Select the positions of the IOCs found in documents of this name."""
    is_named = (documents.c.job_key == key) & (documents.c.name == name)
    return (
        select(sightings.c.position)
        .join(
            documents,
            (documents.c.job_key == sightings.c.job_key)
            & (documents.c.position == sightings.c.document),
        )
        .where(sightings.c.job_key == key, is_named)
    )


def _ordered(wanted: Sequence[ColumnElement[bool]], query: IOCQuery) -> Select[Any]:
    """Select a page of IOCs with their group; equal ones in the order of their first sight.

    Verdicts go from the worst to the best, all other columns from the smallest to the greatest.
    """
    order: list[ColumnElement[Any]] = []
    columns: list[ColumnElement[Any]] = []
    if query.group_by:
        group = GROUP_COLUMNS[query.group_by].label("of_group")
        columns.append(group)
        order.append(group.desc() if query.group_by == "verdict" else group)
    if query.sort:
        column = SORT_COLUMNS[query.sort.removeprefix("-")]
        is_falling = query.sort.startswith("-") != (query.sort.endswith("verdict"))
        order.append(column.desc() if is_falling else column)
    skipped = (query.page - 1) * query.per_page
    found = select(iocs, *columns).where(*wanted).order_by(*order, iocs.c.position)
    return found.limit(query.per_page).offset(skipped)


def _lookups(
    connection: Connection, key: int, placed: Mapping[int, IOC]
) -> dict[int, list[Lookup]]:
    found: dict[int, list[Lookup]] = defaultdict(list)
    for row in connection.execute(
        select(lookups)
        .where(lookups.c.job_key == key, lookups.c.position.in_(placed))
        .order_by(lookups.c.position, lookups.c.provider)
    ):
        found[row.position].append(read_lookup(row, placed[row.position]))
    return found


def _entry(
    row: Row[Any],
    rows: Sequence[Lookup],
    query: IOCQuery,
    stood: Mapping[int, Sequence[Place]],
) -> IOCEntry:
    group = _group_name(row.of_group, query) if query.group_by else None
    places = stood.get(row.position, ())
    return IOCEntry(read_ioc(row), SEVERITIES[row.severity], rows, group, places)


def _group_name(value: Any, query: IOCQuery) -> str | None:
    if query.group_by != "verdict":
        return None if value is None else str(value)
    verdict = SEVERITIES[value]
    return verdict.value if verdict else None
