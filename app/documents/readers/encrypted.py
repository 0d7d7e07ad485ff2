"""Opens Office files that are encrypted with a well-known password, old formats and new ones."""

from __future__ import annotations

import re
from io import BytesIO
from struct import unpack_from
from types import SimpleNamespace
from typing import Any

from app.documents.readers.archives import PASSWORDS
from app.errors import DocumentError

# Excel opens files with the first password without asking: it makes "read-only" files so, and
# malware is packed with it.
_PASSWORDS = ("VelvetSweatshop", *(word.decode() for word in PASSWORDS))
UNOPENED = (
    "It is encrypted with a password, and neither `infected` nor Excel's own password opens it."
)
# Each password is hashed as often as the file says: Office writes 100,000.
_MOST_ROUNDS = 1_000_000
_ROUNDS = re.compile(rb"spinCount\s{0,9}=\s{0,9}[\"'](\d{1,20})")
_FILE_PASS, _END_OF_GLOBALS = 0x2F, 0x0A
_MOST_RECORDS = 1_000
_CRYPT_SESSION = b"\x0f\x00\x14\x2f"
"""The header of the record in a presentation that holds its encryption (MS-PPT 2.3.7)."""


def is_encrypted(streams: dict[str, bytes]) -> bool:
    """Return whether an OLE file is encrypted, by its streams of text under their small names."""
    return (
        "encryptedpackage" in streams
        or flag_of(streams, 11, 1)
        or any(_has_file_pass(streams.get(name, b"")) for name in ("workbook", "book"))
        or _CRYPT_SESSION in streams.get("powerpoint document", b"")
    )


def flag_of(streams: dict[str, bytes], place: int, flag: int) -> bool:
    """Return whether a flag is set in the header of an old Word file (MS-DOC 2.5.2)."""
    header = streams.get("worddocument", b"")
    return len(header) > place and bool(header[place] & flag)


def _has_file_pass(workbook: bytes) -> bool:
    """Return whether the records of a workbook begin with one that says how it is encrypted."""
    place = 0
    for _ in range(_MOST_RECORDS):
        if place + 4 > len(workbook):
            return False
        kind, length = unpack_from("<HH", workbook, place)
        if kind in (_FILE_PASS, _END_OF_GLOBALS):
            return bool(kind == _FILE_PASS)
        place += 4 + length
    return False


def decrypted(data: bytes) -> bytes:
    """Return the document without its encryption. Raises DocumentError if it cannot be opened."""
    rounds = max((int(match[1]) for match in _ROUNDS.finditer(data)), default=0)
    if rounds > _MOST_ROUNDS:
        raise DocumentError(f"It is encrypted, and asks for {rounds:,} rounds of hashing.")
    last = UNOPENED
    for password in _PASSWORDS:
        target = BytesIO()
        try:
            file = _opened(data)
            file.load_key(password=password, **_checks(file))
            file.decrypt(target)
        except MemoryError:  # the sandbox limits memory: the whole file is given up
            raise
        except Exception as e:  # noqa: BLE001  # a wrong password looks like any damage
            if type(e).__name__ not in ("InvalidKeyError", "DecryptionError"):
                last = f"{UNOPENED[:-1]} ({type(e).__name__})."
            continue
        if content := target.getvalue():
            return content
    raise DocumentError(last)


def _opened(data: bytes) -> Any:
    import msoffcrypto  # type: ignore[import-untyped]  # has no types
    from msoffcrypto.format import doc97, ppt97, xls97  # type: ignore[import-untyped]

    # The library copies old files into temporary ones, and a sandboxed process can write none.
    for module in (doc97, ppt97, xls97):
        module.tempfile = SimpleNamespace(TemporaryFile=BytesIO)
    return msoffcrypto.OfficeFile(BytesIO(data))


def _checks(file: Any) -> dict[str, bool]:
    """Return how the password is checked; for the old formats it always is."""
    return {"verify_password": True} if file.format == "ooxml" else {}
