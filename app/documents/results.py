"""What became of one document, as its reader told it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO

from app.documents import wire
from app.documents.cage import Answer
from app.documents.models import FileReport, Miss, Sighting, State
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

    def sightings(self) -> Iterator[Sighting]:
        """As often as they are asked for, but by one at a time."""
        name = self.document.name
        for line in self._marked(wire.SIGHTING):
            yield wire.read_sighting(line, name)

    def misses(self) -> Iterator[Miss]:
        name = self.document.name
        for line in self._marked(wire.MISS):
            yield wire.read_miss(line, name)

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
        while line := self._lines.readline(wire.LONGEST_LINE + 1):
            if line.startswith(mark):
                yield line


def unread(name: str, size: int, reason: str) -> DocumentResult:
    """A document that no reader could be given."""
    return DocumentResult((_failed(name, size, reason),))


def result_of(answer: Answer, name: str, size: int) -> DocumentResult:
    """Trusts nothing: an answer that is not as agreed is as good as none."""
    files: dict[int, FileReport] = {}
    is_complete = False
    trouble = answer.trouble
    has_sightings = False
    try:
        while line := answer.lines.readline(wire.LONGEST_LINE + 1):
            if not line.endswith(b"\n"):
                if not trouble:
                    raise WireError("a line without an end")
                answer.lines.seek(-len(line), 1)  # the reader was stopped in the middle of it
                answer.lines.truncate()
                break
            mark = line[:1]
            if mark in (wire.OPENED, wire.CLOSED):
                number, report = wire.read_file(line)
                if number > len(files) or len(files) > _MOST_FILES:
                    raise WireError("a file that cannot be")
                files[number] = report
            elif mark == wire.SIGHTING:
                wire.read_sighting(line, name)
                has_sightings = True
            elif mark == wire.MISS:
                wire.read_miss(line, name)
            elif mark == wire.END:
                is_complete = True
            else:
                raise WireError("an unknown mark")
    except WireError:
        answer.lines.close()
        return unread(name, size, _GARBLED)
    if not files:
        answer.lines.close()
        return unread(name, size, trouble or _GARBLED)
    document = replace(files[0], name=name)
    if trouble or not is_complete:
        state = State.PARTIAL if has_sightings or len(files) > 1 else State.FAILED
        reason = " ".join(filter(None, (document.reason, trouble or _GARBLED)))
        document = replace(document, state=state, reason=reason)
    return DocumentResult((document, *(files[n] for n in sorted(files) if n)), answer.lines)


def _failed(name: str, size: int, reason: str) -> FileReport:
    return FileReport(name, "", size, "", "", "", "", State.FAILED, reason)
