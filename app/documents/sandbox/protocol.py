"""The protocol in which a sandboxed reader reports: one line for each file, IOC and near miss.

A line is a mark of one letter and a JSON array. JSON and not pickle, for a hostile file may have
taken over the reader: nothing that the reader writes may be executed here. So each field is
checked for its type, and numbers and text for values that a database can take.
"""

from __future__ import annotations

import json
from typing import Any

from app.documents.models import FileReport, Miss, Occurrence, Place, State
from app.errors import SandboxProtocolError
from app.pipeline.models import IOC, Evidence, IOCType, NearMiss, facts_of

LONGEST_LINE = 1 << 18
LARGEST = 1 << 53  # JSON numbers up to here are exact in any language
OPENED, CLOSED, OCCURRENCE, MISS, END = b"O", b"C", b"S", b"M", b"E"
"""The marks: a file that is being read, the same file when it was read, an occurrence of an IOC,
a near miss, and the end of the report."""
_TYPES = {kind.value: kind for kind in IOCType}
_STATES = {state.value: state for state in State}
_NOTHING: tuple[Any, ...] = (None, "", "")

_FILE = (int, str, str, int, str, str, str, str, str, str)
_OCCURRENCE = (
    *(int, str, int, str, str, str, int, int, int, int, bool, str, (str, type(None)), bool),
    (int, type(None)),
)
_MISS = (str, int, str, str, int, int, int, (str, type(None)), str, str)


def write_file(mark: bytes, number: int, report: FileReport) -> bytes:
    hashes = report.md5, report.sha1, report.sha256
    about = report.name, report.part, report.size, *hashes, report.kind
    return _line(mark, number, *about, report.state.value, report.reason)


def read_file(line: bytes) -> tuple[int, FileReport]:
    number, name, part, size, md5, sha1, sha256, kind, state, reason = _fields(line, _FILE)
    if state not in _STATES or size < 0 or number < 0:
        raise SandboxProtocolError("an unknown state")
    report = FileReport(name, part, size, md5, sha1, sha256, kind, _STATES[state], reason)
    return number, report


def write_occurrence(occurrence: Occurrence) -> bytes:
    place, found = occurrence.place, occurrence.evidence
    ioc = found.ioc
    return _line(
        OCCURRENCE,
        occurrence.file,
        place.part,
        place.line,
        ioc.type.value,
        ioc.value,
        ioc.raw_match,
        *facts_of(found),
    )


def read_occurrence(line: bytes, document: str) -> Occurrence:
    file, part, line_of_part, kind, value, raw, *rest = _fields(line, _OCCURRENCE)
    return Occurrence(
        Place(document, part, line_of_part), Evidence(_ioc(kind, value, raw), *rest), file
    )


def write_miss(miss: Miss) -> bytes:
    near, ioc = miss.near_miss, miss.near_miss.ioc
    about = (ioc.type.value, ioc.value, ioc.raw_match) if ioc else _NOTHING
    place = miss.place.part, miss.place.line
    return _line(
        MISS, *place, near.text, str(near.reason), near.line, near.offset, near.end, *about
    )


def read_miss(line: bytes, document: str) -> Miss:
    part, place, text, reason, row, offset, end, kind, value, raw = _fields(line, _MISS)
    ioc = _ioc(kind, value, raw) if kind else None
    return Miss(Place(document, part, place), NearMiss(text, reason, row, offset, end, ioc))


def write_end() -> bytes:
    return _line(END)


def _ioc(kind: str, value: str, raw: str) -> IOC:
    if kind not in _TYPES:
        raise SandboxProtocolError("an unknown type")
    return IOC(_TYPES[kind], value, raw)


def _line(mark: bytes, *fields: object) -> bytes:
    """Return a line in ASCII, without line breaks in it."""
    return b"%s%s\n" % (mark, json.dumps(fields, separators=(",", ":")).encode("ascii"))


def _fields(line: bytes, types: tuple[Any, ...]) -> list[Any]:
    """Return the fields of a line. Raises SandboxProtocolError unless each is of its type."""
    try:
        fields = json.loads(line[1:])
    except (ValueError, RecursionError) as e:
        raise SandboxProtocolError("no JSON") from e
    if not isinstance(fields, list) or len(fields) != len(types):
        raise SandboxProtocolError("not the fields of this mark")
    for field, expected in zip(fields, types, strict=True):
        if not isinstance(field, expected) or (expected is int and isinstance(field, bool)):
            raise SandboxProtocolError("a field of another type")
        if isinstance(field, int) and not 0 <= field <= LARGEST:
            raise SandboxProtocolError("a number that no document can have")
        if isinstance(field, str) and not _is_sound(field):
            raise SandboxProtocolError("text that cannot be written")
    return fields


def _is_sound(text: str) -> bool:
    # Lone surrogates can be read from JSON, and cannot be written as UTF-8.
    return text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text)
