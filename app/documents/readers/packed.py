"""The readers of gzip, bzip2, xz and tar; everything is unpacked into memory."""

from __future__ import annotations

import tarfile
import zlib
from bz2 import BZ2File
from collections.abc import Iterator
from io import BytesIO
from lzma import LZMAFile

from app.documents.limits import Budget
from app.documents.models import Item, Member, Part, Unread
from app.documents.readers.encodings import undamaged
from app.documents.readers.methods import zstandard
from app.errors import DocumentError

_BLOCK = 512  # every header and member of a tar begins at a multiple of this


def read_gzip(data: bytes, budget: Budget) -> Iterator[Item]:
    """Read all gzip streams of a file as one content (RFC 1952, 2.2), and what follows them."""
    stream = _Gunzipping(data)
    content, reason = budget.unpack(stream, len(data))
    if content or not reason:
        yield Member(stream.name or "content", content, reason=reason)
    else:
        yield Unread(reason)
    if (rest := stream.rest) and rest.strip(b"\x00") and not reason:
        yield Member("what stands behind the packed data", rest, "embedded")


class _Gunzipping:
    """A file object that unpacks one chunk after the other, and keeps the rest of the data."""

    def __init__(self, data: bytes) -> None:
        self._inflate = zlib.decompressobj(31)  # gzip, with the largest window
        self.rest = data
        self.name = _gzip_name(data)

    def read(self, size: int = 1 << 16, /) -> bytes:
        chunk = self._inflate.decompress(self.rest, size)
        self.rest = self._inflate.unconsumed_tail
        if self._inflate.eof:
            self.rest = self._inflate.unused_data
            if self.rest.startswith(b"\x1f\x8b"):
                self._inflate = zlib.decompressobj(31)
                return chunk or self.read(size)
            return chunk
        if not chunk and not self.rest:
            raise EOFError("the end is missing")
        return chunk


def _gzip_name(data: bytes) -> str:
    """Return the name of the packed file, if the header has one (RFC 1952, 2.3)."""
    if len(data) < 10 or not data[3] & 8 or data[3] & 4:
        return ""
    return data[10 : data.find(b"\x00", 10, 300)].decode("latin-1")


def read_bzip2(data: bytes, budget: Budget) -> Iterator[Item]:
    with BZ2File(BytesIO(data)) as stream:
        content, reason = budget.unpack(stream, len(data))
    yield Member("content", content, reason=reason)


def read_xz(data: bytes, budget: Budget) -> Iterator[Item]:
    with LZMAFile(BytesIO(data)) as stream:
        content, reason = budget.unpack(stream, len(data))
    yield Member("content", content, reason=reason)


def read_zstandard(data: bytes, budget: Budget) -> Iterator[Item]:
    content, reason = budget.unpack(zstandard(data), len(data))
    yield Member("content", content, reason=reason)


def read_tar(data: bytes, budget: Budget) -> Iterator[Item]:
    """Yield the members; of links and devices only the names: no path is followed."""
    end = 0
    try:
        with tarfile.open(fileobj=BytesIO(data), mode="r:", errorlevel=0) as archive:
            for info in archive:
                name = undamaged(info.name)
                yield Part("file name", f"{name}\n{undamaged(info.linkname)}".strip())
                start, size = info.offset_data, info.size if info.isreg() else 0
                end = max(end, start + size)
                if size:
                    content, reason = budget.unpack(BytesIO(data[start : start + size]), size)
                    if len(content) < size and not reason:
                        reason = "Its end is missing."
                    yield Member(name, content, reason=reason)
            # The library ends without a word where a header is cut off or damaged.
            if data[archive.offset :][:_BLOCK] != bytes(_BLOCK) and archive.offset <= len(data):
                yield Unread("Its end is missing.")
    except (tarfile.TarError, ValueError, OSError, EOFError, OverflowError) as e:
        if not end:
            raise DocumentError("It is damaged.") from e
        yield Unread(f"The archive is damaged ({type(e).__name__}).")
    rest = data[(end + _BLOCK - 1) // _BLOCK * _BLOCK :]
    if rest.strip(b"\x00"):
        yield Member("what stands behind the archive", rest.lstrip(b"\x00"), "embedded")
