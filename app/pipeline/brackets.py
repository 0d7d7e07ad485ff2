"""Finds the edits that undo marks in brackets: `[.]`, `(dot)`, `{at}`, `[://]`, `.[com]`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.pipeline import words
from app.pipeline.escapes import Edit
from app.pipeline.tlds import SPECIAL_TLDS, TLDS
from app.pipeline.words import word_set

DOT = "\x01"
"""The character that stands for a defanged dot in the refanged text.

It differs from a plain dot because file names are never defanged: the rules trust such names more.
"""

# In the classes that `refang` makes: what may be `[.]`, and what may be `.[com]`.
_OPENING = re.compile(rb"\[(?:(?=[.,])|(?<=\.\[))")
_BRACKETED = re.compile(
    r"""[\[({<](?:
      \ ?(?P<mark>\\{0,2}\.|,|dot|d0t|punkt|punto|point|@|at|a|:(?://?)?|::|//?)\ ?\\?[\])}>]
    | (?<=\[)[.@:](?=\w)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_CLOSING = re.compile(r"\](?<=([.@])\])(?=\w)")
_NAME_BEFORE = re.compile(r"/[^\s/]*$")
_NAME_WINDOW = 300
_BRACKETED_TLD = re.compile(r"\.(?:\[([a-z]{2,24})\]|\{([a-z]{2,24})\}|\(([a-z]{2,24})\))", re.I)
# Words that follow " [.] " in sentences about regular expressions, and are top-level domains too.
_SMALL_WORDS = word_set("am as at be by do in is it me my no so to us")
# Words before " [.]com" that speak of the top-level domain itself, and words after it.
_BEFORE_TLD = _SMALL_WORDS | word_set("""
    a all an and any are as com each every for from has have is like many net new of on only or org
    other over own some such that the their these this those under use used uses using was were
    with
    """)
_AFTER_TLD = re.compile(
    r"\w{2,24} (?:domain|[cg]?c?tld|zone|name|address|extension|suffix)", re.IGNORECASE
)
_TLDS = TLDS | SPECIAL_TLDS
_SURE_TLDS = TLDS - (
    words.FILE_TLDS
    | words.SHARED_TLDS
    | (words.MEMBER_TLDS - words.COMMON_TLDS)
    | words.RESERVED_WORD_TLDS
    | words.UNIT_TLDS
)
_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")
_WORD = re.compile(r"\w{1,20}")
_MORE = re.compile(r"[\w-]{1,63} ?[\[({<]? ?(?:\.|,|dot\b|d0t\b)(?! )", re.IGNORECASE)
_LAST_WORD = re.compile(r"[\w.+-]{1,64}$")
_NEXT_OF_LIST = re.compile(r"[\[({](?:b|c|i{1,3})[\])}]", re.IGNORECASE)
_LIST_WINDOW = 300
_AT_MARKS = frozenset(("@", "at", "a"))


def find_brackets(text: str, classes: bytes, edits: list[Edit]) -> Iterator[Edit]:
    """Yield the edits for marks in brackets; `edits` are those that remove characters."""
    vanished = _Vanished(edits)
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
        if text[start - 1 : start] == ".":
            yield from _bracketed_tld(text, start - 1)
    for closing in _CLOSING.finditer(text):  # `.]com`, `@]example`
        end = closing.end()
        if is_word(text, end - 3):
            yield end - 2, end, DOT if closing[1] == "." else "@"


def _bracketed_tld(text: str, start: int) -> Iterator[Edit]:
    """Yield the edits for the brackets of `.[com]`."""
    match = _BRACKETED_TLD.match(text, start)
    if match is None or match[0][2:-1].lower() not in _SURE_TLDS or not is_word(text, start - 1):
        return
    name = _NAME_BEFORE.search(text, max(0, start - _NAME_WINDOW), start)
    if name and text[name.start() - 1 : name.start()] != "/":
        return  # the path of a URL, where brackets are brackets
    end = match.end()
    if text[end : end + 1] != "(":
        yield start, start + 2, DOT
        yield end - 1, end, ""


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


def _bracketed(text: str, match: re.Match[str], vanished: _Vanished) -> Edit | None:
    """Return the edit for `[.]`, `(dot)`, `{at}`, `[://]`, or None.

    A mark may have a space on both sides, as in `evil [.] com`, or on one.
    """
    start, end = match.span()
    mark = (match["mark"] or match[0][1:]).lower()
    if mark == "::":
        return (start, end, mark) if _is_hex(text, start - 1) and _is_hex(text, end) else None
    if mark[:1] in (":", "/"):
        return start, end, mark
    if text[start - 1 : start] == "\\":  # Markdown escapes brackets: "evil\[.\]com"
        start -= 1
    left, right = text[start - 1 : start] == " ", text[end : end + 1] == " "
    if match["mark"] and (left or right or mark in (",", "a")):
        if not _is_mark(text, start - left, end + right, mark, left != right):
            return None
        start, end = start - left, end + right
    before = vanished.before(start)
    if not is_word(text, vanished.after(end)):
        return None
    # Anything may stand before an at-sign: a mailbox name, or the password of a URL.
    if mark == "@" and before >= 0 and not text[before].isspace():
        return start, end, "@"
    if is_word(text, before):
        return start, end, "@" if mark in _AT_MARKS else DOT
    return None


def _is_mark(text: str, start: int, end: int, mark: str, is_lopsided: bool) -> bool:
    """Return whether what stands around a mark with a space, or around an odd one, is a name."""
    word = _WORD.match(text, end)
    if word is None or word[0].lower() in _SMALL_WORDS:
        return False
    if mark == "a" and is_lopsided:  # "query[A] example.com", as name servers log
        return False
    is_odd = is_lopsided or mark in (",", "a")
    if not is_odd:
        return True
    last = _LAST_WORD.search(text, max(0, start - 64), start)
    if last is None or last[0].lower() in _BEFORE_TLD:
        return False
    if mark in _AT_MARKS:
        window = text[end : end + _LIST_WINDOW]
        return _MORE.match(text, end) is not None and not (
            mark == "a" and (text[end - 1] == ">" or _NEXT_OF_LIST.search(window))
        )
    is_last = word[0].lower() in _TLDS and not _AFTER_TLD.match(text, end)
    return is_last or _MORE.match(text, end) is not None


def _is_hex(text: str, at: int) -> bool:
    return at >= 0 and text[at : at + 1] in _HEX_DIGITS


def is_word(text: str, at: int) -> bool:
    """Return whether a letter, a digit, a hyphen or an underscore stands at a position."""
    return 0 <= at < len(text) and (text[at].isalnum() or text[at] in "_-")
