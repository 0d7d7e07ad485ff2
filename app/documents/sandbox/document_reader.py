"""Reads one document and the files in it, and reports what it finds; runs in the sandbox."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

from app.documents.kinds import PIXELS, TEXTS, Kind, is_named_document
from app.documents.limits import Budget, Limits, format_size
from app.documents.models import (
    FileReport,
    Item,
    Member,
    Miss,
    Occurrence,
    Part,
    Place,
    State,
    Unread,
)
from app.documents.occurrences import Batch, join_steps
from app.documents.readers import Read, kind_by_content, last_resort_of, reader_of
from app.documents.readers.encodings import sound_text
from app.documents.readers.namespaces import without_namespaces
from app.documents.sandbox import protocol
from app.errors import DocumentError
from app.pipeline.blocks import stream_blocks
from app.pipeline.evidence import EvidenceCollector
from app.pipeline.extractor import read_blocks
from app.pipeline.models import IOCType

_LONGEST_NAME = 200
_TOO_LONG = "Reading took longer than it may; the rest is unread."
_NO_DOCUMENT = "It is a program, picture or sound, and is named as a document; it was not read."
_LONGEST_REASON = 400
_MOST_REASONS = 5
Emit = Callable[[bytes], object]
Hashes = tuple[str, str, str]
_UNKNOWN: Hashes = ("", "", "")


class OutOfTime(BaseException):
    """Raised by a signal at any moment when the time is over.

    A BaseException, for libraries that read hostile files catch every Exception.
    """


@dataclass(slots=True)
class _OpenFile:
    """A file of the document while it is read."""

    batch: Batch
    is_text: bool
    """True if it is plain text, in which all addresses are read as they stand."""
    part: str
    """Its place in the document; "" for the document itself."""
    own: list[str] = field(default_factory=list)
    """The reasons why something of the file itself was not read."""
    inner: list[str] = field(default_factory=list)
    """The reasons for the files in the file, each with the place."""
    has_read: bool = False
    """True if something of the file was read: it is partial then, not failed."""


class Reading:
    """One document; findings are written at once, so that they are kept if the reader is killed."""

    def __init__(
        self, name: str, limits: Limits, emit: Emit, also: frozenset[IOCType] = frozenset()
    ) -> None:
        """`also` are the types to look for among those that are off by default."""
        self._also = also
        self._name = name
        self._limits = limits
        self._emit = emit
        self._budget = Budget(limits)
        self._files = 0
        self._occurrences = 0
        self._too_long = 0
        self._open: list[str] = []  # SHA-256 of the file that is read, and of those around it
        self._is_out_of_time = False

    def stop(self) -> None:
        """Raise OutOfTime; a signal handler calls this once, at any moment."""
        self._is_out_of_time = True
        raise OutOfTime

    def read(self, data: bytes, size: int, hashes: Hashes) -> None:
        """Read a document; `data` may be only its beginning. `size` is that of the whole."""
        cut = ""
        if size > len(data):
            cut = f"Of {format_size(size)} only the first {format_size(len(data))} were read."
            if not hashes[0]:
                cut += " It is too long for its hashes to be known."
        with suppress(OutOfTime):  # reported already, with the files that were open
            self._read_file(Member(self._name, data, reason=cut), "", size, hashes)
        self._emit(protocol.write_end())

    def read_stream(self, texts: Iterator[str], size: int, hashes: Callable[[], Hashes]) -> None:
        """Read plain text of any length; `hashes` is called when all of it was read."""
        collector = EvidenceCollector(self._also)
        reasons = []
        sums = _UNKNOWN
        try:
            read_blocks(stream_blocks(texts), collector)
            sums = hashes()
        except OutOfTime:
            reasons.append(_TOO_LONG)
        found = collector.extraction()
        self._report(
            Occurrence(Place(self._name, "", evidence.line), evidence) for evidence in found.found
        )
        self._report(Miss(Place(self._name, "", miss.line), miss) for miss in found.near_misses)
        report = FileReport(self._name, "", size, *sums, Kind.TEXT.value, State.OK)
        self._close_file(0, report, reasons, True)
        self._emit(protocol.write_end())

    def _read_file(self, member: Member, part: str, size: int, hashes: Hashes) -> list[str]:
        """Read a file and the files in it; return what was left unread, with the places."""
        number, self._files = self._files, self._files + 1
        kind = kind_by_content(member.data)
        name = sound_text(member.name[:_LONGEST_NAME])
        # The hashes of a piece would be looked up for nothing: no provider knows them.
        known = _UNKNOWN if part and member.reason else hashes
        report = FileReport(name, part, size, *known, kind.value, State.PARTIAL, "")
        # This line stands if the reader is killed before it can report the end.
        stopped = replace(report, reason="Reading did not come to its end.")
        self._emit(protocol.write_file(protocol.OPENED, number, stopped))
        file = _OpenFile(Batch(self._name, number, part, self._also), kind in TEXTS, part)
        if member.reason:
            file.own.append(member.reason)
        if kind in PIXELS and is_named_document(name):
            file.own.append(_NO_DOCUMENT)
        self._open.append(hashes[2])
        try:
            if trouble := self._add_items(file, reader_of(kind), member.data):
                file.own.append(trouble)
                if not file.has_read:
                    self._add_items(file, last_resort_of(kind), member.data)
        except OutOfTime:
            file.own.append(_TOO_LONG)
            file.has_read = True
            raise
        finally:
            self._open.pop()
            self._report(file.batch.read())
            self._close_file(number, report, file.own + file.inner, file.has_read)
        return [f"{part}: {reason}" if part else reason for reason in file.own] + file.inner

    def _add_items(self, file: _OpenFile, read: Read, data: bytes) -> str:
        """Add what a reader yields; return why the reader ended early, or ""."""
        try:
            for item in read(data, self._budget):
                self._add_item(item, file)
        except DocumentError as e:
            return str(e)
        except (MemoryError, RecursionError):
            return "Reading it takes more memory than a reader may use."
        except Exception as e:  # noqa: BLE001  # libraries raise anything over a hostile file
            return f"It is damaged, or not what it seems ({type(e).__name__})."
        return ""

    def _close_file(
        self, number: int, report: FileReport, reasons: list[str], has_read: bool
    ) -> None:
        if not report.part and self._occurrences > self._limits.occurrences:
            reasons.append(f"It holds more than {self._limits.occurrences:,} IOCs.")
        if not report.part and self._too_long:
            reasons.append(f"{self._too_long:,} of its IOCs are too long to be listed.")
        state = State.OK
        if reasons:
            state = State.PARTIAL if has_read else State.FAILED
        known = list(dict.fromkeys(reason[:_LONGEST_REASON] for reason in reasons))
        more = len(known) - _MOST_REASONS
        reason = " ".join(known[:_MOST_REASONS] + ([f"And {more:,} more."] if more > 0 else []))
        self._emit(
            protocol.write_file(
                protocol.CLOSED, number, replace(report, state=state, reason=reason)
            )
        )

    def _add_item(self, item: Item, file: _OpenFile) -> None:
        # Python drops an exception that is raised while a destructor runs, for example that of a
        # ZIP file. Then the reading came on to here.
        if self._is_out_of_time:
            raise OutOfTime
        if isinstance(item, Unread):
            file.own.append(sound_text(item.reason))
            return
        file.has_read = True
        if isinstance(item, Member):
            file.inner += self._member(item, file.part)
        elif item.text and file.batch.add(item if file.is_text else _told(item)):
            self._report(file.batch.read())

    def _member(self, member: Member, part: str) -> list[str]:
        """Read a file inside a file, unless it holds itself or is too deep."""
        self._budget.count_entry()
        hashes = hashes_of(member.data)
        name = sound_text(member.name[:_LONGEST_NAME])
        path = join_steps(part, f"{member.label} {name}".strip())
        # A ZIP can be built that unpacks to itself ("zip quine").
        if hashes[2] in self._open:
            return [f"{path}: It holds itself."]
        if len(self._open) > self._limits.depth:
            return [f"{path}: Files inside files are read to a depth of {self._limits.depth}."]
        return self._read_file(member, path, len(member.data), hashes)

    def _report(self, found: Iterable[Occurrence | Miss]) -> None:
        """Write occurrences and near misses, within the limits."""
        lines = []
        for one in found:
            if isinstance(one, Miss):
                line = protocol.write_miss(one)
            else:
                self._occurrences += 1
                if self._occurrences > self._limits.occurrences:
                    continue
                line = protocol.write_occurrence(one)
            if len(line) <= protocol.LONGEST_LINE:
                lines.append(line)
            elif isinstance(one, Occurrence):
                self._too_long += 1
        if lines:
            self._emit(b"".join(lines))


def _told(part: Part) -> Part:
    text = without_namespaces(part.text)
    return part if text is part.text else replace(part, text=text)


def hashes_of(data: bytes) -> Hashes:
    """Return MD5, SHA-1 and SHA-256 of some bytes."""
    # Providers look files up by these hashes; nothing here is protected by them.
    return tuple(hashlib.new(name, data, usedforsecurity=False).hexdigest() for name in HASHES)  # type: ignore[return-value]


HASHES = ("md5", "sha1", "sha256")
