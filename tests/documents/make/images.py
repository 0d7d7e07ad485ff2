"""Makes disc images, and members of ZIP archives that are packed in rare ways."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO

from inflate64 import Deflater

SECTOR = 2048
Folder = Mapping[str, "bytes | Folder"]


def iso_of(tree: Folder, is_wide: bool = True) -> bytes:
    """Return an image with one tree of long names (Joliet), or of plain ones."""
    sectors: list[bytes] = [bytes(SECTOR)] * 16 + [b"", b"\xffCD001\x01".ljust(SECTOR, b"\x00")]
    place, size = _folder(sectors, tree, is_wide)
    head = (b"\x02" if is_wide else b"\x01") + b"CD001\x01"
    root = _record(b"\x00", place, size, 2)
    head = head.ljust(88, b"\x00") + (b"%/E" if is_wide else bytes(3))
    sectors[16] = (head.ljust(156, b"\x00") + root).ljust(SECTOR, b"\x00")
    return b"".join(sectors)


def _folder(sectors: list[bytes], tree: Folder, is_wide: bool) -> tuple[int, int]:
    records = [_record(b"\x00", 0, 0, 2), _record(b"\x01", 0, 0, 2)]
    for name, content in tree.items():
        raw = name.encode("utf-16-be" if is_wide else "latin-1")
        if isinstance(content, bytes):
            records.append(_record(raw, len(sectors), len(content), 0))
            _store(sectors, content)
        else:
            records.append(_record(raw, *_folder(sectors, content, is_wide), 2))
    place = len(sectors)
    _store(sectors, b"".join(records))
    return place, (len(sectors) - place) * SECTOR


def _store(sectors: list[bytes], content: bytes) -> None:
    for start in range(0, len(content), SECTOR):
        sectors.append(content[start : start + SECTOR].ljust(SECTOR, b"\x00"))


def _record(name: bytes, place: int, size: int, flags: int) -> bytes:
    length = 33 + len(name) + (1 - len(name) % 2)
    both = struct.pack("<I", place) + struct.pack(">I", place)
    both += struct.pack("<I", size) + struct.pack(">I", size)
    head = struct.pack("BB", length, 0) + both + bytes(7) + bytes((flags, 0, 0)) + bytes(4)
    return (head + bytes((len(name),)) + name).ljust(length, b"\x00")


def deflate64(content: bytes) -> bytes:
    deflater = Deflater()
    return bytes(deflater.deflate(content)) + bytes(deflater.flush())


def zip_packed(name: str, content: bytes, packed: bytes, method: int) -> bytes:
    """Return a ZIP with one member that was packed already by a method."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(name, packed)
    data = bytearray(target.getvalue())
    for start, at in ((0, 8), (data.rfind(b"PK\x01\x02"), 10)):
        struct.pack_into("<H", data, start + at, method)
        struct.pack_into("<I", data, start + at + 6, zlib.crc32(content))
        struct.pack_into("<I", data, start + at + 14, len(content))
    return bytes(data)
