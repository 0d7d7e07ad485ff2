"""The reader of ZIP archives, AES-encrypted ones too; members are unpacked into memory."""

from __future__ import annotations

import codecs
from bisect import bisect
from collections.abc import Iterator
from io import BytesIO
from struct import unpack_from
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo
from zlib import crc32, decompressobj
from zlib import error as ZlibError

from app.documents.kinds import Kind, zip_kind
from app.documents.limits import Budget
from app.documents.models import Item, Member, Part, Unread
from app.documents.readers.archives import ENCRYPTED, PASSWORDS
from app.documents.readers.encodings import decode_text
from app.documents.readers.methods import METHODS, unpacking
from app.documents.readers.zip_names import (
    is_encrypted_document,
    readable_name,
    with_readable_names,
)
from app.errors import DocumentError

# The encoding of names (APPNOTE.TXT, appendix D), loaded before the sandbox closes.
codecs.lookup("cp437")
# Fields of the ZIP format (APPNOTE.TXT 4.3.7, 4.4.4, 4.4.5).
_AES = 99
_ENCRYPTED = 1
_LOCAL = b"PK\x03\x04"
_LOCAL_SIZE = 30
_END = b"PK\x05\x06"
_END_SIZE = 22
_MOST_HIDDEN = 100


def read_zip(data: bytes, budget: Budget) -> Iterator[Item]:
    try:
        data = with_readable_names(data)
        archive = ZipFile(BytesIO(data))
    except (BadZipFile, ValueError, OSError, NotImplementedError):
        yield from _without_directory(data, budget)
        return
    if any(info.flag_bits & _ENCRYPTED for info in archive.infolist()):
        from pyzipper import AESZipFile  # type: ignore[import-untyped]  # has no types

        archive = AESZipFile(BytesIO(data))
    with archive:
        if comment := archive.comment:
            yield Part("archive comment", comment.decode("utf-8", "replace"))
        for info in archive.infolist():
            yield from _member(archive, info, budget)
        if is_encrypted_document(archive):
            yield Unread("It is encrypted with a password.")
    yield from _around(archive, data, budget)


def _without_directory(data: bytes, budget: Budget) -> Iterator[Item]:
    """Read the archive by the headers of its members; an Office file is put together again."""
    found = list(_by_headers(data, budget))
    members = {item.name: item.data for item in found if isinstance(item, Member)}
    if not members:
        raise DocumentError("It is damaged; no member of it could be found.")
    yield Unread("Its directory is damaged; it was read by the headers of its members.")
    kind = zip_kind("\n".join(members).encode("utf-8", "replace"))
    if kind is Kind.ZIP:
        yield from found
    else:
        yield Member("what is left of it", _zipped(members), "embedded")


def _zipped(members: dict[str, bytes]) -> bytes:
    target = BytesIO()
    with ZipFile(target, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def _member(archive: ZipFile, info: ZipInfo, budget: Budget) -> Iterator[Item]:
    name = readable_name(info)
    yield Part("file name", name)
    if info.comment:
        yield Part("file comment", info.comment.decode("utf-8", "replace"))
    if info.is_dir():
        return
    try:
        content, reason = _content(archive, info, budget)
    except NotImplementedError:
        content, reason = b"", "It is packed in a way that cannot be read."
    except (BadZipFile, ValueError, OSError, EOFError, ZlibError) as e:
        content, reason = b"", f"It is damaged ({type(e).__name__})."
    if not content and reason:
        yield Unread(f"{name[:200]}: {reason}")
    else:
        yield Member(name, content, reason=reason)


def _content(archive: ZipFile, info: ZipInfo, budget: Budget) -> tuple[bytes, str]:
    expected = info.CRC
    if info.compress_type in METHODS and not info.flag_bits & _ENCRYPTED:
        packed = _packed(archive, info)
        stream = unpacking(info.compress_type, packed, info.file_size)
        content, reason = budget.unpack(stream, len(packed))
        return content, reason or ("" if crc32(content) == expected else "Its checksum is wrong.")
    if not info.flag_bits & _ENCRYPTED:
        # Without this, the library raises at the end of a member with a wrong checksum, and its
        # content would be lost. Malware has wrong ones on purpose.
        info.CRC = None  # type: ignore[assignment]
        with archive.open(info) as stream:
            content, reason = budget.unpack(stream, info.compress_size)
        is_wrong = not reason and crc32(content) != expected
        return content, "Its checksum is wrong." if is_wrong else reason
    from pyzipper import BadZipFile as BadAESZipFile  # a class of its own

    for password in PASSWORDS:
        try:
            with archive.open(info, pwd=password) as stream:
                content, reason = budget.unpack(stream, info.compress_size)
        except NotImplementedError:
            raise
        except BadAESZipFile as e:
            raise BadZipFile(str(e)) from e
        except RuntimeError:  # the wrong password
            continue
        # The check of a password has one or two bytes: a wrong one passes now and then, and then
        # nothing can be unpacked.
        if content or not reason:
            return content, reason
    return b"", ENCRYPTED


def _packed(archive: ZipFile, info: ZipInfo) -> bytes:
    """Return the packed bytes of a member, where its own header says they begin."""
    file = archive.fp
    if file is None:
        return b""
    file.seek(info.header_offset)
    header = file.read(_LOCAL_SIZE)
    if len(header) < _LOCAL_SIZE or not header.startswith(_LOCAL):
        raise BadZipFile("no header")
    file.seek(sum(unpack_from("<HH", header, 26)), 1)
    return file.read(info.compress_size)


def _around(archive: ZipFile, data: bytes, budget: Budget) -> Iterator[Item]:
    """Yield the bytes before and behind the archive: often another archive or a program."""
    infos = archive.infolist()
    end = data.rfind(_END)
    behind = data[end + _END_SIZE + len(archive.comment) :] if end >= 0 else b""
    first = min((info.header_offset for info in infos), default=end if end > 0 else 0)
    before = data[:first]
    if before.strip(b"\x00"):
        if _LOCAL in before:
            yield Unread(
                "Another archive stands before it; it was read by the headers of its members."
            )
            yield from _by_headers(before, budget)
        else:
            yield Member("what stands before the archive", before, "embedded")
    if behind.strip(b"\x00\r\n "):
        yield Member("what stands behind the archive", behind, "embedded")
    hidden = _hidden_members(infos, data, first)
    if hidden:
        yield Unread(f"{hidden:,} of its members are missing in its directory.")


def _hidden_members(infos: list[ZipInfo], data: bytes, first: int) -> int:
    """Count the members that are missing in the directory; headers inside of members are none."""
    starts = sorted({info.header_offset for info in infos})
    ends = {info.header_offset: _end_of(info, data) for info in infos}
    hidden = 0
    place = data.find(_LOCAL, first)
    while place >= 0 and hidden < _MOST_HIDDEN:
        before = bisect(starts, place) - 1
        if before < 0 or place >= ends[starts[before]]:
            hidden += _is_header(data, place)
        place = data.find(_LOCAL, place + 4)
    return hidden


def _end_of(info: ZipInfo, data: bytes) -> int:
    start = info.header_offset + _LOCAL_SIZE
    sizes = data[start - 4 : start]
    names = int.from_bytes(sizes[:2], "little") + int.from_bytes(sizes[2:], "little")
    return start + names + info.compress_size


def _is_header(data: bytes, place: int) -> bool:
    """Return whether a header has plausible fields, and is not four bytes of packed data."""
    if place + _LOCAL_SIZE > len(data):
        return False
    version, _, method = unpack_from("<HHH", data, place + 4)
    name_size = int.from_bytes(data[place + 26 : place + 28], "little")
    return version <= 63 and method in (0, 8, 9, 12, 14, 93, 95, 98, _AES) and 0 < name_size < 1024


def _by_headers(data: bytes, budget: Budget) -> Iterator[Item]:
    """Yield the members of an archive without a directory, one header after the other."""
    place = data.find(_LOCAL)
    while place >= 0 and place + _LOCAL_SIZE <= len(data):
        flags, method = unpack_from("<HH", data, place + 6)
        packed, _, name_size, extra = unpack_from("<IIHH", data, place + 18)
        start = place + _LOCAL_SIZE + name_size + extra
        name = decode_text(data[place + _LOCAL_SIZE : place + _LOCAL_SIZE + name_size])
        end = data.find(_LOCAL, max(start, place + 4))
        body = data[start : start + packed if packed else (end if end > 0 else len(data))]
        if flags & _ENCRYPTED:
            yield Unread(f"{name[:200]}: {ENCRYPTED}")
        elif method == ZIP_STORED:
            yield Member(name, body, reason="It was read without the archive's directory.")
        elif method == 8:
            content, reason = budget.unpack(_Inflating(body), len(body))
            yield Member(name, content, reason=reason or "It was read without the directory.")
        place = data.find(_LOCAL, max(start + packed, place + 4))


class _Inflating:
    """A file object that unpacks a raw deflate stream; its end may be missing."""

    def __init__(self, data: bytes) -> None:
        self._inflate = decompressobj(-15)
        self._rest = data

    def read(self, size: int = 1 << 16, /) -> bytes:
        if self._inflate.eof:
            return b""
        chunk = self._inflate.decompress(self._rest, size)
        self._rest = self._inflate.unconsumed_tail
        return chunk
