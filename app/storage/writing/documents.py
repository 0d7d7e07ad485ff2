"""The documents of an import, written in the same transaction as the IOCs found in them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from app.documents.models import FileReport, ReadDocument, Source, State
from app.enrichment.analysis.live_analysis import other_hashes
from app.pipeline.models import IOC, IOCType
from app.storage.codec import Values, sighting_values
from app.storage.tables import QUEUED, documents, places, sightings


def add_unread(connection: Connection, key: int, sources: Sequence[Source]) -> None:
    """Insert the documents that a new job is to read; a pasted text is one without a state."""
    if not sources:
        connection.execute(insert(documents).values(job_key=key, position=0))
        return
    values = [
        {
            "job_key": key,
            "position": position,
            "name": _text(source.name),
            "path": os.fsencode(source.path),
            "follows_links": source.follows_links,
            "state": QUEUED,
            "reason": source.refusal,
        }
        for position, source in enumerate(sources)
    ]
    connection.execute(insert(documents), values)


def store_read(
    connection: Connection, key: int, read: Sequence[tuple[ReadDocument, Sequence[int]]]
) -> None:
    """Store documents that were read, each with the positions of its IOCs.

    The IOCs were inserted before. The path is forgotten: a document is read once.
    """
    for document, positions in read:
        at = document.position
        this = (documents.c.job_key == key) & (documents.c.position == at)
        own = _file_values(document.files[0]) | {"path": None}
        connection.execute(update(documents).where(this).values(own))
        _keep_inner(connection, key, document)
        seen = [
            sighting_values(key, position, found.evidence, at)
            for position, found in zip(positions, document.found, strict=True)
        ]
        stood: list[Values] = [
            {
                "job_key": key,
                "position": position,
                "document": at,
                "number": number,
                "part": _text(place.part),
                "line": place.line,
            }
            for position, found in zip(positions, document.found, strict=True)
            for number, place in enumerate(found.places)
        ]
        if seen:
            connection.execute(insert(sightings), seen)
        if stood:
            connection.execute(insert(places), stood)


def fail_unread(connection: Connection, key: int, reason: str) -> None:
    """Mark the documents that were not read as failed, each with this sentence."""
    waits = (documents.c.job_key == key) & (documents.c.state == QUEUED)
    failed = {"state": State.FAILED.value, "reason": reason, "path": None}
    connection.execute(update(documents).where(waits).values(failed))


def read_outcomes(connection: Connection, key: int) -> Counter[State]:
    """Count the documents that were read by how far; files inside documents do not count."""
    is_ours = (documents.c.job_key == key) & documents.c.parent.is_(None)
    is_read = documents.c.state.is_not(None) & (documents.c.state != QUEUED)
    counted = select(documents.c.state, func.count()).where(is_ours, is_read)
    rows: Any = connection.execute(counted.group_by(documents.c.state))
    return Counter({State(state): count for state, count in rows})


def read_unread(connection: Connection, key: int) -> frozenset[int]:
    """Return the positions of the documents that are still to be read."""
    waits = (documents.c.job_key == key) & (documents.c.state == QUEUED)
    return frozenset(connection.scalars(select(documents.c.position).where(waits)))


def read_hashes(connection: Connection, key: int) -> dict[IOC, tuple[IOC, ...]]:
    """Return each hash of the files that were read, with the file's other hashes."""
    columns = {
        IOCType.MD5: documents.c.md5,
        IOCType.SHA1: documents.c.sha1,
        IOCType.SHA256: documents.c.sha256,
    }
    is_known = (documents.c.job_key == key) & documents.c.sha256.is_not(None)
    found: dict[IOC, tuple[IOC, ...]] = {}
    for row in connection.execute(select(*columns.values()).where(is_known)):
        pairs = zip(columns, row, strict=True)
        found |= other_hashes([IOC(kind, value, value) for kind, value in pairs if value])
    return found


def _keep_inner(connection: Connection, key: int, document: ReadDocument) -> None:
    if len(document.files) < 2:
        return
    last = select(func.max(documents.c.position)).where(documents.c.job_key == key)
    first = (connection.scalar(last) or 0) + 1
    values = [
        _file_values(file)
        | {
            "job_key": key,
            "position": position,
            "parent": document.position,
            "part": _text(file.part),
        }
        for position, file in enumerate(document.files[1:], start=first)
    ]
    connection.execute(insert(documents), values)


def _file_values(file: FileReport) -> Values:
    return {
        "name": _text(file.name),
        "size": file.size,
        "md5": file.md5 or None,
        "sha1": file.sha1 or None,
        "sha256": file.sha256 or None,
        "state": file.state.value,
        "reason": _text(file.reason) or None,
    }


def _text(text: str) -> str:
    """Return text that every database stores."""
    # Hostile files choose names and parts. PostgreSQL refuses U+0000 in text, which would fail
    # the whole commit.
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
