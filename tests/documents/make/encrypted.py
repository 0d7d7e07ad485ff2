"""Makes documents that are encrypted with a password."""

from __future__ import annotations

import hashlib
import struct
from io import BytesIO
from zipfile import ZipFile

from msoffcrypto.format.ooxml import OOXMLFile
from pypdf import PdfReader, PdfWriter

from tests.documents.make.ole import ole_of


def office_encrypted(content: bytes, password: str) -> bytes:
    """Return a Word, Excel or PowerPoint file as Office encrypts it since 2010."""
    # What makes it is wrong for less than 4 kB: a picture makes the file longer.
    plain, target = BytesIO(content), BytesIO()
    with ZipFile(plain, "a") as archive:
        archive.writestr("docProps/thumbnail.png", b"\x89PNG\r\n\x1a\n" + bytes(6000))
    OOXMLFile(plain).encrypt(password, target)
    return target.getvalue()


def pdf_encrypted(content: bytes, password: str, algorithm: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(content)))
    writer.encrypt(password, "owner-of-it", algorithm=algorithm)
    target = BytesIO()
    writer.write(target)
    return target.getvalue()


def workbook(text: str, password: str | None = None) -> bytes:
    """Return an old workbook that holds a text, encrypted with RC4 if it has a password."""
    begin, end = _record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0)), _record(0x0A, b"")
    note = text.encode()
    if password is None:
        return ole_of({"Workbook": begin + _record(0x1C, note) + end})
    salt, verifier = bytes(16), b"verifier" * 2
    proof = _rc4(_key(password, salt, 0), verifier + hashlib.md5(verifier).digest())  # noqa: S324
    file_pass = _record(0x2F, struct.pack("<HHH", 1, 1, 1) + salt + proof)
    start = len(begin) + len(file_pass) + 4
    stream = b"".join(_rc4(_key(password, salt, n), bytes(1024)) for n in range(8))
    hidden = bytes(a ^ b for a, b in zip(note, stream[start:], strict=False))
    return ole_of({"Workbook": begin + file_pass + _record(0x1C, hidden) + end})


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _key(password: str, salt: bytes, block: int) -> bytes:
    """Return the key of a block (MS-OFFCRYPTO 2.3.6.2)."""
    first = hashlib.md5(password.encode("utf-16-le")).digest()[:5]  # noqa: S324
    salted = hashlib.md5((first + salt) * 16).digest()[:5]  # noqa: S324
    return hashlib.md5(salted + struct.pack("<I", block)).digest()  # noqa: S324


def _rc4(key: bytes, data: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)
