"""The reader of Windows shortcuts (MS-SHLLINK): target, arguments, icon, and what stands behind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from struct import unpack_from

from app.documents.limits import Budget
from app.documents.models import Item, Member, Part, Unread
from app.documents.readers.binary import strings
from app.documents.readers.scripts import carried, undo

_HEADER = 76
_HAS_TARGETS, _HAS_INFO, _IS_UNICODE = 1, 2, 1 << 7
# The strings that follow, in this order, each if its flag is set (MS-SHLLINK 2.4).
_STRINGS = (
    (1 << 2, "description"),
    (1 << 3, "relative path"),
    (1 << 4, "working folder"),
    (1 << 5, "arguments"),
    (1 << 6, "icon location"),
)
# Extra blocks with one path, in ANSI and in Unicode (MS-SHLLINK 2.5).
_PATHS = {0xA0000001: "target", 0xA0000007: "icon location", 0xA0000006: "installer"}
_SHORTEST = 4
# The command line drops a caret before each character, so that "h^ttp" is "http".
_CARET = re.compile(r"\^(?=[\w:/.\-&=?%^])")


class _Cut(Exception):
    """The file ends inside of a field."""


def read_lnk(data: bytes, budget: Budget) -> Iterator[Item]:
    if len(data) < _HEADER:
        yield from strings(data, "strings", _SHORTEST)
        yield Unread("Its end is missing.")
        return
    (flags,) = unpack_from("<I", data, 20)
    shortcut = _Shortcut(data, _HEADER)
    try:
        if flags & _HAS_TARGETS:
            yield from strings(shortcut.block("<H", 2), "target", _SHORTEST)
        if flags & _HAS_INFO:
            (size,) = shortcut.peek("<I")
            yield from strings(shortcut.take(max(size, 4)), "target", _SHORTEST)
        for flag, name in _STRINGS:
            if flags & flag:
                yield from _command(name, shortcut.text(bool(flags & _IS_UNICODE)))
        while block := shortcut.extra():
            yield from _extra(block)
    except _Cut:
        yield from strings(data[shortcut.place :], "strings", _SHORTEST)
        yield Unread("Its end is missing, or a length in it is wrong.")
        return
    if (rest := data[shortcut.place :]).strip(b"\x00"):
        yield Member("what stands behind the shortcut", rest, "embedded")


class _Shortcut:
    """The bytes of a shortcut, and the place up to which they were read."""

    def __init__(self, data: bytes, place: int) -> None:
        self._data = data
        self.place = place

    def peek(self, form: str) -> tuple[int, ...]:
        size = 2 if form == "<H" else 4
        if self.place + size > len(self._data):
            raise _Cut
        return unpack_from(form, self._data, self.place)

    def take(self, size: int) -> bytes:
        if self.place + size > len(self._data):
            raise _Cut
        taken = self._data[self.place : self.place + size]
        self.place += size
        return taken

    def block(self, form: str, width: int) -> bytes:
        """Return what follows its length; the length does not count itself."""
        (size,) = self.peek(form)
        return self.take(width + size)[width:]

    def text(self, is_unicode: bool) -> str:
        (count,) = self.peek("<H")
        if is_unicode:
            return self.take(2 + 2 * count)[2:].decode("utf-16-le", "replace")
        return self.take(2 + count)[2:].decode("cp1252", "replace")

    def extra(self) -> bytes:
        """Return the next extra block; empty behind the last, and where the file ends."""
        if self.place == len(self._data):
            return b""
        (size,) = self.peek("<I")
        if size < 4:  # the end of the blocks
            self.place += 4
            return b""
        return self.take(size)


def _extra(block: bytes) -> Iterator[Item]:
    if len(block) < 8:
        return
    (signature,) = unpack_from("<I", block, 4)
    name = _PATHS.get(signature)
    if name and len(block) >= 788:
        ansi = block[8:268].partition(b"\x00")[0].decode("cp1252", "replace")
        wide = block[268:788].decode("utf-16-le", "replace").partition("\x00")[0]
        yield from _command(name, wide or ansi)
        if ansi not in ("", wide):
            yield from _command(name, ansi)
    else:
        yield from strings(block[8:], "properties", _SHORTEST)


def _command(name: str, text: str) -> Iterator[Item]:
    """Yield a text as the command line takes it, and what it carries in Base64."""
    text = undo(_CARET.sub("", text).replace("\x00", " "))
    yield Part(name, text)
    yield from carried(name, text)
