"""Refanging: the edits that undo defanging, entities, escapes and soft line breaks.

Each is an edit: a span of the pasted text and what it stands for.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from app.pipeline.words import word_set

DOT = "\x01"
"""Stands for a defanged dot: file names are not defanged, so the rules trust such names more."""


Edit = tuple[int, int, str]
"""Begin, end, and replacement."""


# Each search is for plain characters, which is ten times as fast as one for a set of them: sets
# become one character first. Nothing repeats without a bound, so that all stay linear.
_OPENERS, _AFTER_OPENER = b"[({<", b". dDpPaA@:/"
_TABLE = bytes.maketrans(
    b"OT" + _OPENERS + _AFTER_OPENER, b"ot" + b"[" * len(_OPENERS) + b"." * len(_AFTER_OPENER)
)
_OPENING = re.compile(rb"\[\.")
_BRACKETED = re.compile(
    r"""[\[({<](?:
      \ ?(\.|dot|punkt|punto|point|@|at|:(?://?)?|//?)\ ?[\])}>]
    | (?<=\[)\.(?=\w)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_CLOSING = re.compile(r"\.\](?=\w)")
_BACKSLASH = re.compile(
    r"""\\(?:
      /
    | \\?(?P<escaped>\.)(?=\w)
    | (?P<space>r\\n|[nrt])
    | u00(?P<unicode>[0-9a-f]{2})
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_ENTITY = re.compile(r"&(?:\#[0-9]{1,7}|\#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,24});", re.IGNORECASE)
_QUOTED = re.compile(r"=(3D|2E|40|\r?\n(?!\r?\n|\Z))", re.IGNORECASE)
_SURELY_QUOTED = re.compile(r"=(?:3D|\r?\n)")
_INVISIBLE = re.compile("(?P<blank>[\u00ad\u200b-\u200d\u2060\ufeff])|[\u3002\uff0e\uff61\u2024]")
_SPOKEN_DOT = re.compile(rb"\.\.ot(?=\.)")
_SPOKEN_LEFT = re.compile(r"(?<![\w.-])(?:[\w.+-]{1,64}(?P<at> at ))?[\w-]{1,63}$", re.IGNORECASE)
_SPOKEN_WINDOW = 140
_SPOKEN_RIGHT = re.compile(r"(?: dot [\w-]{1,63}){1,10}", re.IGNORECASE)

# Words that follow a dot in brackets in a sentence about regular expressions, and are
# top-level domains as well.
_SMALL_WORDS = word_set("am as at be by do in is it me my no so to us")
_ARTICLES = word_set("a an any each every my our that the their this your")
_VERBS = word_set("""
    aimed available based be being blocked bought called contacted data detected directed done down
    email emails found here hosted is it live located look looked looking mail me meet not now
    observed of online points read registered reported seen send sent served sign site sold spotted
    start starts stored subscribe traffic up us visit was works work worked working write you
    """)
"""Words before `at` that make it a sentence rather than an address."""
_PATH = re.compile(r"(?<![a-z])[a-z]:\\|\\\\|%\\|\bHK(?:LM|CU|EY)", re.IGNORECASE)
_PARAGRAPH_GAP = re.compile(r"\n[ \t]*\r?\n")
_FULL_SOFT_LINE = re.compile(r"^[^\n]{72,75}=\r?$", re.MULTILINE)
_WORD = re.compile(r"\w{1,20}")


def find_edits(text: str) -> list[Edit]:
    """Return all edits in the order of the text, without those that begin inside another."""
    classes = text.encode("ascii", "replace").translate(_TABLE)
    edits = list(_quoted(text))
    if not text.isascii():
        edits += _invisible(text)
    edits += _brackets(text, classes, _Vanished(edits))
    if "\\" in text:
        edits += _escapes(text)
    if "&" in text:
        edits += _entities(text)
    edits += _spoken(text, classes)
    edits.sort()
    return edits


class _Vanished:
    """Characters that a soft line break or no width makes nothing of."""

    def __init__(self, edits: list[Edit]) -> None:
        self._ends = {start: end for start, end, plain in edits if not plain}
        self._starts = {end: start for start, end in self._ends.items()}

    def before(self, position: int) -> int:
        """Return the index of the visible character before a position; -1 if there is none."""
        while position in self._starts:
            position = self._starts[position]
        return position - 1

    def after(self, position: int) -> int:
        """Return the index of the visible character at a position."""
        while position in self._ends:
            position = self._ends[position]
        return position


def _brackets(text: str, classes: bytes, vanished: _Vanished) -> Iterator[Edit]:
    for opening in _OPENING.finditer(classes):
        start = opening.start()
        end = start + 3
        is_usual = text[start:end] == "[.]" and text[end : end + 1].isalnum()
        if is_usual and text[start - 1 : start].isalnum():
            yield start, end, DOT
            continue
        match = _BRACKETED.match(text, start)
        if match and (edit := _bracketed(text, match, vanished)):
            yield edit
    for match in _CLOSING.finditer(text):
        if _is_word(text, match.start() - 1):
            yield *match.span(), DOT


def _bracketed(text: str, match: re.Match[str], vanished: _Vanished) -> Edit | None:
    """`[.]`, `(dot)`, `{at}`, `[://]`; with a space on both sides too, as in `evil [.] com`."""
    start, end = match.span()
    mark = match[1] or ""
    if mark[:1] in (":", "/"):
        return start, end, mark
    if mark and text[start - 1 : start] == " " == text[end : end + 1]:
        word = _WORD.match(text, end + 1)
        if word is None or word[0].lower() in _SMALL_WORDS:
            return None
        start, end = start - 1, end + 1
    before = vanished.before(start)
    if not _is_word(text, vanished.after(end)):
        return None
    if mark == "@" and before >= 0 and not text[before].isspace():  # any mailbox, any password
        return start, end, "@"
    if _is_word(text, before):
        return start, end, "@" if mark.lower() in ("@", "at") else DOT
    return None


def _is_word(text: str, at: int) -> bool:
    return 0 <= at < len(text) and (text[at].isalnum() or text[at] in "_-")


def _escapes(text: str) -> Iterator[Edit]:
    """The escapes of JSON, patterns and program text."""
    paths = _Paths(text)
    for match in _BACKSLASH.finditer(text):
        start, end = match.span()
        kind = match.lastgroup
        if kind is None:
            yield start, end, "/"
        elif kind == "escaped":
            if _is_word(text, start - 1):
                yield start, end, "."  # not DOT: patterns escape the dots of file names too
        elif kind == "unicode":
            yield start, end, _printable(chr(int(match[kind], 16)))
        elif match[kind].islower() and not paths.covers(start):
            yield start, end, " " if match[kind] == "t" else "\n"


def _entities(text: str) -> Iterator[Edit]:
    for match in _ENTITY.finditer(text):
        plain = html.unescape(match[0])
        if plain != match[0]:
            yield *match.span(), _printable(plain)


def _quoted(text: str) -> Iterator[Edit]:
    if not _SURELY_QUOTED.search(text):
        return
    quoted_printable = _QuotedPrintable(text)
    for match in _QUOTED.finditer(text):
        if quoted_printable.covers(match.start()):
            mark = match[1]
            yield *match.span(), "" if mark[-1] == "\n" else chr(int(mark, 16))


def _printable(decoded: str) -> str:
    return decoded if decoded.isprintable() else " "


def _invisible(text: str) -> Iterator[Edit]:
    """Characters without width vanish; the full stops of other scripts separate labels."""
    for match in _INVISIBLE.finditer(text):
        start, end = match.span()
        if match["blank"]:
            yield start, end, ""
        elif _is_ascii_word(text, start - 1) and _is_ascii_word(text, end):
            yield start, end, DOT


def _is_ascii_word(text: str, at: int) -> bool:
    return _is_word(text, at) and text[at].isascii()


def _spoken(text: str, classes: bytes) -> Iterator[Edit]:
    """`user at example dot com`, `www dot example dot com`: names in words.

    One `dot` between two plain words is English ("the dot com years"), so there must be
    an `at`, a second `dot`, or a digit or hyphen in the name.
    """
    reached = 0
    for joint in _SPOKEN_DOT.finditer(classes):
        position = joint.start()
        if position < reached or text[position : position + 5].lower() != " dot ":
            continue
        right = _SPOKEN_RIGHT.match(text, position)
        before = text[max(0, position - _SPOKEN_WINDOW) : position].rsplit(" ", 3)[-3:]
        left = _SPOKEN_LEFT.search(" ".join(before))
        if left and right and _is_spoken_name(left, right[0].lower()):
            if _has_mailbox(left):
                at = position - (left.end() - left.start("at"))
                yield at, at + 4, "@"
            for word in re.finditer(" dot ", right[0], re.IGNORECASE):
                yield position + word.start(), position + word.end(), DOT
        reached = right.end() if right else 0


def _is_spoken_name(left: re.Match[str], right: str) -> bool:
    first = left[0].rpartition(" ")[2].lower()
    words = right.split(" dot ")
    if "dot" in words or first in _ARTICLES:
        return False
    has_mark = any(c.isdigit() or c == "-" for c in first)
    return has_mark or len(words) > 2 or _has_mailbox(left)


def _has_mailbox(left: re.Match[str]) -> bool:
    return left["at"] is not None and left[0].partition(" ")[0].lower() not in _VERBS


class _Paths:
    """Tells which backslashes belong to a path: `C:\\new` is one, `first\\nsecond` two lines."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._seen = 0
        self._is_inside = False

    def covers(self, position: int) -> bool:
        """Answers questions in the order of the text, so that each line is read once."""
        seen, self._seen = self._seen, position
        line = self._text.rfind("\n", seen, position)
        string = self._text.rfind('"', seen, position)
        if line >= 0 or string >= 0:
            self._is_inside = False
        start = max(line, string, seen - 3)
        if not self._is_inside and _PATH.search(self._text, start, position + 1):
            self._is_inside = True
        return self._is_inside


class _QuotedPrintable:
    """Tells which paragraphs are quoted-printable: each must show it by itself.

    The break at its end counts for nothing: no line follows that it could join.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._end = 0
        self._covers = False

    def covers(self, position: int) -> bool:
        """Answers questions in the order of the text, so that each paragraph is read once."""
        while position >= self._end:
            start = self._end
            gap = _PARAGRAPH_GAP.search(self._text, start)
            self._end = gap.end() if gap else len(self._text) + 1
            self._covers = self._end > position and _is_quoted_printable(
                self._text[start : gap.start() if gap else None].rstrip()
            )
        return self._covers


def _is_quoted_printable(paragraph: str) -> bool:
    """One `=3D` or one line that ends in `=` can be anything: a parameter, base64."""
    equals_signs = paragraph.count("=3D")
    soft_breaks = paragraph.count("=\n") + paragraph.count("=\r\n")
    if '=3D"' in paragraph or (equals_signs and equals_signs + soft_breaks >= 2):
        return True
    # An encoder fills its lines up to 76 characters, the "=" included.
    return soft_breaks > 0 and _FULL_SOFT_LINE.search(paragraph) is not None
