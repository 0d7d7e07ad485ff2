"""Makes Windows shortcuts."""

from __future__ import annotations

from struct import pack

_GUID = bytes.fromhex("0114020000000000c000000000000046")
_FLAGS = {"description": 4, "relative": 8, "folder": 16, "arguments": 32, "icon": 64}


def lnk(
    *,
    is_unicode: bool = True,
    targets: bytes = b"",
    info: bytes = b"",
    extra: bytes = b"",
    **strings: str,
) -> bytes:
    flags = sum(_FLAGS[name] for name in strings) | (128 if is_unicode else 0)
    flags |= (1 if targets else 0) | (2 if info else 0)
    body = pack("<H", len(targets)) + targets if targets else b""
    body += pack("<I", len(info) + 4) + info if info else b""
    for name in _FLAGS:
        if name in strings:
            text = strings[name]
            written = text.encode("utf-16-le" if is_unicode else "cp1252")
            body += pack("<H", len(text)) + written
    return pack("<I", 76) + _GUID + pack("<I", flags) + bytes(52) + body + extra + bytes(4)


def path_block(signature: int, path: str) -> bytes:
    content = path.encode("cp1252").ljust(260, b"\x00")
    content += path.encode("utf-16-le").ljust(520, b"\x00")
    return pack("<II", 788, signature) + content


def block(signature: int, content: bytes) -> bytes:
    return pack("<II", 8 + len(content), signature) + content
