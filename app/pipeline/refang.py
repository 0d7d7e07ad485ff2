"""Refanging: finds the edits that undo defanging, entities, escapes and soft line breaks.

An edit is a span of the pasted text and what it stands for; `refanged_text` applies the edits.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from app.pipeline.escapes import Edit, find_backslashes, find_escapes, printable
from app.pipeline.quoted_printable import QuotedPrintable
from app.pipeline.words import word_set

DOT = "\x01"
"""The character that stands for a defanged dot in the refanged text.

It differs from a plain dot because file names are never defanged: the rules trust such names more.
"""


# A search for one character is ten times as fast as a search for a set of characters; so each
# set is translated to one character first. No pattern repeats without a bound: every search
# stays linear, on hostile text too (tests/pipeline/test_linearity.py).
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
_ENTITY = re.compile(r"&(?:\#[0-9]{1,7}|\#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,24});", re.IGNORECASE)
# Quoted-printable (RFC 2045, 6.7): "=3D" is "=", and "=" at the end of a line joins the lines.
_QUOTED = re.compile(r"=(3D|2E|40|\r?\n(?!\r?\n|\Z))", re.IGNORECASE)
_SURELY_QUOTED = re.compile(r"=(?:3D|\r?\n)")
# Soft hyphens, zero-width characters and word joiners; then the full stops of other scripts
# that browsers read as a dot (UTS 46), and the one-dot leader.
_INVISIBLE = re.compile("(?P<blank>[\u00ad\u200b-\u200d\u2060\ufeff])|[\u3002\uff0e\uff61\u2024]")
_SPOKEN_DOT = re.compile(rb"\.\.ot(?=\.)")
_SPOKEN_LEFT = re.compile(r"(?<![\w.-])(?:[\w.+-]{1,64}(?P<at> at ))?[\w-]{1,63}$", re.IGNORECASE)
_SPOKEN_WINDOW = 140
_SPOKEN_RIGHT = re.compile(r"(?: dot [\w-]{1,63}){1,10}", re.IGNORECASE)

# Words that follow " [.] " in sentences about regular expressions, and are top-level domains too.
_SMALL_WORDS = word_set("am as at be by do in is it me my no so to us")
_ARTICLES = word_set("a an any each every my our that the their this your")
_VERBS = word_set("""
    aimed available based be being blocked bought called contacted data detected directed done down
    email emails found here hosted is it live located look looked looking mail me meet not now
    observed of online points read registered reported seen send sent served sign site sold spotted
    start starts stored subscribe traffic up us visit was works work worked working write you
    """)
"""Words before `at` that make it a sentence rather than an address."""
_WORD = re.compile(r"\w{1,20}")


def find_edits(text: str) -> list[Edit]:
    """Return all edits in the order of the text; one may begin inside the one before it."""
    classes = text.encode("ascii", "replace").translate(_TABLE)
    edits = list(_quoted(text))
    if not text.isascii():
        edits += _invisible(text)
    edits += _brackets(text, classes, _Vanished(edits))
    if "\\" in text:
        edits += find_escapes(text)
        edits += find_backslashes(text)
    if "&" in text:
        edits += _entities(text)
    edits += _spoken(text, classes)
    edits.sort()
    return edits


class _Vanished:
    """The spans that vanish from the text: soft line breaks and characters without width.

    A mark such as `[.]` may have one beside it, so its neighbours are looked for beyond them.
    """

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
    """Return the edit for `[.]`, `(dot)`, `{at}`, `[://]`, or None.

    A mark may have a space on both sides, as in `evil [.] com`.
    """
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
    # Anything may stand before an at-sign: a mailbox name, or the password of a URL.
    if mark == "@" and before >= 0 and not text[before].isspace():
        return start, end, "@"
    if _is_word(text, before):
        return start, end, "@" if mark.lower() in ("@", "at") else DOT
    return None


def _is_word(text: str, at: int) -> bool:
    return 0 <= at < len(text) and (text[at].isalnum() or text[at] in "_-")


def _entities(text: str) -> Iterator[Edit]:
    for match in _ENTITY.finditer(text):
        plain = html.unescape(match[0])
        if plain != match[0]:
            yield *match.span(), printable(plain)


def _quoted(text: str) -> Iterator[Edit]:
    if not _SURELY_QUOTED.search(text):
        return
    quoted_printable = QuotedPrintable(text)
    for match in _QUOTED.finditer(text):
        if quoted_printable.covers(match.start()):
            mark = match[1]
            yield *match.span(), "" if mark[-1] == "\n" else chr(int(mark, 16))


def _invisible(text: str) -> Iterator[Edit]:
    """Yield edits that remove characters without width, and read other full stops as dots."""
    for match in _INVISIBLE.finditer(text):
        start, end = match.span()
        if match["blank"]:
            yield start, end, ""
        elif _is_ascii_word(text, start - 1) and _is_ascii_word(text, end):
            yield start, end, DOT


def _is_ascii_word(text: str, at: int) -> bool:
    return _is_word(text, at) and text[at].isascii()


def _spoken(text: str, classes: bytes) -> Iterator[Edit]:
    """Yield the edits for names in words: `user at example dot com`, `www dot example dot com`."""
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
    # One "dot" between two plain words is English ("the dot com years"): there must be an "at",
    # a second "dot", or a digit or hyphen in the name.
    first = left[0].rpartition(" ")[2].lower()
    words = right.split(" dot ")
    if "dot" in words or first in _ARTICLES:
        return False
    has_mark = any(c.isdigit() or c == "-" for c in first)
    return has_mark or len(words) > 2 or _has_mailbox(left)


def _has_mailbox(left: re.Match[str]) -> bool:
    return left["at"] is not None and left[0].partition(" ")[0].lower() not in _VERBS
