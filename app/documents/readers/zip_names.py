"""Member names of ZIP archives whose encoding is not what the archive says."""

from __future__ import annotations

import re
from struct import unpack_from
from zipfile import BadZipFile, ZipFile, ZipInfo
from zlib import error as ZlibError

from app.documents.readers.encodings import decode_text

# Fields of the directory and of a member's own header (APPNOTE.TXT 4.3.7, 4.3.12, 4.3.16).
_END, _END_SIZE = b"PK\x05\x06", 22
_ENTRY, _ENTRY_SIZE = b"PK\x01\x02", 46
_FLAGS, _NAME_SIZE, _HEADER_OFFSET = 8, 28, 42
_LOCAL, _LOCAL_FLAGS = b"PK\x03\x04", 6
_UTF8 = 0x0800
_MANIFEST, _LONGEST_MANIFEST = "META-INF/manifest.xml", 1 << 20
ENCRYPTION = re.compile(rb"<(?:[\w.-]+:)?encryption-data\b")


def with_readable_names(data: bytes) -> bytes:
    """Return the archive so that the library opens it, though a name is no UTF-8 as it claims.

    The library gives up the whole archive over one such name. Without the claim it takes the
    name as code page 437, in which any bytes are a name.
    """
    end = data.rfind(_END)
    if end < 0 or end + _END_SIZE > len(data):
        return data
    size, offset = unpack_from("<II", data, end + 12)
    first = end - size
    patched: bytearray | None = None
    place = first
    while 0 <= place <= end - _ENTRY_SIZE and data.startswith(_ENTRY, place):
        (flags,) = unpack_from("<H", data, place + _FLAGS)
        name_size, extra, comment = unpack_from("<HHH", data, place + _NAME_SIZE)
        name = data[place + _ENTRY_SIZE : place + _ENTRY_SIZE + name_size]
        if flags & _UTF8 and not _is_utf8(name):
            patched = patched or bytearray(data)
            # Offsets count from the beginning of the archive, which may stand behind something.
            header = first - offset + unpack_from("<I", data, place + _HEADER_OFFSET)[0]
            patched[place + _FLAGS + 1] &= ~(_UTF8 >> 8) & 0xFF
            if 0 <= header < place and data.startswith(_LOCAL, header):
                patched[header + _LOCAL_FLAGS + 1] &= ~(_UTF8 >> 8) & 0xFF
        place += _ENTRY_SIZE + name_size + extra + comment
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
            return bool(ENCRYPTION.search(stream.read(_LONGEST_MANIFEST)))
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
