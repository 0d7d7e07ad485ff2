"""Unpacks Zstandard, Deflate64 and PPMd, step by step, so that a budget can stop it."""

from __future__ import annotations

import sys
from io import BytesIO
from typing import Protocol

DEFLATE64, ZSTANDARD, PPMD = 9, 93, 98
"""The methods by their numbers in a ZIP (APPNOTE.TXT 4.4.5)."""
METHODS = frozenset((DEFLATE64, ZSTANDARD, PPMD))
_STEP = 4096  # 4 kB unpack to 4 MB at most


class Stream(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


def unpacking(method: int, data: bytes, size: int) -> Stream:
    """Return a file object with the content of packed data; `size` is what the archive says."""
    if method == DEFLATE64:
        return _Deflate64(data)
    if method == PPMD:
        return _PPMd(data, size)
    return zstandard(data)


def zstandard(data: bytes) -> Stream:
    """Return a file object with the content of all frames of Zstandard (RFC 8878)."""
    if sys.version_info >= (3, 14):
        from compression.zstd import ZstdFile
    else:
        from backports.zstd import ZstdFile
    stream: Stream = ZstdFile(BytesIO(data))
    return stream


class _Deflate64:
    def __init__(self, data: bytes) -> None:
        from inflate64 import Inflater

        self._inflater = Inflater()
        self._data = data
        self._place = 0

    def read(self, size: int = 1 << 16, /) -> bytes:
        while not self._inflater.eof:
            if self._place >= len(self._data):
                raise EOFError("the end is missing")
            piece = self._data[self._place : self._place + _STEP]
            self._place += _STEP
            if chunk := self._inflater.inflate(piece):
                return bytes(chunk)
        return b""


class _PPMd:
    """PPMd variant I, with two bytes of parameters in front (APPNOTE.TXT 5.10.6)."""

    def __init__(self, data: bytes, size: int) -> None:
        from pyppmd import Ppmd8Decoder

        if len(data) < 2:
            raise EOFError("the end is missing")
        word = int.from_bytes(data[:2], "little")
        self._decoder = Ppmd8Decoder((word & 15) + 1, ((word >> 4 & 255) + 1) << 20, word >> 12)
        self._data = data[2:]
        self._left = size

    def read(self, size: int = 1 << 16, /) -> bytes:
        if self._left <= 0:
            return b""
        data, self._data = self._data, b""
        chunk = bytes(self._decoder.decode(data, min(size, self._left)))
        if not chunk:
            raise EOFError("the end is missing")
        self._left -= len(chunk)
        return chunk
