"""The reader of RTF: text, fields, and what hides in groups and objects.

Our own, because hostile RTF breaks the rules on purpose: it nests without end, splits hexadecimal
data by groups, and puts objects where Word finds them and parsers do not.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from collections.abc import Iterator
from struct import error as StructError
from struct import unpack_from

from app.documents.limits import Budget
from app.documents.models import Item, Member, Part, Unread
from app.documents.readers.binary import strings
from app.documents.readers.encodings import decode_text, known_encoding
from app.documents.readers.fields import quoted
from app.documents.readers.ole import native_object

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,64})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|([^\\{}\r\n]+)"
)
_BREAKS = frozenset((b"par", b"line", b"sect", b"page", b"row", b"nestrow", b"pard"))
_CELLS = frozenset((b"cell", b"nestcell"))
_LETTERS = {b"tab": "\t", b"emdash": "—", b"endash": "–", b"bullet": "•", b"lquote": "‘",
            b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”", b"enspace": " ",
            b"emspace": " "}  # fmt: skip
# Groups whose text is not a part of the body; their text becomes a part of its own.
_APART = frozenset(
    b"fldinst info title subject author keywords comment doccomm hlinkbase operator company header "
    b"footer headerl headerr headerf footerl footerr footerf footnote annotation atnauthor atnid "
    b"objdata objclass objname pict fonttbl colortbl stylesheet result datafield template "
    b"themedata datastore colorschememapping userprops propname staticval".split()
)
# Groups without text for a reader: pictures, tables of fonts, colours and namespaces.
_SILENT = frozenset(
    b"pict colortbl themedata colorschememapping fonttbl bkmkstart xmlnstbl".split()
)
# Groups of hexadecimal digits.
_DATA = frozenset((b"objdata", b"datastore"))
_ENCODINGS = {b"mac": "mac_roman", b"pc": "cp437", b"pca": "cp850"}
_ESCAPED = {b"~": "\xa0", b"_": "-", b"-": ""}
_NOT_HEX = re.compile(rb"[^0-9a-fA-F]+")


def read_rtf(data: bytes, budget: Budget) -> Iterator[Item]:
    yield from rtf_items(data)


def rtf_items(data: bytes) -> Iterator[Item]:
    reader = _RTFReader(data)
    while reader.step():
        items, reader.items = reader.items, []
        yield from items
    yield from reader.items


class _Group:
    """A group between two braces; its text belongs to the body unless the group has a name."""

    __slots__ = ("name", "pieces", "skip")

    def __init__(self, name: bytes, pieces: list[str], skip: int) -> None:
        self.name = name
        self.pieces = pieces
        self.skip = skip
        """How many characters follow each \\u, for programs that do not know Unicode (`\\uc`)."""


class _RTFReader:
    """Reads tokens in one pass, and keeps the open groups on a list: nesting needs no recursion."""

    def __init__(self, data: bytes) -> None:
        self.items: list[Item] = []
        self._data = data
        self._place = 0
        self._encoding = "cp1252"
        self._bytes = bytearray()
        self._to_skip = 0
        self._is_star = False
        self._line = 1
        self._group = _Group(b"", [], 1)
        self._outer: list[_Group] = []

    def step(self) -> bool:
        """Read a few thousand tokens; return False at the end of the data."""
        for _ in range(5000):
            match = _TOKEN.search(self._data, self._place)
            if match is None:
                while self._outer:
                    self._close()
                self._end_paragraph()
                return False
            self._place = match.end()
            self._read_token(match)
        return True

    def _read_token(self, match: re.Match[bytes]) -> None:
        word, number, code, symbol, brace, text = match.groups()
        if code is not None:
            if self._to_skip:
                self._to_skip -= 1
            else:
                self._bytes += unhexlify(code)
            return
        if text is not None:
            if self._to_skip:
                skipped = min(self._to_skip, len(text))
                self._to_skip -= skipped
                text = text[skipped:]
            self._bytes += text
            return
        self._decode()
        if brace == b"{":
            self._outer.append(self._group)
            self._group = _Group(self._group.name, self._group.pieces, self._group.skip)
        elif brace == b"}":
            self._close()
        elif symbol is not None:
            self._symbol(symbol)
        elif word is not None:
            self._word(word, int(number) if number else None)

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self._is_star = True
        elif symbol in (b"\n", b"\r"):
            self._end_paragraph()
        else:
            self._group.pieces.append(_ESCAPED.get(symbol, symbol.decode("latin-1")))

    def _word(self, word: bytes, number: int | None) -> None:
        is_star, self._is_star = self._is_star, False
        if is_star or word in _APART:
            if self._group.name != word:
                self._group = _Group(word, [], self._group.skip)
        elif word == b"u" and number is not None:
            self._group.pieces.append(chr(number % 65536))
            self._to_skip = self._group.skip
        elif word == b"uc":
            self._group.skip = max(0, min(number or 0, 100))
        elif word == b"bin" and number:
            self._binary(max(0, number))
        elif word in _BREAKS:
            self._end_paragraph()
        elif word in _CELLS:
            self._group.pieces.append(" | ")
        elif word in _LETTERS:
            self._group.pieces.append(_LETTERS[word])
        elif word == b"ansicpg" and (name := known_encoding(f"cp{number}")):
            self._encoding = name
        elif word in _ENCODINGS:
            self._encoding = _ENCODINGS[word]

    def _binary(self, length: int) -> None:
        """Read binary data, which an object has; more than there is would hide the text behind."""
        is_cut = self._place + length > len(self._data)
        if is_cut:
            self.items.append(Unread(f"It says that {length:,} bytes follow, and ends before."))
        if not is_cut or self._group.name in _DATA:
            self._bytes += self._data[self._place : self._place + length].hex().encode()
            self._place += length

    def _close(self) -> None:
        group = self._group
        self._group = self._outer.pop() if self._outer else _Group(b"", [], 1)
        self._to_skip = 0
        if group.pieces is not self._group.pieces:
            self._add_group(group)

    def _add_group(self, group: _Group) -> None:
        text = "".join(group.pieces)
        if group.name in _DATA:
            self.items += _object(text.encode("ascii", "ignore"))
        elif text.strip() and group.name not in _SILENT:
            name = group.name.decode("ascii")
            self.items.append(Part(_PARTS.get(name, name), _paired(text), self._line, True))
            if name == "fldinst" and (hidden := quoted(text)):
                self.items.append(Part(_PARTS[name], hidden, self._line, True))

    def _end_paragraph(self) -> None:
        self._decode()
        if self._group.name:
            self._group.pieces.append("\n")
            return
        text = "".join(self._group.pieces)
        self._group.pieces.clear()
        if text.strip():
            self.items.append(Part("text", _paired(text), self._line, True))
        self._line += 1

    def _decode(self) -> None:
        if self._bytes:
            data, self._bytes = bytes(self._bytes), bytearray()
            is_plain = data.isascii() or self._group.name in _DATA
            encoding = "latin-1" if is_plain else self._encoding
            self._group.pieces.append(data.decode(encoding, "replace"))


_PARTS = {"fldinst": "field", "annotation": "comment", "hlinkbase": "base of links"}


def _paired(text: str) -> str:
    """Return the text with its surrogate pairs joined: RTF writes them as two numbers."""
    return (
        text
        if text.isascii()
        else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )


def _object(digits: bytes) -> Iterator[Item]:
    """Yield the embedded object that hexadecimal digits write."""
    # OLE 1.0 (MS-OLEDS 2.2.5): version, format, three names with their lengths, the content.
    digits = _NOT_HEX.sub(b"", digits)
    data = unhexlify(digits[: len(digits) & ~1])
    if not data:
        return
    try:
        place = 8
        names = []
        for _ in range(3):
            (length,) = unpack_from("<I", data, place)
            names.append(data[place + 4 : place + 4 + length].strip(b"\x00"))
            place += 4 + length
        (size,) = unpack_from("<I", data, place)
        content = data[place + 4 : place + 4 + size]
    except StructError:
        names, content = [], b""
    for name in names:
        yield Part("object's class", decode_text(name))
    # Hostile files have wrong lengths, which Word survives: then the OLE file is searched for.
    if not content or any(len(name) > 1000 for name in names):
        inner = data.find(b"\xd0\xcf\x11\xe0")
        content = data[inner:] if inner >= 0 else data
    if names and names[0].lower() == b"package":
        yield native_object(len(content).to_bytes(4, "little") + content)
    else:
        yield Member("object", content, "embedded")
    yield from strings(data[:4096], "object's header")
