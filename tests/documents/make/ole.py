"""Makes OLE files, Outlook messages and macro projects."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SECTOR, _MINI, _CUTOFF = 512, 64, 4096
Tree = Mapping[str, "bytes | Tree"]


@dataclass
class _Entry:
    name: str
    kind: int
    content: bytes = b""
    child: int = _FREE
    right: int = _FREE
    start: int = _END
    size: int = field(default=0)


def ole_of(tree: Tree) -> bytes:
    """Return a compound file of version 3; siblings form a list, which is a tree to readers."""
    entries = [_Entry("Root Entry", 5)]
    _add(entries, 0, tree)
    mini = bytearray()
    mini_fat: list[int] = []
    sectors: list[bytes] = []
    fat: list[int] = []
    for entry in entries[1:]:
        entry.size = len(entry.content)
        if entry.kind != 2 or not entry.content:
            continue
        if entry.size < _CUTOFF:
            entry.start = len(mini_fat)
            _chain(mini_fat, -(-entry.size // _MINI))
            mini += entry.content.ljust(-(-entry.size // _MINI) * _MINI, b"\x00")
        else:
            entry.start = _store(sectors, fat, entry.content)
    entries[0].start, entries[0].size = _store(sectors, fat, bytes(mini)), len(mini)
    packed = struct.pack(f"<{len(mini_fat)}I", *mini_fat)
    mini_start = _store(sectors, fat, packed, b"\xff")
    directory = _store(sectors, fat, b"".join(map(_directory_entry, entries)))
    count = 1
    while (len(fat) + count) * 4 > count * _SECTOR:
        count += 1
    places = range(len(fat), len(fat) + count)
    fat += [_FAT] * count
    fat += [_FREE] * (count * _SECTOR // 4 - len(fat))
    sectors += [struct.pack("<128I", *fat[n * 128 : n * 128 + 128]) for n in range(count)]
    header = struct.pack(
        "<8s16xHHHHH6xIII4xIIIII109I",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        *(0x3E, 3, 0xFFFE, 9, 6),
        *(0, count, directory),
        *(_CUTOFF, mini_start, -(-len(packed) // _SECTOR), _END, 0),
        *([*places] + [_FREE] * (109 - count)),
    )
    return header + b"".join(sectors)


def _add(entries: list[_Entry], parent: int, tree: Tree) -> None:
    last = -1
    for name, content in tree.items():
        number = len(entries)
        is_stream = isinstance(content, bytes)
        entries.append(_Entry(name, 2 if is_stream else 1, content if is_stream else b""))
        if last < 0:
            entries[parent].child = number
        else:
            entries[last].right = number
        last = number
        if not isinstance(content, bytes):
            _add(entries, number, content)


def _chain(table: list[int], length: int) -> None:
    first = len(table)
    table += [*range(first + 1, first + length), _END] if length else []


def _store(sectors: list[bytes], fat: list[int], content: bytes, fill: bytes = b"\x00") -> int:
    if not content:
        return _END
    first = len(sectors)
    for place in range(0, len(content), _SECTOR):
        sectors.append(content[place : place + _SECTOR].ljust(_SECTOR, fill))
    _chain(fat, len(sectors) - first)
    return first


def _directory_entry(entry: _Entry) -> bytes:
    name = entry.name.encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII36xIII",
        *(name, len(name) + 2, entry.kind, 1),
        *(_FREE, entry.right, entry.child),
        *(entry.start, entry.size, 0),
    )


def msg(texts: Mapping[int, str], attachments: Mapping[str, bytes | Tree] = {}) -> bytes:
    """Return a message from texts by property number; a dict as an attachment is a message."""
    return ole_of(message_tree(texts, attachments))


def message_tree(texts: Mapping[int, str], attachments: Mapping[str, bytes | Tree] = {}) -> Tree:
    tree: dict[str, bytes | Tree] = {"__properties_version1.0": bytes(32)}
    for number, text in texts.items():
        tree[f"__substg1.0_{number:04X}001F"] = text.encode("utf-16-le")
    for number, (name, content) in enumerate(attachments.items()):
        data = "__substg1.0_370101" + ("02" if isinstance(content, bytes) else "0D")
        if not isinstance(content, bytes):
            data = "__substg1.0_3701000D"
        tree[f"__attach_version1.0_#{number:08X}"] = {
            "__properties_version1.0": bytes(8),
            "__substg1.0_3707001F": name.encode("utf-16-le"),
            data: content,
        }
    return tree


def vba_project(source: str) -> bytes:
    """Return a project with one module, packed with literal tokens only (the format allows it)."""
    text = f'Attribute VB_Name = "M"\r\n{source}'.encode("cp1252")
    packed = bytearray(b"\x01")
    for place in range(0, len(text), 3600):
        chunk = bytearray()
        piece = text[place : place + 3600]
        for start in range(0, len(piece), 8):
            chunk += b"\x00" + piece[start : start + 8]
        packed += struct.pack("<H", 0xB000 | (len(chunk) - 1)) + chunk
    return ole_of({"VBA": {"M": bytes(40) + bytes(packed), "dir": b"\x01\x00\xb0"}})


def native(name: str, content: bytes) -> bytes:
    """Return the stream that Windows writes for a file that is dropped into a document."""
    path = name.encode() + b"\x00"
    body = b"\x02\x00" + path + path + bytes(4)
    body += struct.pack("<I", len(path)) + path + struct.pack("<I", len(content)) + content
    return struct.pack("<I", len(body)) + body


def ole1(kind: str, content: bytes) -> bytes:
    """Return an embedded object as RTF holds it."""
    name = kind.encode() + b"\x00"
    head = struct.pack("<III", 0x501, 2, len(name)) + name + bytes(8)
    return head + struct.pack("<I", len(content)) + content


def workbook(cells: Mapping[tuple[int, int], str]) -> bytes:
    """Return an old workbook with a sheet "Q1", from texts by row and column."""

    def record(kind: int, content: bytes) -> bytes:
        return struct.pack("<HH", kind, len(content)) + content

    def begin(kind: int) -> bytes:
        return record(0x809, struct.pack("<HHHHII", 0x600, kind, 0, 0, 0, 0))

    end = record(0x0A, b"")
    start = len(begin(5)) + 4 + 10 + len(end)
    sheet = record(0x85, struct.pack("<IHBB", start, 0, 2, 0) + b"Q1")
    rows = (
        record(0x204, struct.pack("<HHHHB", row, column, 0, len(text), 0) + text.encode())
        for (row, column), text in cells.items()
    )
    return ole_of({"Workbook": begin(5) + sheet + end + begin(16) + b"".join(rows) + end})
