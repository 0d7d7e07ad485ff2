"""Makes OneNote sections: the head, text, and files in them."""

from __future__ import annotations

from struct import pack

_SECTION = bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3")
FILE = bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac")
_END = bytes.fromhex("22a7fb71790f0b4abb13899256426b24")


def file_object(content: bytes, size: int | None = None) -> bytes:
    length = len(content) if size is None else size
    padding = bytes(-len(content) % 8)
    return FILE + pack("<Q", length) + bytes(12) + content + padding + _END


def section(*files: bytes, text: str = "") -> bytes:
    return _SECTION + bytes(1008) + text.encode("utf-16-le") + bytes(64) + b"".join(files)
