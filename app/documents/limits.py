"""What one document may cost, and the budget that counts it.

The limits are for hostile files: 109 kB of PDF cost 17.5 s and 317 MB before there were any, and
1 MB of gzip unpacks to a gigabyte.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from app.errors import DocumentError

_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one document; sizes in bytes, times in seconds."""

    wall_s: float = 15.0
    """The time after which a reader is killed; it is stopped by a signal a little earlier."""
    cpu_s: float = 12.0
    """The processor time after which the reader is stopped by a signal."""
    text_bytes_per_s: int = 500_000
    """Plain text gets more time by its size: the extractor takes linear time for any text."""
    memory: int = 768 << 20
    open_files: int = 32
    document: int = 128 << 20
    """The bytes of a document that are read; plain text of any length is read completely."""
    member: int = 64 << 20
    """The bytes of a file inside another that are read."""
    unpacked: int = 256 << 20
    """The bytes to which one document may unpack, over all layers: the limit for zip bombs."""
    ratio: int = 200
    """How many times its packed size a member may have; counts beyond `ratio_from` bytes only,
    for small files of one repeated line unpack by more."""
    ratio_from: int = 8 << 20
    entries: int = 10_000
    """The number of files in a document."""
    depth: int = 8
    """The levels of files inside files: a mail in a ZIP in a mail has three."""
    occurrences: int = 200_000
    """The occurrences of IOCs that are kept of a document."""
    report: int = 96 << 20
    """The bytes that a reader may write about one document."""

    @property
    def soft_s(self) -> float:
        """The time after which a reader is stopped by a signal, so that it can still report."""
        return self.wall_s * 0.8


class _Stream(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


class Budget:
    """What is left of the limits of one document, over all files in it."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._unpacked = 0
        self._entries = 0

    def count_entry(self) -> None:
        """Count one more file in the document. Raises DocumentError if there are too many."""
        self._entries += 1
        if self._entries > self.limits.entries:
            raise DocumentError(f"It holds more than {self.limits.entries:,} files.")

    def unpack(self, stream: _Stream, packed: int) -> tuple[bytes, str]:
        """Return the content of a packed stream, and why it is incomplete, or "".

        `packed` is the packed size. Of a damaged stream the content before the damage is
        returned, with the error as the reason.
        """
        limits = self.limits
        most = min(limits.member, max(limits.ratio_from, packed * limits.ratio))
        pieces: list[bytes] = []
        size = 0
        reason = ""
        while True:
            try:
                chunk = stream.read(_CHUNK)
            except MemoryError:  # the sandbox limits memory: the whole file is given up
                raise
            except Exception as e:  # noqa: BLE001  # each packer has errors of its own
                reason = f"It is damaged ({type(e).__name__})."
                break
            if not chunk:
                break
            size += len(chunk)
            self._unpacked += len(chunk)
            pieces.append(chunk)
            if self._unpacked > limits.unpacked:
                reason = f"The document unpacks to more than {format_size(limits.unpacked)}."
                break
            if size > most:
                reason = f"It unpacks to more than {format_size(most)}; the rest was not read."
                break
        return b"".join(pieces), reason


def format_size(size: int) -> str:
    """Return a size in bytes, kB or MB, for messages."""
    if size < 10 << 10:
        return f"{size:,} bytes"
    if size < 10 << 20:
        return f"{size >> 10:,} kB"
    return f"{size >> 20:,} MB"
