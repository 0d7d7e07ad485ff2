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
from app.documents.readers.encrypted import decrypted, flag_of, is_encrypted
from app.documents.readers.macros import macro_source
from app.documents.readers.slides import objects_of
from app.documents.readers.xlsx import cells_of
from app.errors import DocumentError

_SHORTEST = 5
_NO_MODULES = ("dir", "_vba_project", "__srp_")
_FREE = 0xFFFFFFFF
_STREAM, _ROOT = 2, 5  # types of directory entries (MS-CFB 2.6.1)
_WORKBOOKS = frozenset(("workbook", "book"))
_PACKAGE = "encryptedpackage"
_TEXTS = _WORKBOOKS | {"worddocument", "powerpoint document", _PACKAGE}
_FAST_SAVED = 4  # fComplex
_PACKED = frozenset(("package", "contents", "content"))


def read_ole(data: bytes, budget: Budget) -> Iterator[Item]:
    with open_ole(data) as ole:
        paths = ole.listdir(streams=True, storages=False)
        texts = _texts(ole, paths)
        if is_encrypted(texts):
            yield from _decrypted(ole, paths, data)
            return
        if texts.keys() & _WORKBOOKS:
            yield from cells_of(data)
        for path in paths:
            yield from _stream(ole, path)
        yield from behind(ole, data)
    yield from objects_of(texts.get("powerpoint document", b""), budget)
    if flag_of(texts, 10, _FAST_SAVED):
        yield Unread("It was saved in pieces, in which an address may be cut in two.")


def _texts(ole: OleFileIO[str], paths: list[list[str]]) -> dict[str, bytes]:
    """Return the streams that tell what an Office file is, under their names in small letters."""
    return {
        path[-1].lower(): b"" if path[-1].lower() == _PACKAGE else _content(ole, path)
        for path in paths
        if len(path) == 1 and path[-1].lower() in _TEXTS
    }


def _content(ole: OleFileIO[str], path: list[str]) -> bytes:
    try:
        return stream_of(ole, path)
    except DocumentError:  # told when all streams are read
        return b""


def _decrypted(ole: OleFileIO[str], paths: list[list[str]], data: bytes) -> Iterator[Item]:
    """Yield the document without its encryption, or else what is told without the password."""
    try:
        content = decrypted(data)
    except DocumentError as e:
        yield Unread(str(e))
        for path in paths:
            yield from _stream(ole, path)
    else:
        yield Member("document", content, "decrypted")
    yield from behind(ole, data)


class Container(OleFileIO):  # type: ignore[type-arg]  # in the stubs alone it has one
    """An OLE file in memory, of which no stream is longer than the file."""

    # A stream whose sectors lead in circles is read until its size is reached: with a false size
    # 6 kB took 1 GB of memory.

    direntries: list[Any]  # the stubs know none of these
    sectorsize: int
    num_mini_fat_sectors: int

    def __init__(self, data: bytes) -> None:
        super().__init__(BytesIO(data))
        streams = [e for e in self.direntries if e and e.entry_type in (_STREAM, _ROOT)]
        too_long = [entry for entry in streams if entry.size > len(data)]
        for entry in too_long:
            entry.size = len(data)
        sectors = -(-len(data) // self.sectorsize)
        self.has_false_sizes = bool(too_long) or self.num_mini_fat_sectors > sectors
        self.num_mini_fat_sectors = min(self.num_mini_fat_sectors, sectors)


def open_ole(data: bytes) -> Container:
    """Open an OLE file in memory. Raises DocumentError."""
    try:
        return Container(data)
    except (OSError, ValueError, IndexError, StructError, TypeError) as e:
        raise DocumentError(f"It is damaged ({type(e).__name__}).") from e


def behind(ole: Any, data: bytes) -> Iterator[Item]:
    """Yield the bytes behind the last sector in use, where malware hides more."""
    if ole.has_false_sizes:
        yield Unread("A stream of it claims more than the file holds; something may be missing.")
    if _has_loop(ole):
        yield Unread("Its table of sectors leads in circles; something of it may be missing.")
    used = [number for number, following in enumerate(ole.fat) if following != _FREE]
    rest = data[(max(used, default=0) + 2) * ole.sectorsize :]
    if rest.strip(b"\x00"):
        yield Member("what stands behind the file", rest, "embedded")


def _has_loop(ole: Any) -> bool:
    """Return whether a sector has two before it: each belongs to one stream, at one place."""
    starts = [
        entry.isectStart
        for entry in ole.direntries
        if entry is not None and entry.entry_type in (_STREAM, _ROOT) and entry.size
        if entry.entry_type == _ROOT or entry.size >= ole.minisectorcutoff
    ]
    starts += [ole.first_dir_sector, ole.first_mini_fat_sector]
    # Numbers beyond the table mark its own sectors, and the ends of streams.
    used = [sector for sector in (*ole.fat, *starts) if sector < len(ole.fat)]
    return len(set(used)) < len(used)


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
