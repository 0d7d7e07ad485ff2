"""Reads issuer and subject of a certificate; decides nothing about trust.

Of a certificate that was not accepted Python gives only the bytes (DER), so the two names are
read from those (RFC 5280, 4.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.pipeline.visible import make_visible

SEQUENCE, VERSION = 0x30, 0xA0
COMMON_NAME, ORGANISATION = b"\x55\x04\x03", b"\x55\x04\x0a"
# The string types that a name may have, and their encodings (RFC 5280, 4.1.2.4).
TEXTS = {
    0x0C: "utf-8",
    0x13: "ascii",
    0x14: "latin-1",
    0x16: "ascii",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}
MAX_NAME = 120


@dataclass(frozen=True, slots=True)
class Certificate:
    """The two names of a certificate, safe to show; empty for a name that is missing."""

    issuer: str
    subject: str


def read_certificate(der: bytes) -> Certificate:
    """Return the names in a certificate in DER. Raises ValueError for any other bytes."""
    whole = _only(_elements(der), SEQUENCE)
    signed = list(_elements(_only(_elements(whole), SEQUENCE)))
    if signed and signed[0][0] == VERSION:
        signed = signed[1:]
    if len(signed) < 5:  # number, algorithm, issuer, validity, subject
        raise ValueError("it ends too early")
    return Certificate(_name(signed[2][1]), _name(signed[4][1]))


def _name(encoded: bytes) -> str:
    found: dict[bytes, str] = {}
    for _, group in _elements(encoded):
        for _, pair in _elements(group):
            (_, kind), (tag, value) = list(_elements(pair))[:2]
            if tag in TEXTS:
                found[kind] = value.decode(TEXTS[tag], errors="replace").strip()
    common, organisation = found.get(COMMON_NAME, ""), found.get(ORGANISATION, "")
    if common and organisation and organisation not in common:
        common = f"{common}, {organisation}"
    return make_visible(common or organisation, MAX_NAME)


def _only(elements: Iterator[tuple[int, bytes]], wanted: int) -> bytes:
    for tag, content in elements:
        if tag == wanted:
            return content
        break
    raise ValueError("another kind of element")


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the tag and the content of each element (ITU-T X.690, 8.1)."""
    at = 0
    while at < len(data):
        tag, first = data[at], data[at + 1] if at + 1 < len(data) else 0x80
        at += 2
        size = first & 0x7F
        if first >= 0x80:
            if not 1 <= size <= 4 or at + size > len(data):
                raise ValueError("a length that cannot be")
            at, size = at + size, int.from_bytes(data[at : at + size], "big")
        if at + size > len(data):
            raise ValueError("it ends too early")
        yield tag, data[at : at + size]
        at += size
