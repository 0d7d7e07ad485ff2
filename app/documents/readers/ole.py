"""The reader of OLE files: old Office documents, macro projects, embedded objects."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from struct import error as StructError
from struct import unpack_from
from typing import Any

from olefile import OleFileIO

from app.documents.kinds import Kind, kind_of
from app.documents.limits import Budget
from app.documents.models import Item, Member, Part, Unread
from app.documents.readers.binary import strings
from app.documents.readers.macros import macro_source
from app.documents.readers.old_passwords import is_encrypted
from app.documents.readers.xlsx import cells_of
from app.errors import DocumentError

_SHORTEST = 5
_NO_MODULES = ("dir", "_vba_project", "__srp_")
_FREE = 0xFFFFFFFF
_OLD_TEXT = frozenset(("worddocument", "powerpoint document"))
_WORKBOOKS = frozenset(("workbook", "book"))
_PACKED = frozenset(("package", "contents", "content"))


def read_ole(data: bytes, budget: Budget) -> Iterator[Item]:
    with open_ole(data) as ole:
        paths = ole.listdir(streams=True, storages=False)
        names = {path[-1].lower() for path in paths}
        if "encryptedpackage" in names:
            raise DocumentError("It is encrypted with a password.")
        has_password = is_encrypted(ole)
        if names & _WORKBOOKS and not has_password:
            yield from cells_of(data)
        for path in paths:
            yield from _stream(ole, path)
        yield from behind(ole, data)
    if has_password:
        yield Unread("It is encrypted with a password.")
    elif names & _OLD_TEXT:
        yield Unread("Of this old format only the runs of letters were read.")


def open_ole(data: bytes) -> OleFileIO[str]:
    """Open an OLE file in memory. Raises DocumentError."""
    try:
        return OleFileIO(BytesIO(data))
    except (OSError, ValueError, IndexError, StructError, TypeError) as e:
        raise DocumentError(f"It is damaged ({type(e).__name__}).") from e


def behind(ole: Any, data: bytes) -> Iterator[Item]:
    """Yield the bytes behind the last sector in use, where malware hides more."""
    used = [number for number, following in enumerate(ole.fat) if following != _FREE]
    rest = data[(max(used, default=0) + 2) * ole.sectorsize :]
    if rest.strip(b"\x00"):
        yield Member("what stands behind the file", rest, "embedded")


def stream_of(ole: OleFileIO[str], path: list[str]) -> bytes:
    """Return the content of a stream. Raises DocumentError."""
    try:
        with ole.openstream(path) as stream:
            content: bytes = stream.read()
    except (OSError, ValueError, IndexError, StructError, TypeError) as e:
        raise DocumentError(f"A stream of it is damaged ({type(e).__name__}).") from e
    return content


def _stream(ole: OleFileIO[str], path: list[str]) -> Iterator[Item]:
    name = path[-1].strip("\x01\x02\x03\x05")
    try:
        content = stream_of(ole, path)
    except DocumentError as e:
        yield Unread(str(e))
        return
    if any(step.lower() == "vba" for step in path[:-1]):
        source, start = macro_source(content)
        yield Part(f"macro {name}", source)
        if not source and not name.lower().startswith(_NO_MODULES):
            yield Unread(f"The source of the macro {name} could not be made out.")
        # The compiled code before the source is read as well: it may differ from the source
        # ("VBA stomping"), and is what Office runs.
        content = content[:start]
    if path[-1] == "\x01Ole10Native":
        yield native_object(content)
    elif name.lower() in _PACKED and kind_of(content[:64]) is not Kind.BINARY:
        yield Member(name, content, "embedded")
    else:
        yield from strings(content, f"stream {name}", _SHORTEST)


def native_object(data: bytes) -> Member:
    """Return the file in an Ole10Native stream with its name, or else the whole stream."""
    try:
        place = 6
        end = data.index(b"\x00", place)
        name = data[place:end].decode("latin-1")
        place = data.index(b"\x00", end + 1) + 1 + 4
        (length,) = unpack_from("<I", data, place)
        place += 4 + length
        (size,) = unpack_from("<I", data, place)
        content = data[place + 4 : place + 4 + size]
        if content:
            return Member(name or "object", content, "embedded")
    except (ValueError, StructError):
        pass
    return Member("object", data, "embedded")
