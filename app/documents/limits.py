"""How much one document may cost, and the account that is kept of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from app.errors import DocumentError

_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    wall_s: float = 15.0
    """The seconds after which a reader is killed; it is told to stop a little earlier."""
    cpu_s: float = 12.0
    """The seconds of processor time after which it is told to stop."""
    text_bytes_per_s: int = 500_000
    """Plain text may take longer: it is read by code that is linear in its input."""
    memory: int = 768 << 20
    open_files: int = 32
    document: int = 128 << 20
    """The bytes of a document that are read; plain text is read completely."""
    member: int = 64 << 20
    """The same for a file inside another."""
    unpacked: int = 256 << 20
    """The bytes that one document may unpack to."""
    ratio: int = 200
    """How many times its packed size a member may be, beyond `ratio_from`."""
    ratio_from: int = 8 << 20
    entries: int = 10_000
    """Files in a document."""
    depth: int = 8
    """Files inside files."""
    sightings: int = 200_000
    answer: int = 96 << 20
    """The bytes that a reader may answer about one document."""

    @property
    def soft_s(self) -> float:
        return self.wall_s * 0.8


class _Stream(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


class Budget:
    """The budget that is left for one document. Raises DocumentError when it is used up."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._unpacked = 0
        self._entries = 0

    def entry(self) -> None:
        self._entries += 1
        if self._entries > self.limits.entries:
            raise DocumentError(f"It holds more than {self.limits.entries:,} files.")

    def unpack(self, stream: _Stream, packed: int) -> tuple[bytes, str]:
        """Return the content of a packed stream, and why it is incomplete, or "".

        What can still be had from a damaged stream is returned: its errors are the reason.
        """
        limits = self.limits
        most = min(limits.member, max(limits.ratio_from, packed * limits.ratio))
        pieces: list[bytes] = []
        size = 0
        reason = ""
        while True:
            try:
                chunk = stream.read(_CHUNK)
            except MemoryError:
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
                reason = f"The document unpacks to more than {size_told(limits.unpacked)}."
                break
            if size > most:
                reason = f"It unpacks to more than {size_told(most)}; the rest was not read."
                break
        return b"".join(pieces), reason


def size_told(size: int) -> str:
    if size < 10 << 10:
        return f"{size:,} bytes"
    if size < 10 << 20:
        return f"{size >> 10:,} kB"
    return f"{size >> 20:,} MB"
