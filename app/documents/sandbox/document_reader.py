"""Reads a document and all that is in it, in the child process."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

from app.documents.kinds import Kind
from app.documents.limits import Budget, Limits, size_told
from app.documents.models import (
    FileReport,
    Item,
    Member,
    Miss,
    Occurrence,
    Place,
    State,
    Unread,
)
from app.documents.occurrences import Batch, join_steps
from app.documents.readers import Read, kind_by_content, last_resort_of, reader_of
from app.documents.sandbox import protocol
from app.errors import DocumentError
from app.pipeline.blocks import stream_blocks
from app.pipeline.evidence import EvidenceCollector
from app.pipeline.extractor import read_blocks

_LONGEST_NAME = 200
_TOO_LONG = "Reading took longer than it may; the rest is unread."
_LONGEST_REASON = 400
_MOST_REASONS = 5
Emit = Callable[[bytes], object]
Hashes = tuple[str, str, str]
_UNKNOWN: Hashes = ("", "", "")


class OutOfTime(BaseException):
    """Raised by a signal at any moment; a BaseException, so that no library swallows it."""


@dataclass(slots=True)
class _OpenFile:
    batch: Batch
    part: str
    own: list[str] = field(default_factory=list)
    """The reasons why a part of the file itself was not read."""
    inner: list[str] = field(default_factory=list)
    """The reasons for the files in it, with their places."""
    has_read: bool = False


class Reading:
    """One document: says what it finds as soon as it is found, so that nothing is lost."""

    def __init__(self, name: str, limits: Limits, emit: Emit) -> None:
        self._name = name
        self._limits = limits
        self._emit = emit
        self._budget = Budget(limits)
        self._files = 0
        self._sightings = 0
        self._too_long = 0
        self._open: list[str] = []  # the hashes of the files around the one that is read

    def read(self, data: bytes, size: int, hashes: Hashes) -> None:
        """The document itself; the data may be only its beginning."""
        cut = ""
        if size > len(data):
            cut = f"Of {size_told(size)} only the first {size_told(len(data))} were read."
            if not hashes[0]:
                cut += " It is too long for its hashes to be told."
        with suppress(OutOfTime):  # it was told with the files that were open
            self._read_file(Member(self._name, data, reason=cut), "", size, hashes)
        self._emit(protocol.write_end())

    def read_stream(self, texts: Iterator[str], size: int, hashes: Callable[[], Hashes]) -> None:
        """Plain text of any length; the hashes are known when it was read."""
        reader = EvidenceCollector()
        reasons = []
        sums = _UNKNOWN
        try:
            read_blocks(stream_blocks(texts), reader)
            sums = hashes()
        except OutOfTime:
            reasons.append(_TOO_LONG)
        found = reader.extraction()
        self._tell(
            Occurrence(Place(self._name, "", evidence.line), evidence) for evidence in found.found
        )
        self._tell(Miss(Place(self._name, "", miss.line), miss) for miss in found.near_misses)
        report = FileReport(self._name, "", size, *sums, Kind.TEXT.value, State.OK)
        self._close(0, report, reasons, True)
        self._emit(protocol.write_end())

    def _read_file(self, member: Member, part: str, size: int, hashes: Hashes) -> list[str]:
        """Returns what was left unread, with the place of it."""
        number, self._files = self._files, self._files + 1
        kind = kind_by_content(member.data)
        name = member.name[:_LONGEST_NAME]
        told = _UNKNOWN if part and member.reason else hashes  # a piece has no known hashes
        report = FileReport(name, part, size, *told, kind.value, State.PARTIAL, "")
        stopped = replace(report, reason="Reading did not come to its end.")
        self._emit(protocol.write_file(protocol.OPENED, number, stopped))
        file = _OpenFile(Batch(self._name, number, part), part)
        if member.reason:
            file.own.append(member.reason)
        self._open.append(hashes[2])
        try:
            if trouble := self._take_all(file, reader_of(kind), member.data):
                file.own.append(trouble)
                if not file.has_read:
                    self._take_all(file, last_resort_of(kind), member.data)
        except OutOfTime:
            file.own.append(_TOO_LONG)
            file.has_read = True
            raise
        finally:
            self._open.pop()
            self._tell(file.batch.read())
            self._close(number, report, file.own + file.inner, file.has_read)
        return [f"{part}: {reason}" if part else reason for reason in file.own] + file.inner

    def _take_all(self, file: _OpenFile, read: Read, data: bytes) -> str:
        """Returns why it ended early, or ""."""
        try:
            for item in read(data, self._budget):
                self._take(item, file)
        except DocumentError as e:
            return str(e)
        except (MemoryError, RecursionError):
            return "Reading it takes more memory than a reader may use."
        except Exception as e:  # noqa: BLE001  # libraries raise anything over a hostile file
            return f"It is damaged, or not what it seems ({type(e).__name__})."
        return ""

    def _close(self, number: int, report: FileReport, reasons: list[str], has_read: bool) -> None:
        if not report.part and self._sightings > self._limits.sightings:
            reasons.append(f"It holds more than {self._limits.sightings:,} IOCs.")
        if not report.part and self._too_long:
            reasons.append(f"{self._too_long:,} of its IOCs are too long to be listed.")
        state = State.OK
        if reasons:
            state = State.PARTIAL if has_read else State.FAILED
        told = list(dict.fromkeys(reason[:_LONGEST_REASON] for reason in reasons))
        more = len(told) - _MOST_REASONS
        reason = " ".join(told[:_MOST_REASONS] + ([f"And {more:,} more."] if more > 0 else []))
        self._emit(
            protocol.write_file(
                protocol.CLOSED, number, replace(report, state=state, reason=reason)
            )
        )

    def _take(self, item: Item, file: _OpenFile) -> None:
        if isinstance(item, Unread):
            file.own.append(item.reason)
            return
        file.has_read = True
        if isinstance(item, Member):
            file.inner += self._member(item, file.part)
        elif item.text and file.batch.add(item):
            self._tell(file.batch.read())

    def _member(self, member: Member, part: str) -> list[str]:
        self._budget.entry()
        hashes = hashes_of(member.data)
        path = join_steps(part, f"{member.label} {member.name[:_LONGEST_NAME]}".strip())
        if hashes[2] in self._open:
            return [f"{path}: It holds itself."]
        if len(self._open) > self._limits.depth:
            return [f"{path}: Files inside files are read to a depth of {self._limits.depth}."]
        return self._read_file(member, path, len(member.data), hashes)

    def _tell(self, found: Iterable[Occurrence | Miss]) -> None:
        lines = []
        for one in found:
            if isinstance(one, Miss):
                line = protocol.write_miss(one)
            else:
                self._sightings += 1
                if self._sightings > self._limits.sightings:
                    continue
                line = protocol.write_sighting(one)
            if len(line) <= protocol.LONGEST_LINE:
                lines.append(line)
            elif isinstance(one, Occurrence):
                self._too_long += 1
        if lines:
            self._emit(b"".join(lines))


def hashes_of(data: bytes) -> Hashes:
    """MD5, SHA-1 and SHA-256: what files are looked up by, not a protection."""
    return tuple(hashlib.new(name, data, usedforsecurity=False).hexdigest() for name in HASHES)  # type: ignore[return-value]


HASHES = ("md5", "sha1", "sha256")
