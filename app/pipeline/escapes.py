"""Finds the edits that undo backslashes: escapes in JSON and program text, and in URLs."""

from __future__ import annotations

import re
from collections.abc import Iterator

Edit = tuple[int, int, str]
"""Begin, end, and replacement."""

_BACKSLASH = re.compile(
    r"""\\(?:
      /
    | (?P<equals>=)(?=\w)
    | \\?(?P<escaped>\.)(?=\w)
    | (?P<space>r\\n|[nrt])
    | \\?u(?:00|\{(?=..\}))(?P<unicode>[0-9a-f]{2})\}?
    | \\?x(?P<hex>[0-9a-f]{2})
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_FOLDERS = frozenset(("32", "64"))
_BACKSLASHES = re.compile(r"\\(?<=:\\)\\{0,3}(?=[\w\[])(?!x[0-9a-f]{2}|u[0-9a-f{])", re.IGNORECASE)
_SCHEME_END = re.compile(r"(?<!\w)[\[({]?(?:h[tx*0_\[\]]{1,6}p|f[tx]p)s?[\])}]?$", re.IGNORECASE)
_BACKSLASHED = re.compile(r"[^\s\"'<>|]{1,500}")
_PATH = re.compile(r"(?<![a-z])[a-z]:\\|\\\\|%\\|\bHK(?:LM|CU|EY)", re.IGNORECASE)


def find_escapes(text: str) -> Iterator[Edit]:
    """Yield the edits for escapes in JSON, in regular expressions and in program text."""
    paths = _Paths(text)
    for match in _BACKSLASH.finditer(text):
        start, end = match.span()
        kind = match.lastgroup
        if kind is None:
            yield start, end, "/"
        elif kind == "escaped":
            if _is_word(text, start - 1):
                # Not DOT: regular expressions escape the dots of file names too.
                yield start, end, "."
        elif kind == "equals":  # in the fields of CEF
            if _is_word(text, start - 1):
                yield start, end, "="
        elif kind == "unicode":
            yield start, end, printable(chr(int(match[kind], 16)))
        elif kind == "hex":
            if _is_escaped_character(text, match):
                yield start, end, chr(int(match[kind], 16))
        elif match[kind].islower() and not paths.covers(start):
            yield start, end, " " if match[kind] == "t" else "\n"


def _is_escaped_character(text: str, match: re.Match[str]) -> bool:
    """Return whether `\\x2f` is a visible character; `\\x64\\` is a folder, `\\x03` no text."""
    start, end = match.span()
    is_folder = match["hex"] in _FOLDERS and text[end : end + 2].lower() != "\\x"
    if is_folder and text[start - 4 : start - 2].lower() != "\\x":
        return False
    return "\x20" <= chr(int(match["hex"], 16)) <= "\x7e"


def find_backslashes(text: str) -> Iterator[Edit]:
    """Yield the edits for a URL whose slashes are backslashes: `http:\\\\example.com\\x`."""
    end = 0
    for match in _BACKSLASHES.finditer(text):
        start = match.start()
        colon = start - 1
        if colon < end or not _SCHEME_END.search(text, max(0, colon - 14), colon):
            continue
        yield start, match.end(), "//"
        run = _BACKSLASHED.match(text, match.end())
        end = run.end() if run else match.end()
        for slash in re.finditer(r"\\{1,2}(?!\.)", text[match.end() : end]):
            yield match.end() + slash.start(), match.end() + slash.end(), "/"


class _Paths:
    """Finds which backslashes belong to a path: `C:\\new` is a path, `first\\nsecond` two lines."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._seen = 0
        self._is_inside = False

    def covers(self, position: int) -> bool:
        """Return whether the backslash at a position is inside a path.

        Must be called in the order of the text, so that each line is read once.
        """
        seen, self._seen = self._seen, position
        line = self._text.rfind("\n", seen, position)
        string = self._text.rfind('"', seen, position)
        if line >= 0 or string >= 0:
            self._is_inside = False
        start = max(line, string, seen - 3)
        if not self._is_inside and _PATH.search(self._text, start, position + 1):
            self._is_inside = True
        return self._is_inside


def _is_word(text: str, at: int) -> bool:
    return 0 <= at < len(text) and (text[at].isalnum() or text[at] in "_-")


def printable(decoded: str) -> str:
    """Return a character, or a space if it has no shape."""
    return decoded if decoded.isprintable() else " "
