"""Joins the lines of mail bodies that a mail program broke."""

from __future__ import annotations

import re

# A URL in angle brackets may be broken over several lines (RFC 3986, appendix C).
_BRACKETED = re.compile(r"<(?:URL: ?)?[a-z]{3,8}\[?:\]?//[^\s<>]*[ \t]*\r?\n", re.IGNORECASE)
_LONGEST = 2_000
_MOST_LINES = 8


def joined_lines(text: str, is_flowed: bool) -> str:
    """Return a body with joined lines, and blank lines behind them: later lines keep their number.

    `is_flowed` says that blanks at line ends are no part of the text ("delsp=yes", RFC 3676).
    """
    if is_flowed:
        text = _unflowed(text)
    return _with_whole_urls(text) if "<" in text else text


def _unflowed(text: str) -> str:
    pieces: list[str] = []
    joined = 0  # the line breaks that were left out
    depth = -1  # the quoting of the line before if it goes on, or -1
    for line in text.split("\n"):
        content = line.rstrip("\r")
        bare = content.lstrip(">")
        quotes = len(content) - len(bare)
        bare = bare.removeprefix(" ")
        if depth == quotes:
            joined += 1
        else:
            pieces.append("\n" * (joined + 1) + content[:quotes])
            joined = 0
        # "-- " above a signature is a line of its own.
        goes_on = bare.endswith(" ") and bare != "-- "
        pieces.append(bare[:-1] if goes_on else bare)
        depth = quotes if goes_on else -1
    return "".join(pieces)[1:] + "\n" * joined


def _with_whole_urls(text: str) -> str:
    pieces: list[str] = []
    place = 0
    for match in _BRACKETED.finditer(text):
        if match.start() < place:
            continue
        rest, end = _continuation(text, match.end())
        if end:
            pieces += text[place : match.start()], match[0].rstrip(), rest
            pieces.append("\n" * text.count("\n", match.start(), end))
            place = end
    return "".join(pieces) + text[place:]


def _continuation(text: str, start: int) -> tuple[str, int]:
    """Return what the lines from `start` add to a URL, with the bracket, and its end.

    The end is 0 if these lines are no continuation: words, another URL, or no bracket at all.
    """
    pieces = []
    place = start
    for line in text[start : start + _LONGEST].split("\n", _MOST_LINES)[:_MOST_LINES]:
        bare = line.lstrip("> \t")
        skipped = len(line) - len(bare)
        content, bracket, _ = bare.partition(">")
        if "<" in content or "://" in content or len(content.split()) != 1:
            return "", 0
        pieces.append(content.rstrip())
        if bracket:
            return "".join(pieces) + ">", place + skipped + len(content) + 1
        place += len(line) + 1
    return "", 0
