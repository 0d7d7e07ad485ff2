"""Makes S/MIME messages (CMS) that are signed, encrypted or compressed, without real signatures."""

from __future__ import annotations

import zlib

DATA, SIGNED, ENVELOPED, ENCRYPTED = (bytes.fromhex(f"2a864886f70d01070{n}") for n in (1, 2, 3, 6))
COMPRESSED, AUTHENTICATED = (bytes.fromhex(f"2a864886f70d010910010{n}") for n in (9, 0))
AUTHENTICATED = AUTHENTICATED[:-1] + b"\x17"


def der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 128:
        return bytes((tag, size)) + content
    width = (size.bit_length() + 7) // 8
    return bytes((tag, 0x80 | width)) + size.to_bytes(width, "big") + content


def endless(tag: int, content: bytes) -> bytes:
    """Return an element of indefinite length, as programs write that do not know the length."""
    return bytes((tag, 0x80)) + content + b"\x00\x00"


def pieces(content: bytes, size: int = 7) -> bytes:
    """Return a string in many pieces."""
    parts = (content[n : n + size] for n in range(0, len(content), size))
    return endless(0x24, b"".join(der(4, part) for part in parts))


def message(kind: bytes, body: bytes) -> bytes:
    return der(0x30, der(6, kind) + der(0xA0, der(0x30, body)))


def signed(content: bytes, kind: bytes = SIGNED) -> bytes:
    inner = der(0x30, der(6, DATA) + der(0xA0, der(4, content)))
    return message(kind, der(2, b"\x01") + der(0x31, b"") + inner + der(0x31, b""))


def signed_in_pieces(content: bytes) -> bytes:
    inner = endless(0x30, der(6, DATA) + endless(0xA0, pieces(content)))
    body = endless(0x30, der(2, b"\x01") + der(0x31, b"") + inner + der(0x31, b""))
    return endless(0x30, der(6, SIGNED) + endless(0xA0, body))


def detached() -> bytes:
    certificate = der(0xA0, b"http://crl.evil-mail.com/list.crl")
    inner = der(0x30, der(6, DATA))
    return message(SIGNED, der(2, b"\x01") + der(0x31, b"") + inner + certificate)


def compressed(content: bytes) -> bytes:
    algorithm = der(0x30, der(6, COMPRESSED[:-2] + b"\x03\x08"))
    inner = der(0x30, der(6, DATA) + der(0xA0, der(4, zlib.compress(content))))
    return message(COMPRESSED, der(2, b"\x00") + algorithm + inner)


def encrypted(kind: bytes = ENVELOPED) -> bytes:
    return message(kind, der(2, b"\x00") + der(0x31, b"") + der(4, bytes(range(128, 200))))
