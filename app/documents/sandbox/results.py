"""The result of one document, as its reader reported it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO

from app.documents.models import FileReport, Miss, Occurrence, State
from app.documents.sandbox import protocol
from app.documents.sandbox.process import SandboxReply
from app.errors import WireError

_MOST_FILES = 20_000
_GARBLED = "The reader's answer could not be understood; what is missing is unknown."


@dataclass(frozen=True, slots=True)
class DocumentResult:
    """One document and what is in it. The IOCs wait in a spool: `close` when they are not wanted.

    Sightings and misses come in the order in which they were found.
    """

    files: tuple[FileReport, ...]
    """The document first, then what is in it, to any depth."""
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

    def sightings(self) -> Iterator[Occurrence]:
        """Yield the parts; repeatable, for one consumer at a time."""
        name = self.document.name
        for line in self._marked(protocol.SIGHTING):
            yield protocol.read_sighting(line, name)

    def misses(self) -> Iterator[Miss]:
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
    """A document that no reader could be given."""
    return DocumentResult((_failed(name, size, reason),))


def result_of(answer: SandboxReply, name: str, size: int) -> DocumentResult:
    """Trusts nothing: an answer that is not as agreed is as good as none."""
    told = _Told({})
    try:
        told.read(answer, name)
    except WireError:
        answer.lines.close()
        return unread(name, size, _GARBLED)
    if not told.files:
        answer.lines.close()
        return unread(name, size, answer.trouble or _GARBLED)
    document = replace(told.files[0], name=name)
    if answer.trouble or not told.is_complete:
        has_more = told.has_sightings or len(told.files) > 1
        reason = " ".join(filter(None, (document.reason, answer.trouble or _GARBLED)))
        state = State.PARTIAL if has_more else State.FAILED
        document = replace(document, state=state, reason=reason)
    rest = (told.files[number] for number in sorted(told.files) if number)
    return DocumentResult((document, *rest), answer.lines)


@dataclass(slots=True)
class _Told:
    files: dict[int, FileReport]
    has_sightings: bool = False
    is_complete: bool = False

    def read(self, answer: SandboxReply, name: str) -> None:
        """Looks at every line once. Raises WireError."""
        lines = answer.lines
        while line := lines.readline(protocol.LONGEST_LINE + 1):
            if not line.endswith(b"\n"):
                if not answer.trouble:
                    raise WireError("a line without an end")
                lines.seek(-len(line), 1)  # the reader was stopped in the middle of it
                lines.truncate()
                return
            self._take(line, name)

    def _take(self, line: bytes, name: str) -> None:
        match line[:1]:
            case protocol.OPENED | protocol.CLOSED:
                number, report = protocol.read_file(line)
                if number > len(self.files) or len(self.files) > _MOST_FILES:
                    raise WireError("a file that cannot be")
                self.files[number] = report
            case protocol.SIGHTING:
                protocol.read_sighting(line, name)
                self.has_sightings = True
            case protocol.MISS:
                protocol.read_miss(line, name)
            case protocol.END:
                self.is_complete = True
            case _:
                raise WireError("an unknown mark")


def _failed(name: str, size: int, reason: str) -> FileReport:
    return FileReport(name, "", size, "", "", "", "", State.FAILED, reason)
