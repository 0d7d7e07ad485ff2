"""The reader of 7z archives, which are unpacked into memory."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from py7zr import SevenZipFile
from py7zr.exceptions import ArchiveError, PasswordRequired, UnsupportedCompressionMethodError
from py7zr.io import Py7zIO, WriterFactory

from app.documents.limits import Budget, format_size
from app.documents.models import Item, Member, Part, Unread
from app.documents.readers.archives import ENCRYPTED, PASSWORDS
from app.errors import DocumentError


class _TooMuch(Exception):
    """Raised to stop the library in the middle of a member."""


class _Sink(Py7zIO):
    """The target of one member: keeps the content in memory, up to a limit."""

    def __init__(self, room: int) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        self._room = room

    def write(self, s: bytes | bytearray) -> int:
        self._size += len(s)
        if self._size > self._room:
            raise _TooMuch
        self._pieces.append(bytes(s))
        return len(s)

    def read(self, size: int | None = None) -> bytes:
        return b"".join(self._pieces)

    def seek(self, offset: int, whence: int = 0) -> int:
        return 0

    def flush(self) -> None:
        """Do nothing: the content is in memory."""

    def size(self) -> int:
        return self._size


class _Sinks(WriterFactory):
    """Makes the targets of all members, which share one limit."""

    def __init__(self, room: int) -> None:
        self.made: list[_Sink] = []
        self._room = room

    def create(self, filename: str) -> Py7zIO:
        self.made.append(_Sink(self._room - sum(sink.size() for sink in self.made)))
        return self.made[-1]


def read_sevenzip(data: bytes, budget: Budget) -> Iterator[Item]:
    last = ""
    for password in (None, *PASSWORDS):
        try:
            archive = SevenZipFile(BytesIO(data), password=password.decode() if password else None)
            if archive.needs_password() and password is None:
                continue
        except PasswordRequired:
            continue
        except Exception as e:  # noqa: BLE001  # a wrong password looks like any damage
            if password is None:
                last = type(e).__name__
                break
            continue
        yield from _members(archive, data, budget)
        return
    raise DocumentError(f"It is damaged ({last})." if last else ENCRYPTED)


def _members(archive: SevenZipFile, data: bytes, budget: Budget) -> Iterator[Item]:
    limits = budget.limits
    files = [file for file in archive.files if not file.is_directory]
    room = min(limits.unpacked, limits.member, max(limits.ratio_from, len(data) * limits.ratio))
    names = {}
    for number, file in enumerate(files):
        names[str(number)] = file.filename
        # Members are renamed to numbers: the library refuses an archive with a name that leads out
        # of it ("../x"), and would read nothing of it.
        file._file_info["filename"] = str(number)  # noqa: SLF001
    sinks = _Sinks(room)
    reason = ""
    try:
        archive.extract(targets=list(names), factory=sinks)
    except _TooMuch:
        reason = f"It unpacks to more than {format_size(room)}; the rest was not read."
    except (ArchiveError, UnsupportedCompressionMethodError) as e:
        reason = f"It is damaged, or packed in a way that cannot be read ({type(e).__name__})."
    except Exception as e:  # noqa: BLE001  # a wrong password looks like any damage
        reason = ENCRYPTED if archive.password_protected else f"It is damaged ({type(e).__name__})."
    # The names are known although nothing can be unpacked.
    for name in names.values():
        yield Part("file name", name)
    for name, sink in zip(names.values(), sinks.made, strict=False):
        content, cut = budget.unpack(BytesIO(sink.read()), len(data))
        if content or not reason:
            yield Member(name, content, reason=cut)
    if reason:
        yield Unread(reason)
