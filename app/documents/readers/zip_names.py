"""Member names of ZIP archives whose encoding is not what the archive says."""

from __future__ import annotations

import re
from struct import unpack_from
from zipfile import BadZipFile, ZipFile, ZipInfo
from zlib import error as ZlibError

from app.documents.readers.encodings import decode_text

# The headers of the members and of the directory: their marks, the places of their flags and of
# the length of the name, and that of the name itself (APPNOTE.TXT 4.3.7, 4.3.12, 4.4.4).
_HEADERS = ((b"PK\x03\x04", 6, 26, 30), (b"PK\x01\x02", 8, 28, 46))
_UTF8 = 0x0800
_MANIFEST, _LONGEST_MANIFEST = "META-INF/manifest.xml", 1 << 20
_ENCRYPTION = re.compile(rb"<(?:[\w.-]+:)?encryption-data\b")


def with_readable_names(data: bytes) -> bytes:
    """Return the archive so that the library opens it, though a name is no UTF-8 as it claims.

    The library gives up the whole archive over one such name. Without the claim it takes the
    name as code page 437, in which any bytes are a name.
    """
    patched: bytearray | None = None
    for mark, flags_at, size_at, length in _HEADERS:
        place = data.find(mark)
        while place >= 0 and place + length <= len(data):
            (flags,) = unpack_from("<H", data, place + flags_at)
            (size,) = unpack_from("<H", data, place + size_at)
            name = data[place + length : place + length + size]
            if flags & _UTF8 and not _is_utf8(name):
                patched = patched or bytearray(data)
                patched[place + flags_at + 1] &= ~(_UTF8 >> 8) & 0xFF
            place = data.find(mark, place + len(mark))
    return data if patched is None else bytes(patched)


def readable_name(info: ZipInfo) -> str:
    """Return the name of a member; without a claim it may be in any encoding."""
    if info.flag_bits & _UTF8 or info.filename.isascii():
        return info.filename
    try:
        return decode_text(info.filename.encode("cp437"))
    except UnicodeEncodeError:  # it is not as the library decoded it
        return info.filename


def is_encrypted_document(archive: ZipFile) -> bool:
    """Return whether the archive is an OpenDocument file whose parts are encrypted."""
    try:
        info = archive.getinfo(_MANIFEST)
        with archive.open(info) as stream:
            return bool(_ENCRYPTION.search(stream.read(_LONGEST_MANIFEST)))
    except (KeyError, BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError):
        return False
    except (EOFError, ZlibError):
        return False


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
