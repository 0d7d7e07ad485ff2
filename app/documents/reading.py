"""Reads a document and all that is in it, in the child process."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace

from app.documents import wire
from app.documents.kinds import Kind
from app.documents.limits import Budget, Limits
from app.documents.models import (
    FileReport,
    Item,
    Member,
    Miss,
    Part,
    Place,
    Sighting,
    State,
    Unread,
)
from app.documents.readers import kind_by_content, reader_of
from app.documents.sightings import Batch, join_steps
from app.errors import DocumentError
from app.pipeline.blocks import stream_blocks
from app.pipeline.evidence import EvidenceReader
from app.pipeline.extractor import read_blocks

_LONGEST_NAME = 200
_MOST_REASONS = 5
Emit = Callable[[bytes], object]
Hashes = tuple[str, str, str]


class OutOfTime(BaseException):
    """Raised by a signal in the middle of whatever is going on; no library may swallow it."""


class Reading:
    """One document: says what it finds as soon as it is found, so that nothing is lost."""

    def __init__(self, name: str, limits: Limits, soft_s: float, emit: Emit) -> None:
        self._name = name
        self._limits = limits
        self._soft_s = soft_s
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
            cut = f"Only the first {len(data) >> 20:,} MB of {size >> 20:,} MB were read."
        with suppress(OutOfTime):  # it was told with the files that were open
            self._read_file(Member(self._name, data, reason=cut), "", size, hashes)
        self._emit(wire.write_end())

    def read_stream(self, texts: Iterator[str], size: int, hashes: Callable[[], Hashes]) -> None:
        """Plain text of any length; the hashes are known when it was read."""
        reader = EvidenceReader()
        reasons = []
        try:
            read_blocks(stream_blocks(texts), reader)
        except OutOfTime:
            reasons.append(f"Reading took longer than {self._soft_s:,.0f} s; the rest is unread.")
        found = reader.extraction()
        self._tell(
            Sighting(Place(self._name, "", evidence.line), evidence) for evidence in found.found
        )
        self._tell(Miss(Place(self._name, "", miss.line), miss) for miss in found.near_misses)
        report = FileReport(self._name, "", size, *hashes(), Kind.TEXT.value, State.OK)
        self._close(0, report, reasons, True)
        self._emit(wire.write_end())

    def _read_file(self, member: Member, part: str, size: int, hashes: Hashes) -> tuple[State, str]:
        number, self._files = self._files, self._files + 1
        kind = kind_by_content(member.data)
        name = member.name[:_LONGEST_NAME]
        report = FileReport(name, part, size, *hashes, kind.value, State.PARTIAL, "")
        stopped = replace(report, reason="Reading did not come to its end.")
        self._emit(wire.write_file(wire.OPENED, number, stopped))
        batch = Batch(self._name, number, part)
        reasons = [member.reason] if member.reason else []
        has_read = False
        self._open.append(hashes[2])
        try:
            for item in self._items(kind, member.data):
                has_read |= not isinstance(item, Unread)
                reasons += self._take(item, batch, part)
        except DocumentError as e:
            reasons.append(str(e))
        except OutOfTime:
            reasons.append(f"Reading took longer than {self._soft_s:,.0f} s; the rest is unread.")
            self._finish(report, number, batch, reasons, True)
            raise
        except (MemoryError, RecursionError):
            reasons.append("Reading it takes more memory than a reader may use.")
        except Exception as e:  # noqa: BLE001  # whatever a library makes of a hostile file
            reasons.append(f"It is damaged, or not what it seems ({type(e).__name__}).")
        self._open.pop()
        return self._finish(report, number, batch, reasons, has_read)

    def _finish(
        self, report: FileReport, number: int, batch: Batch, reasons: list[str], has_read: bool
    ) -> tuple[State, str]:
        self._tell(batch.read())
        return self._close(number, report, reasons, has_read)

    def _close(
        self, number: int, report: FileReport, reasons: list[str], has_read: bool
    ) -> tuple[State, str]:
        if not report.part and self._sightings > self._limits.sightings:
            reasons.append(f"It holds more than {self._limits.sightings:,} IOCs.")
        if not report.part and self._too_long:
            reasons.append(f"{self._too_long:,} of its IOCs are too long to be listed.")
        state = State.OK
        if reasons:
            state = State.PARTIAL if has_read else State.FAILED
        told = list(dict.fromkeys(reasons))
        more = len(told) - _MOST_REASONS
        reason = " ".join(told[:_MOST_REASONS] + ([f"And {more:,} more."] if more > 0 else []))
        self._emit(
            wire.write_file(wire.CLOSED, number, replace(report, state=state, reason=reason))
        )
        return state, reason

    def _items(self, kind: Kind, data: bytes) -> Iterator[Item]:
        read = reader_of(kind)
        yield from read(data, self._budget)

    def _take(self, item: Item, batch: Batch, part: str) -> list[str]:
        """Returns what was left unread."""
        if isinstance(item, Part):
            if item.text and batch.add(item):
                self._tell(batch.read())
            return []
        if isinstance(item, Unread):
            return [item.reason]
        return self._member(item, part)

    def _member(self, member: Member, part: str) -> list[str]:
        self._budget.entry()
        hashes = hashes_of(member.data)
        step = f"{member.label} {member.name[:_LONGEST_NAME]}".strip()
        if hashes[2] in self._open:
            return [f"{step} holds itself."]
        if len(self._open) > self._limits.depth:
            return [f"Files inside files are read to a depth of {self._limits.depth}."]
        path = join_steps(part, step)
        state, reason = self._read_file(member, path, len(member.data), hashes)
        return [] if state is State.OK else [f"{step}: {reason}"[:500]]

    def _tell(self, found: Iterable[Sighting | Miss]) -> None:
        for one in found:
            if isinstance(one, Miss):
                line = wire.write_miss(one)
            else:
                self._sightings += 1
                if self._sightings > self._limits.sightings:
                    continue
                line = wire.write_sighting(one)
            if len(line) <= wire.LONGEST_LINE:
                self._emit(line)
            elif isinstance(one, Sighting):
                self._too_long += 1


def hashes_of(data: bytes) -> Hashes:
    """MD5, SHA-1 and SHA-256: what files are looked up by, not a protection."""
    return tuple(hashlib.new(name, data, usedforsecurity=False).hexdigest() for name in HASHES)  # type: ignore[return-value]


HASHES = ("md5", "sha1", "sha256")
