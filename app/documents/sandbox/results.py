"""Reads the report of a sandboxed reader into the result of one document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO

from app.documents.models import FileReport, Miss, Occurrence, State
from app.documents.sandbox import protocol
from app.documents.sandbox.process import SandboxReply
from app.errors import SandboxProtocolError

_MOST_FILES = 20_000
_GARBLED = "The reader's report could not be understood; what is missing is unknown."


@dataclass(frozen=True, slots=True)
class DocumentResult:
    """The files of one document; occurrences and near misses are read from its report on demand.

    Both are in the order in which they were found. `close` deletes the report.
    """

    files: tuple[FileReport, ...]
    """The document first, then the files in it, to any depth."""
    _lines: IO[bytes] | None = None

    @property
    def document(self) -> FileReport:
        return self.files[0]

    @property
    def state(self) -> State:
        return self.files[0].state

    @property
    def reason(self) -> str:
        return self.files[0].reason

    def occurrences(self) -> Iterator[Occurrence]:
        """Yield the occurrences of IOCs; can be repeated, for one consumer at a time."""
        name = self.document.name
        for line in self._marked(protocol.OCCURRENCE):
            yield protocol.read_occurrence(line, name)

    def misses(self) -> Iterator[Miss]:
        """Yield the near misses; like `occurrences`."""
        name = self.document.name
        for line in self._marked(protocol.MISS):
            yield protocol.read_miss(line, name)

    def close(self) -> None:
        if self._lines is not None:
            self._lines.close()

    def __enter__(self) -> DocumentResult:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _marked(self, mark: bytes) -> Iterator[bytes]:
        if self._lines is None:
            return
        self._lines.seek(0)
        while line := self._lines.readline(protocol.LONGEST_LINE + 1):
            if line.startswith(mark):
                yield line


def unread(name: str, size: int, reason: str) -> DocumentResult:
    """Return the result of a document that was not read, with the reason."""
    return DocumentResult((_failed(name, size, reason),))


def result_of(reply: SandboxReply, name: str, size: int) -> DocumentResult:
    """Return the result of a report, for a document of this name and size.

    A hostile document may have written the report: one that breaks the protocol counts as none.
    """
    report = _Report({})
    try:
        report.read(reply, name)
    except SandboxProtocolError:
        reply.lines.close()
        return unread(name, size, _GARBLED)
    if not report.files:
        reply.lines.close()
        return unread(name, size, reply.trouble or _GARBLED)
    document = replace(report.files[0], name=name)
    if reply.trouble or not report.is_complete:
        has_more = report.has_occurrences or len(report.files) > 1
        reason = " ".join(filter(None, (document.reason, reply.trouble or _GARBLED)))
        state = State.PARTIAL if has_more else State.FAILED
        document = replace(document, state=state, reason=reason)
    rest = (report.files[number] for number in sorted(report.files) if number)
    return DocumentResult((document, *rest), reply.lines)


@dataclass(slots=True)
class _Report:
    """The lines of a report: its files, and whether it is complete."""

    files: dict[int, FileReport]
    has_occurrences: bool = False
    is_complete: bool = False

    def read(self, reply: SandboxReply, name: str) -> None:
        """Check every line once. Raises SandboxProtocolError."""
        lines = reply.lines
        while line := lines.readline(protocol.LONGEST_LINE + 1):
            if not line.endswith(b"\n"):
                if not reply.trouble:
                    raise SandboxProtocolError("a line without an end")
                # The reader was stopped in the middle of this line.
                lines.seek(-len(line), 1)
                lines.truncate()
                return
            self._check(line, name)

    def _check(self, line: bytes, name: str) -> None:
        match line[:1]:
            case protocol.OPENED | protocol.CLOSED:
                number, report = protocol.read_file(line)
                if number > len(self.files) or len(self.files) > _MOST_FILES:
                    raise SandboxProtocolError("a file with an impossible number")
                self.files[number] = report
            case protocol.OCCURRENCE:
                protocol.read_occurrence(line, name)
                self.has_occurrences = True
            case protocol.MISS:
                protocol.read_miss(line, name)
            case protocol.END:
                self.is_complete = True
            case _:
                raise SandboxProtocolError("an unknown mark")


def _failed(name: str, size: int, reason: str) -> FileReport:
    return FileReport(name, "", size, "", "", "", "", State.FAILED, reason)
