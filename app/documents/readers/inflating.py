"""Unpacks a zlib stream piece by piece, so that its size can be limited while it is read."""

from __future__ import annotations

import zlib


class Inflating:
    """A file object over a zlib stream. Raises EOFError at a missing end, unless it may be cut."""

    def __init__(self, data: bytes, may_be_cut: bool = False) -> None:
        self._unpack = zlib.decompressobj()
        self._rest = data
        self._may_be_cut = may_be_cut

    def read(self, size: int = 1 << 16, /) -> bytes:
        chunk = self._unpack.decompress(self._rest, size)
        self._rest = self._unpack.unconsumed_tail
        if not chunk and not self._unpack.eof and not self._may_be_cut:
            raise EOFError("the end is missing")
        return chunk
