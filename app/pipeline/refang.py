"""Refanging: finds the edits that undo defanging, entities, escapes and soft line breaks.

An edit is a span of the pasted text and what it stands for; `refanged_text` applies the edits.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from app.pipeline.brackets import DOT as DOT
from app.pipeline.brackets import find_brackets, is_word
from app.pipeline.escapes import Edit, find_backslashes, find_escapes, printable
from app.pipeline.fullwidth import find_fullwidth, find_wide_brackets
from app.pipeline.quoted_printable import QuotedPrintable
from app.pipeline.words import word_set

# A pattern that begins with one character is found several times as fast as one that begins with
# a set of characters, or with two; so each set is translated to one character first. No pattern
# repeats without a bound: every search stays linear, on hostile text too
# (tests/pipeline/test_linearity.py).
_OPENERS, _AFTER_OPENER = b"[({<", b" dDpPaA@:/,\\_-"
_TABLE = bytes.maketrans(
    b"OT" + _OPENERS + _AFTER_OPENER, b"ot" + b"[" * len(_OPENERS) + b"," * len(_AFTER_OPENER)
)
_ENTITY = re.compile(r"&(?:\#[0-9]{1,7}|\#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,24});", re.IGNORECASE)
# Quoted-printable (RFC 2045, 6.7): "=3D" is "=", and "=" at the end of a line joins the lines.
_QUOTED = re.compile(r"=(3D|2E|40|\r?\n(?!\r?\n|\Z))", re.IGNORECASE)
_SURELY_QUOTED = re.compile(r"=(?:3D|\r?\n)")
# Soft hyphens, zero-width characters and word joiners; then the full stops of other scripts
# that browsers read as a dot (UTS 46), and the one-dot leader.
_INVISIBLE = re.compile(
    "(?P<blank>[\u00ad\u200b-\u200d\u2060\ufeff])|(?P<hyphen>[\u2010\u2011])"
    "|[\u3002\uff0e\uff61\u2024]"
)
_LABEL_GOES_ON = re.compile(r"[A-Za-z0-9\u2010\u2011-]{1,63}(?:\.[A-Za-z]|[\[({]\.)")
_DOTTED_LEFT = re.compile(r"\.[A-Za-z0-9-]{1,63}$")
_DOTTED_RIGHT = re.compile(r"[A-Za-z0-9-]{1,63}[.@]")
_DOTTED_WINDOW = 64
_ENCODED_DOT = re.compile("%(?=2[eE][A-Za-z0-9-])..")
_HOST_WINDOW = 160
_BEFORE_ENCODED_DOT = re.compile(
    r"(?:^|[\s\"'<>(,;]|[px]s?://|//h..ps?%3a%2f%2f|%40)(?:[\w+:%-]{1,64}@)?(?:[\w-]|%2e){1,64}$",
    re.IGNORECASE,
)
# In the classes, where `,` is a space, a hyphen, an underscore or the letter d.
_SPOKEN_DOT = re.compile(rb"o(?<=,,o)(?=t,)")
_USER_GOES_ON = re.compile(r"[^\s/?#\\<>\"'`|]{0,64}@")
_SPOKEN_LEFT = re.compile(r"(?<![\w.-])(?:[\w.+-]{1,64}(?P<at> at ))?[\w-]{1,63}$", re.IGNORECASE)
_SPOKEN_WINDOW = 140
_SPOKEN_RIGHT = re.compile(r"(?: dot [\w-]{1,63}){1,10}", re.IGNORECASE)

_SPOKEN_DOTS = frozenset((" dot ", "_dot_", "-dot-"))
_LAST_LABEL = re.compile(r"[A-Za-z0-9]{2,63}(?![A-Za-z0-9])")
_JOINED_AT = re.compile("[_-]at[_-]", re.IGNORECASE)

_ARTICLES = word_set("a an any each every my our that the their this your")
_VERBS = word_set("""
    aimed available based be being blocked bought called contacted data detected directed done down
    email emails found here hosted is it live located look looked looking mail me meet not now
    observed of online points read registered reported seen send sent served sign site sold spotted
    start starts stored subscribe traffic up us visit was works work worked working write you
    """)
"""Words before `at` that make it a sentence rather than an address."""


def find_edits(text: str) -> list[Edit]:
    """Return all edits in the order of the text; one may begin inside the one before it."""
    classes = text.encode("ascii", "replace").translate(_TABLE)
    edits = list(_quoted(text))
    if not text.isascii():
        edits += _invisible(text)
        edits += find_fullwidth(text)
        edits += find_wide_brackets(text)
    edits += find_brackets(text, classes, edits)
    if "\\" in text:
        edits += find_escapes(text)
        edits += find_backslashes(text)
    if "&" in text:
        edits += _entities(text)
    if "%" in text:
        edits += _encoded_dots(text)
    edits += _spoken(text, classes)
    edits.sort()
    return edits


def _entities(text: str) -> Iterator[Edit]:
    for match in _ENTITY.finditer(text):
        plain = html.unescape(match[0])
        if plain != match[0]:
            yield *match.span(), printable(plain)


def _encoded_dots(text: str) -> Iterator[Edit]:
    """Yield the edits for `%2e` in a host; in a path or query it stays as it is."""
    for match in _ENCODED_DOT.finditer(text):
        start = match.start()
        before = text[max(0, start - _HOST_WINDOW) : start].replace(".", "-")
        found = _BEFORE_ENCODED_DOT.search(before)
        is_user = found and "//" in found[0] and _USER_GOES_ON.match(text, match.end())
        if found and not is_user:
            yield *match.span(), DOT


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
        elif match["hyphen"]:  # of word processors
            if _is_ascii_word(text, start - 1) and _LABEL_GOES_ON.match(text, end):
                yield start, end, "-"
        elif (
            _is_ascii_word(text, start - 1)
            and _is_ascii_word(text, end)
            and not _ends_sentence(text, start)
        ):
            yield start, end, DOT


def _ends_sentence(text: str, at: int) -> bool:
    """Return whether a full stop of another script stands between two names or addresses."""
    has_dot = _DOTTED_LEFT.search(text, max(0, at - _DOTTED_WINDOW), at)
    return has_dot is not None and _DOTTED_RIGHT.match(text, at + 1) is not None


def _is_ascii_word(text: str, at: int) -> bool:
    return is_word(text, at) and text[at].isascii()


def _spoken(text: str, classes: bytes) -> Iterator[Edit]:
    """Yield the edits for names in words: `user at example dot com`, `www dot example dot com`."""
    reached = 0
    for found in _SPOKEN_DOT.finditer(classes):
        position = found.start() - 2
        mark = text[position : position + 5].lower()
        if position < reached or mark not in _SPOKEN_DOTS:
            continue
        if mark != " dot ":
            yield from _joined(text, position)
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


def _joined(text: str, position: int) -> Iterator[Edit]:
    """Yield the edits for the marks of `user_AT_example_DOT_com` around the dot at a position."""
    start = max(0, position - _SPOKEN_WINDOW)
    written = text[start:position]
    for space in " \t\n\r\"'<>(),;:":
        written = written.rpartition(space)[2]
    label = _LAST_LABEL.match(text, position + 5)
    marks = list(_JOINED_AT.finditer(written))
    if not written or label is None:
        return
    if marks:
        start = position - len(written)
        yield start + marks[-1].start(), start + marks[-1].end(), "@"
    elif text[position : position + 5] != "_DOT_":
        return
    yield position, position + 5, DOT


def _is_spoken_name(left: re.Match[str], right: str) -> bool:
    # One "dot" between two plain words is English ("the dot com years"): there must be an "at",
    # a second "dot", or a digit or hyphen in the name.
    first = left[0].rpartition(" ")[2].lower()
    words = right.split(" dot ")
    if "dot" in words or first in _ARTICLES:
        return False
    # "1[.]2[.]3[.]4 dot" ends an address, as "1.2.3.4 dot" does.
    if first.isdigit() and left.string[: left.start()].endswith(("]", ")", "}")):
        return False
    has_mark = any(c.isdigit() or c == "-" for c in first)
    return has_mark or len(words) > 2 or _has_mailbox(left)


def _has_mailbox(left: re.Match[str]) -> bool:
    return left["at"] is not None and left[0].partition(" ")[0].lower() not in _VERBS
