"""The reader of disc images (ISO 9660 with Joliet), in which malware is sent past mail filters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from struct import unpack_from

from app.documents.limits import Budget
from app.documents.models import Item, Member, Part, Unread
from app.errors import DocumentError

# The layout of ISO 9660 (ECMA-119, 8 and 9).
_SECTOR = 2048
_FIRST_DESCRIPTOR = 16
_PLAIN, _WIDE, _LAST = 1, 2, 255
_ROOT = 156
_FOLDER, _GOES_ON = 2, 0x80
_WIDE_NAMES = (b"%/@", b"%/C", b"%/E")
_MOST_DESCRIPTORS = 32
_MOST_RECORDS = 20_000
_DEEPEST = 32


@dataclass(frozen=True, slots=True)
class _Record:
    """A file or folder in a folder."""

    name: str
    place: int
    size: int
    flags: int


@dataclass(slots=True)
class _Image:
    """An image while it is read: what was seen is not read again, so no folder leads in circles."""

    data: bytes
    seen: set[tuple[int, int]] = field(default_factory=set)
    records: int = 0
    reasons: dict[str, None] = field(default_factory=dict)


def read_iso(data: bytes, budget: Budget) -> Iterator[Item]:
    """Read the files by their long names; by the short ones what has no long name."""
    image = _Image(data)
    roots = sorted(_roots(data), key=lambda root: not root[1])
    if not roots:
        raise DocumentError("Telltale cannot open disc images in UDF alone.")
    for root, is_wide in roots:
        yield from _folder(image, root, is_wide, "", 0, budget)
    yield from (Unread(reason) for reason in image.reasons)


def _roots(data: bytes) -> Iterator[tuple[_Record, bool]]:
    """Yield the top folder of each tree, and whether its names are long ones in UTF-16."""
    for number in range(_FIRST_DESCRIPTOR, _FIRST_DESCRIPTOR + _MOST_DESCRIPTORS):
        sector = data[number * _SECTOR : (number + 1) * _SECTOR]
        if len(sector) < _SECTOR or sector[1:6] != b"CD001" or sector[0] == _LAST:
            return
        is_wide = sector[0] == _WIDE and sector[88:91] in _WIDE_NAMES
        if is_wide or sector[0] == _PLAIN:
            place, size = unpack_from("<I4xI", sector, _ROOT + 2)
            yield _Record("", place, size, _FOLDER), is_wide


def _folder(
    image: _Image, folder: _Record, is_wide: bool, path: str, depth: int, budget: Budget
) -> Iterator[Item]:
    key = folder.place, folder.size
    if key in image.seen:
        return
    image.seen.add(key)
    if depth > _DEEPEST:
        image.reasons[f"Folders are read to a depth of {_DEEPEST}."] = None
        return
    pieces: list[_Record] = []
    for record in _records(image, folder, is_wide):
        if record.flags & _FOLDER:
            inner = f"{path}{record.name}/"
            yield Part("file name", inner)
            yield from _folder(image, record, is_wide, inner, depth + 1, budget)
            continue
        # A file of more than 4 GB has several records with one name; all but the last say so.
        pieces.append(record)
        if not record.flags & _GOES_ON:
            yield from _file(image, pieces, f"{path}{record.name}", budget)
            pieces = []


def _records(image: _Image, folder: _Record, is_wide: bool) -> Iterator[_Record]:
    content = _content(image, folder)
    if len(content) < folder.size:
        image.reasons["Its end is missing."] = None
    place = 0
    while place < len(content):
        length = content[place]
        if not length:  # a record lies in one sector
            place = (place // _SECTOR + 1) * _SECTOR
            continue
        image.records += 1
        name_length = content[place + 32] if place + 32 < len(content) else 0
        if length < 34 or place + length > len(content) or 33 + name_length > length:
            image.reasons["A folder of it is damaged."] = None
            return
        if image.records > _MOST_RECORDS:
            image.reasons[f"It holds more than {_MOST_RECORDS:,} files."] = None
            return
        start, size = unpack_from("<I4xI", content, place + 2)
        raw = content[place + 33 : place + 33 + name_length]
        if raw not in (b"\x00", b"\x01"):  # the folder itself, and the one above
            name = raw.decode("utf-16-be" if is_wide else "latin-1", "replace")
            yield _Record(name.removesuffix(";1"), start, size, content[place + 25])
        place += length


def _file(image: _Image, pieces: list[_Record], name: str, budget: Budget) -> Iterator[Item]:
    key = pieces[0].place, sum(piece.size for piece in pieces)
    if key in image.seen and key[1]:
        return
    image.seen.add(key)
    yield Part("file name", name)
    content = b"".join(_content(image, piece) for piece in pieces)
    content, reason = budget.unpack(BytesIO(content), len(content))
    if len(content) < key[1] and not reason:
        reason = "Its end is missing."
    if content or reason:
        yield Member(name, content, reason=reason)


def _content(image: _Image, record: _Record) -> bytes:
    start = record.place * _SECTOR
    return image.data[start : start + record.size]
