"""Makes winmail.dat files (MS-OXTNEF)."""

from __future__ import annotations

import struct
from collections.abc import Mapping

HEAD = b"\x78\x9f\x3e\x22\x01\x00"
SUBJECT, BODY, FILE, TITLE = 0x8004, 0x800C, 0x800F, 0x8010
RENDERING, OF_MESSAGE, RECIPIENTS, OF_ATTACHMENT = 0x9002, 0x9003, 0x9004, 0x9005


def attribute(level: int, number: int, content: bytes) -> bytes:
    total = sum(content) & 0xFFFF
    return (
        struct.pack("<BHHI", level, number, 6, len(content)) + content + total.to_bytes(2, "little")
    )


def tnef(body: bytes = b"", *more: bytes) -> bytes:
    return HEAD + (attribute(1, BODY, body) if body else b"") + b"".join(more)


def attachment(name: bytes, content: bytes, properties: bytes = b"") -> bytes:
    file = attribute(2, RENDERING, bytes(14)) + attribute(2, TITLE, name + b"\x00")
    if content:
        file += attribute(2, FILE, content)
    return file + (attribute(2, OF_ATTACHMENT, properties) if properties else b"")


def _filled(content: bytes) -> bytes:
    return content + bytes(-len(content) % 4)


def text(number: int, value: str) -> bytes:
    content = value.encode("utf-16-le") + b"\x00\x00"
    return struct.pack("<HHII", 0x1F, number, 1, len(content)) + _filled(content)


def binary(number: int, content: bytes, kind: int = 0x102) -> bytes:
    return struct.pack("<HHII", kind, number, 1, len(content)) + _filled(content)


def number(number: int, value: int) -> bytes:
    return struct.pack("<HHI", 3, number, value)


def named_text(name: str, value: str) -> bytes:
    """Return a property that has a name and no fixed number."""
    title = name.encode("utf-16-le") + b"\x00\x00"
    content = value.encode("utf-16-le") + b"\x00\x00"
    about = struct.pack("<HH16xII", 0x1F, 0x8001, 1, len(title)) + _filled(title)
    return about + struct.pack("<II", 1, len(content)) + _filled(content)


def row(*properties: bytes) -> bytes:
    return struct.pack("<I", len(properties)) + b"".join(properties)


def rows(*all_rows: bytes) -> bytes:
    return struct.pack("<I", len(all_rows)) + b"".join(all_rows)


def plain_rtf(content: bytes) -> bytes:
    """Return RTF as Outlook stores it, not compressed (MS-OXRTFCP 2.1.3.1.1)."""
    return struct.pack("<II4sI", len(content) + 12, len(content), b"MELA", 0) + content


def message(texts: Mapping[int, str]) -> bytes:
    return attribute(1, OF_MESSAGE, row(*(text(n, value) for n, value in texts.items())))
