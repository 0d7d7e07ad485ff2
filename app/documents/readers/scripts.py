"""Undoes how scripts hide text: joins, character codes, escapes, percent signs, Base64.

Nothing is run: each rule replaces one written form by the string that it stands for. All rules
look at a bounded number of characters around a mark, so hostile scripts take linear time.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterator
from urllib.parse import unquote_to_bytes

from app.documents.kinds import MARKED_UP, TEXTS, Kind, kind_of
from app.documents.models import Item, Member, Part
from app.documents.wide_text import wide_encoding
from app.pipeline.code_brackets import find_code_brackets
from app.pipeline.string_calls import find_string_calls, unescaped

_ROUNDS = 4  # what one rule puts together, another may undo: atob("aHR0" + "cDov")
_SHORTEST = 32  # the length of an MD5: a shorter script needs a dot or the like to hold an IOC
_DEEPEST = 3  # Base64 in Base64
_DATA_URI = re.compile(r"\s*data:([\w.+/-]*)((?:;[\w.+=\"-]*)*),", re.I)
# A run that long is a file ("HTML smuggling"); shorter ones are names and keys, unless what comes
# out is text.
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/]{16,}={0,2}")
_LONG = 120
_QUOTE = r"(?<!\\)[\"'`]"
# The quotes around a plus or ampersand. Not those of '+' itself, as in `a + '&' + b`.
_JOIN = re.compile(rf"(?<![+(,&\\])(?<![+(,&=][ ]){_QUOTE}\s{{0,40}}[+&]\s{{0,40}}[\"'`]")
_CODES = re.compile(
    r"(?:\bString\s?\.\s?)?\bfromChar(?:Code|CodePoint)\s?(?:\.\s?(?:apply|call)\s?)?"
    r"\(\s?(?:(?:null|this|String)\s?,\s?)?[\[(.]{0,4}([\dxa-fA-F,\s]{1,20000})[\])]{1,3}"
)
_CODE = re.compile(
    r"\bChr[WB]?\$?\s?\(\s?(&H[0-9a-f]{1,4}|\d{1,5})&?\s?\)|\[char\]\s?(0x[0-9a-f]{1,4}|\d{1,5})",
    re.I,
)
_NUMBERS = re.compile(r"(?<![\w.])\d{2,3}(?:\s?,\s?\d{2,3}){9,}(?![\w.])")
_PERCENT = re.compile(
    r"\b(?:unescape|decodeURI(?:Component)?|rawurldecode|urldecode)\s?\(\s?([\"'`])"
    r"([^\"'`\n]*)[\"'`]\s?\)"
)
_ATOB = re.compile(
    r"(?:\bwindow\s?\.\s?)?\b(?:atob|base64_decode|FromBase64String)\s?\(\s?([\"'`])"
    r"([A-Za-z0-9+/=_\s-]{4,})[\"'`]\s?\)"
)
_ESCAPE = re.compile(
    r"(?<!\\)\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|([0-3][0-7]{2}))"
)
_UNFIT = str.maketrans({'"': " ", "\\": "/", "\n": " ", "\r": " "})
_TEXTUAL = TEXTS | MARKED_UP


def script_items(part: str, text: str, line: int = 1) -> Iterator[Item]:
    """Yield a script with its strings put together, and the texts and files that it carries."""
    undone = undo(text)
    if len(undone) < _SHORTEST and not any(mark in undone for mark in ".:@-%"):
        return
    is_one_line = undone.count("\n") != text.count("\n")
    yield Part(part, undone, line, is_one_line)
    yield from carried(part, undone, line)


def undo(text: str) -> str:
    """Return a script in which strings that were taken apart or encoded are whole."""
    for _ in range(_ROUNDS):
        before = text
        for mark, rule in _RULES:
            if mark in text:
                text = rule(text)
        if text == before:
            break
    return _ESCAPE.sub(_escaped, text) if "\\" in text else text


def carried(part: str, text: str, line: int = 1, depth: int = 0) -> Iterator[Item]:
    """Yield what stands in Base64, as percent signs or as numbers in a script, if it is readable.

    Markup and files come out as members, other text as a part of its own.
    """
    for match in _BASE64.finditer(text):
        if data := from_base64(match[0]):
            yield from _content(part, data, len(match[0]), line, depth)
    if depth:
        return
    for match in _PERCENT.finditer(text) if "%" in text else ():
        data = unescaped(match[2]).encode("utf-8", "replace")
        if kind_of(data[:4096]) in MARKED_UP:
            yield Member(f"escaped page in {part}", data, "embedded")
    for match in _NUMBERS.finditer(text):
        shown = "".join(chr(int(number)) for number in match[0].split(","))
        if "://" in shown and shown.isprintable():
            yield Part(f"{part}, character codes", shown, line, True)


def _content(part: str, data: bytes, length: int, line: int, depth: int) -> Iterator[Item]:
    kind = kind_of(data[:4096], data[-4096:])
    if kind in MARKED_UP or (length >= _LONG and kind is not Kind.BINARY and kind not in _TEXTUAL):
        yield Member(f"base64 in {part}", data, "embedded")
    elif (text := readable(data)) is not None:
        yield Part(f"{part}, Base64", undo(text), line, True)
        if depth < _DEEPEST:
            yield from carried(f"{part}, Base64", text, line, depth + 1)
    elif length >= _LONG and kind in _TEXTUAL:
        yield Member(f"base64 in {part}", data, "embedded")


def readable(data: bytes) -> str | None:
    """Return bytes as text if all of them are printable, in UTF-8 or UTF-16; else None."""
    wide = wide_encoding(data)
    if wide is None and len(data) >= 8 and not any(data[1::2]):
        wide = "utf-16-le"
    try:
        text = data.decode(wide or "utf-8")
    except UnicodeDecodeError:
        return None
    text = text.rstrip("\x00")
    # Three random letters of four are no ASCII once they are decoded: a key is not taken for text.
    return text if text and text.translate(_SPACES).isprintable() else None


_SPACES = dict.fromkeys(map(ord, "\t\r\n\f"), " ")


def from_base64(text: str) -> bytes | None:
    """Return the bytes that a text in Base64 stands for; of a damaged one, those before the end."""
    kept = re.sub(r"[^A-Za-z0-9+/_-]", "", text).translate({45: "+", 95: "/"})
    try:
        return b64decode(kept + "=" * (-len(kept) % 4))
    except (Base64Error, ValueError):
        return b64decode(kept[: len(kept) & ~3])


def is_data_uri(value: str) -> bool:
    return bool(_DATA_URI.match(value))


def data_uri(uri: str) -> tuple[str, str, bytes]:
    """Return the media type of a `data:` URI, its content as it is written, and the bytes."""
    match = _DATA_URI.match(uri)
    if match is None:
        return "", "", b""
    written = uri[match.end() :]
    data = unquote_to_bytes(written)
    if "base64" in match[2].lower():
        data = from_base64(data.decode("ascii", "replace")) or b""
    return match[1].lower(), written, data


def carried_file(media_type: str, data: bytes, line: int) -> Iterator[Item]:
    """Yield the file of a `data:` URI; of a picture only the codes in it."""
    if data and kind_of(data[:64]) is Kind.IMAGE:
        from app.documents.readers.image import code_parts

        yield from code_parts(data, "data URI", line)
    elif data and (not media_type.startswith(("image/", "font/")) or "svg" in media_type):
        yield Member("data URI", data, "embedded")


def _quoted(text: str) -> str:
    """Return a text as a literal; what would end the literal becomes a space."""
    return f'"{text.translate(_UNFIT)}"'


def _codes(match: re.Match[str]) -> str:
    try:
        numbers = [int(one, 0) for one in match[1].replace(" ", "").split(",") if one.strip()]
        return _quoted("".join(map(chr, numbers)))
    except (ValueError, OverflowError):
        return match[0]


def _code(match: re.Match[str]) -> str:
    written = (match[1] or match[2]).lower()
    base = 16 if written[:2] in ("&h", "0x") else 10
    return _quoted(chr(int(written[2:] if base == 16 else written, base)))


def _undo_calls(text: str) -> str:
    """Return a script in which `["ht", "tp"].join("")` and its like are literals."""
    pieces: list[str] = []
    done = 0
    for start, end, plain in sorted(find_string_calls(text, find_code_brackets(text))):
        if start >= done and "<" not in plain:  # a page, which is a member of its own
            pieces += text[done:start], _quoted(plain)
            done = end
    return "".join([*pieces, text[done:]])


def _atob(match: re.Match[str]) -> str:
    text = readable(from_base64(match[2]) or b"")
    return match[0] if text is None or "<" in text or "\n" in text else _quoted(text)


def _escaped(match: re.Match[str]) -> str:
    number = int(match[4], 8) if match[4] else int(match[1] or match[2] or match[3], 16)
    # Half of a pair, or a control character, is no letter of an IOC.
    return chr(number) if 32 <= number < 0xD800 or 0xE000 <= number < 0x110000 else " "


def _sub(pattern: re.Pattern[str], new: Callable[[re.Match[str]], str]) -> Callable[[str], str]:
    return lambda text: pattern.sub(new, text)


# Each rule with letters that stand in all that it matches: few scripts have any of them.
_RULES: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("fromChar", _sub(_CODES, _codes)),
    ("(", _sub(_CODE, _code)),
    ("[char]", _sub(_CODE, _code)),
    ("+", lambda text: _JOIN.sub("", text)),
    ("&", lambda text: _JOIN.sub("", text)),
    ("", _undo_calls),
    ("atob", _sub(_ATOB, _atob)),
    ("64", _sub(_ATOB, _atob)),
)
