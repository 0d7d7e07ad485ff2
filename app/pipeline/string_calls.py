"""Finds the calls and operators by which program text puts strings together.

They are lists that are joined, concatenations, strings that are turned round, PowerShell's `-f`,
and `unescape`. Nothing is run: each form is replaced by the string that it stands for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from app.pipeline.code_brackets import Brackets
from app.pipeline.escapes import printable

CALLS = "string calls"
_QUOTES = "\"'`"
_LITERAL = r"(?:\"[^\"\\\n]*+\"|'[^'\\\n]*+'|`[^`\\\n]*+`)"
_LITERALS = rf"\s{{0,40}}(?:{_LITERAL}\s{{0,40}},?\s{{0,40}}){{1,2000}}+"
_ONE_LITERAL = re.compile(_LITERAL)
_LONGEST = 20_000
"""Lists and strings that are longer in characters are left as they are."""
_LONGEST_GAP = 40
_WINDOW = 60  # for the name of a call, and for what stands between it and its first argument

_NAME_ENDS = frozenset(("oin", "rse", "rev", "ape", "ent", "ode", "cat", "ate"))
"""The last letters of the names of the calls: the quickest test."""
_CALL_NAME = re.compile(r"\b\w{1,24}$")
_ONE_ARGUMENT = re.compile(rf"\(\s?(?P<text>{_LITERAL})\s?\)")
_REVERSES = frozenset(("strreverse", "strrev", "reverse"))
# What is turned round must not hide what can be read as it stands.
_FORWARD = re.compile(r"://|\bwww\.", re.IGNORECASE)
_UNESCAPES = frozenset(("unescape", "decodeuri", "decodeuricomponent", "urldecode", "rawurldecode"))
_CONCATENATIONS = frozenset(("concat", "concatenate", "str_concat"))
_ALL_LITERALS = re.compile(rf"\((?P<list>{_LITERALS})\)")
_U_PERCENT = re.compile(r"%u([0-9a-fA-F]{4})")
_JOIN_LEFT = frozenset("])" + _QUOTES)
_GLUE_BEHIND = re.compile(rf"\(\s?(?P<glue>{_LITERAL})?\s?\)")
_REVERSE = r"(?P<reverse>\s?\.\s?reverse\(\s?\))?"
_LIST_END = re.compile(rf"\]{_REVERSE}\s?\.\s?$", re.IGNORECASE)
_SPLIT = re.compile(rf"\s?\.\s?split\(\s?(?P<mark>{_LITERAL})\s?\){_REVERSE}\s?\.\s?$", re.I)
_GLUE_BEFORE = re.compile(r"[\"'`]\s?\.\s?$")
_LIST_INSIDE = re.compile(rf"\(\s?[\[(](?P<list>{_LITERALS})[\])]\s?\)")
_ARRAY = re.compile(
    rf"\(\s?Array\((?P<list>{_LITERALS})\)\s?(?:,\s?(?P<glue>{_LITERAL})\s?)?\)", re.IGNORECASE
)

# PowerShell: 'a','b' -join '' and -join ('a','b') and "{1}{0}" -f 'b','a'; and Python's [::-1].
_OPERATOR = re.compile(r"-(?:join|f)(?=[\s(\"'])", re.IGNORECASE)
_LIST_BEHIND = re.compile(rf"-join\s?@?\((?P<list>{_LITERALS})\)", re.IGNORECASE)
_JOIN_GLUE = re.compile(rf"-join\s?(?P<glue>{_LITERAL})", re.IGNORECASE)
_ARGUMENTS = re.compile(rf"-f\s?\(?(?P<list>{_LITERALS})\)?", re.IGNORECASE)
_PLACE = re.compile(r"\{([0-9]{1,3})\}")
_BACKWARDS = "[::-1]"

Call = tuple[int, int, str]
"""Begin, end, and the string that the call stands for."""


def find_string_calls(text: str, brackets: Brackets) -> Iterator[Call]:
    """Yield the calls in a text whose arguments are all literals; one may be inside another."""
    if not any(quote in text for quote in _QUOTES):
        return
    for at in brackets.round:
        if text[at - 3 : at].lower() in _NAME_ENDS and (call := _call(text, at)):
            yield call
    # A search for one character is the fastest, so the pattern begins with one.
    for operator in _OPERATOR.finditer(text) if "-" in text else ():
        if call := _operation(text, operator.start(), operator[0].lower()):
            yield call
    for at in brackets.square:
        if text.startswith(_BACKWARDS, at):
            start, words = _list_before(text, at)
            if len(words) == 1 and not _FORWARD.search(words[0]):
                yield start, at + len(_BACKWARDS), words[0][::-1]


def unescaped(text: str) -> str:
    """Return what `unescape` makes of a text."""
    return unquote(_U_PERCENT.sub(lambda match: chr(int(match[1], 16)), text), errors="replace")


def _call(text: str, bracket: int) -> Call | None:
    if text[max(0, bracket - 5) : bracket].lower() == ".join":
        return _join(text, bracket - 4, bracket)
    found = _CALL_NAME.search(text, max(0, bracket - _WINDOW), bracket)
    if found is None:
        return None
    name = found[0].lower()
    if name == "join":
        return _join(text, found.start(), bracket)
    if name in _CONCATENATIONS and text[found.start() - 1 : found.start()] != ".":
        given = _ALL_LITERALS.match(text, bracket, bracket + _LONGEST)
        return (found.start(), given.end(), "".join(_words(given["list"]))) if given else None
    if name not in _REVERSES and name not in _UNESCAPES:
        return None
    argument = _ONE_ARGUMENT.match(text, bracket, bracket + _LONGEST)
    if argument is None:
        return None
    inside = argument["text"][1:-1]
    if name in _REVERSES and _FORWARD.search(inside):
        return None
    plain = inside[::-1] if name in _REVERSES else unescaped(inside)
    return found.start(), argument.end(), "".join(map(printable, plain))


def _join(text: str, name: int, bracket: int) -> Call | None:
    """Read `["a", "b"].join("")`, `"ab".split("").join("")`, `"".join(["a"])`, `Join(Array())`."""
    window = max(0, name - _WINDOW)
    has_array = text[bracket + 1 : bracket + 7].lstrip()[:5].lower() == "array"
    if has_array and (array := _ARRAY.match(text, bracket, bracket + _LONGEST)):
        return name, array.end(), _joined(_words(array["list"]), array["glue"], " ")
    # The patterns are slow, so they are asked only behind what they can end with.
    left = _without_gap(text, _without_gap(text, name) - 1) - 1
    if text[left] == "]" and text[_without_gap(text, left) - 1] not in _QUOTES:
        return None
    if text[left] not in _JOIN_LEFT:
        return None
    glue = _GLUE_BEHIND.match(text, bracket)
    if glue and (end := _LIST_END.search(text, window, name)):
        start, words = _list_before(text, _without_gap(text, end.start()))
        start = _without_gap(text, start) - 1
        if words and text[start] == "[":
            words = words[::-1] if end["reverse"] else words
            return start, glue.end(), _joined(words, glue["glue"], ",")
    elif glue and (split := _SPLIT.search(text, window, name)):
        start, words = _list_before(text, split.start())
        if words:
            mark = split["mark"][1:-1]
            words = words[-1].split(mark) if mark else list(words[-1])
            words = words[::-1] if split["reverse"] else words
            return start, glue.end(), _joined(words, glue["glue"], ",")
    elif before := _GLUE_BEFORE.search(text, window, name):
        start, words = _list_before(text, before.start() + 1)
        inside = _LIST_INSIDE.match(text, bracket, bracket + _LONGEST)
        if inside and words:
            return start, inside.end(), words[-1].join(_words(inside["list"]))
    return None


def _operation(text: str, at: int, operator: str) -> Call | None:
    if operator == "-join" and (behind := _LIST_BEHIND.match(text, at, at + _LONGEST)):
        return at, behind.end(), "".join(_words(behind["list"]))
    end = _without_gap(text, at)
    if text[end - 1 : end] == ")":
        end -= 1
    start, words = _list_before(text, end)
    if not words:
        return None
    if operator == "-f":
        arguments = _ARGUMENTS.match(text, at, at + _LONGEST)
        if arguments is None or not _PLACE.search(words[-1]):
            return None
        given = _words(arguments["list"])
        end = _without_gap(text, arguments.end())
        return start, end, _PLACE.sub(lambda place: _given(given, place), words[-1])
    glue = _JOIN_GLUE.match(text, at)
    return (start, glue.end(), _joined(words, glue["glue"], "")) if glue else None


def _list_before(text: str, end: int) -> tuple[int, list[str]]:
    """Return the begin of the literals, with commas between, that end at a place; and them."""
    least = max(0, end - _LONGEST)
    start, words = end, []
    while end > least and text[end - 1] in _QUOTES:
        opening = text.rfind(text[end - 1], least, end - 1)
        word = text[opening + 1 : end - 1]
        if opening < 0 or "\n" in word or "\\" in word:
            break
        words.append(word)
        start = opening
        comma = _without_gap(text, opening) - 1
        if comma < 0 or text[comma] != ",":
            break
        end = _without_gap(text, comma)
    return start, words[::-1]


def _without_gap(text: str, end: int) -> int:
    """Return the end of a text without the white space before a place."""
    start = max(0, end - _LONGEST_GAP)
    return start + len(text[start:end].rstrip())


def _words(literals: str) -> list[str]:
    return [literal[1:-1] for literal in _ONE_LITERAL.findall(literals)]


def _given(words: list[str], place: re.Match[str]) -> str:
    number = int(place[1])
    return words[number] if number < len(words) else place[0]


def _joined(words: list[str], glue: str | None, default: str) -> str:
    return (glue[1:-1] if glue else default).join(words)
