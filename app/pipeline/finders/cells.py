"""Where the cell of a row ends: a comma or semicolon inside of a URL, or behind it.

In prose a URL keeps its commas. In a row of unquoted values the next cell must not become a part of
it; that it is a row is seen from the next cell, from what stands before the URL, and from the
lines beside it.
"""

from __future__ import annotations

import re

from app.pipeline.classifier import is_plain_name
from app.pipeline.words import word_set

_WINDOW = 1000
"""Lines of which more than this is on one side of a URL are not compared with those beside them."""
_INDENT = 40
_LONGEST_CELL = 200
_STATES = word_set(
    """
    active asn benign black blocked botnet c2 cc cnc critical dead domain down email false file fqdn
    hash high hostname inactive info informational ioc ip ipv4 ipv6 low malicious malware md5 medium
    n/a no none null offline online phish phishing ransomware sha1 sha256 spam suspicious true
    unknown unverified up uri url valid verified white yes
    """
)
"""The words of cells that say what kind or state an indicator has."""
_CELL = re.compile(r"[^,;\t\n\r\"'|]{0,200}")
# Brackets, marks at the end of a sentence and the letters of other scripts end a word.
_GOES_ON = r"[.?#%&=+@~$*-]{0,3}[\x01A-Za-z0-9_]"
_HASH = "[0-9A-Fa-f]{32}(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{32}|[0-9A-Fa-f]{96})?"
_IP = r"[0-9]{1,3}(?:[.\x01][0-9]{1,3}){3}"
_DATE = "(?:[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4})"
_INDICATOR = re.compile(
    rf"(?:{_HASH}|{_IP}(?::[0-9]{{1,5}}|/[0-9]{{1,2}})?|{_DATE}(?:[T ][0-9:.+Z-]{{4,24}})?)"
    rf"(?!:{{0,2}}{_GOES_ON})"
    r"|[A-Za-z]{2,8}://|[A-Za-z0-9-]{1,63}\x01|[\w.+-]{1,64}@[\w-]{1,63}[.\x01]"
    r"|CVE-[0-9]{4}-|[^\x00-\x7f]"
)
# A query may hold a list: "?ips=1.2.3.4,1.2.3.5".
_LIST_IN_QUERY = re.compile(rf"[=,](?:{_HASH}|{_IP}|{_DATE})$")
_NAME = re.compile(rf"[a-z0-9-]{{1,63}}(?:\.[a-z0-9-]{{1,63}}){{1,6}}(?!{_GOES_ON})")
_WORD = re.compile(r"[A-Za-z0-9][\w .:/()+-]*")
_PARAMETER = re.compile(r"\s?[\w.-]{1,40}=")
_KEY = re.compile(r"(?:^|[,;\n])\s?[\w.-]{1,40}[=:] ?$")
_PAGE = re.compile(r"\.(?:[sx]?html?|php[0-9]?|aspx?|jsp|cgi|do)$", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')
_LEFT_QUOTES = frozenset("\"'`<")


class Cells:
    """Judges the commas and semicolons of URLs."""

    def __init__(self, text: str) -> None:
        self._text = text

    def ends_at(self, begin: int, at: int) -> bool:
        """Return whether the URL that begins at `begin` ends before the comma or semicolon."""
        text = self._text
        left, delimiter = text[begin - 1], text[at]
        if left in _LEFT_QUOTES:
            return False
        if _is_indicator(text, at + 1):
            query = text.find("?", begin, at)
            return query < 0 or not _LIST_IN_QUERY.search(text, max(query, at - 130), at)
        cell = _CELL.match(text, at + 1)
        content = cell[0] if cell else ""
        if _PARAMETER.match(content):
            key = _KEY.search(text, max(0, begin - 44), begin)
            return key is not None and (delimiter == "," or key[0][0] == ";")
        is_first = left != delimiter
        if is_first and not _is_first(text, begin):
            return False
        return content.lower() in _STATES or self._is_cell(begin, at, content, is_first)

    def _is_cell(self, begin: int, at: int, content: str, is_first: bool) -> bool:
        """Judge an everyday cell, behind a URL that is the first or another cell of its row."""
        text = self._text
        end = text.find("\n", at, at + _WINDOW)
        rest = text[at + 1 : end if end >= 0 else at + _WINDOW].rstrip()
        if _PAGE.search(rest.partition(" ")[0]):
            return False
        is_word = not content or _WORD.fullmatch(content) is not None
        if not is_first:
            return (is_word and "/" not in content) or _is_row(text, begin, end, text[at])
        if not is_word:
            return False
        is_row = _is_row(text, begin, end, text[at])
        is_number = content.replace(".", "").isdigit()
        return (is_row and not is_number) or _has_indicator(rest, is_row)


def _is_first(text: str, begin: int) -> bool:
    """Return whether nothing but white space stands before a position in its line."""
    start = text.rfind("\n", max(0, begin - _INDENT), begin) + 1
    return start > 0 and not text[start:begin].strip()


def _is_row(text: str, begin: int, end: int, delimiter: str) -> bool:
    """Return whether the line above or below has as many delimiters as that of a URL."""
    start = text.rfind("\n", max(0, begin - _WINDOW), begin) + 1
    if not start or end < 0:
        return False
    count = _count(text[start:end], delimiter)
    if not count:  # all of it stands in quotes
        return False
    above = text.rfind("\n", max(0, start - 1 - _WINDOW), start - 1) + 1
    if above and count == _count(text[above : start - 1], delimiter):
        return True
    below = text.find("\n", end + 1, end + 1 + _WINDOW)
    return below >= 0 and count == _count(text[end + 1 : below], delimiter)


def _count(line: str, delimiter: str) -> int:
    if '"' in line:
        line = _QUOTED.sub("", line)
    return line.count(delimiter)


def _is_indicator(text: str, at: int) -> bool:
    """Return whether a cell begins with an IOC, a date, or a letter beyond ASCII."""
    if _INDICATOR.match(text, at):
        return True
    name = _NAME.match(text, at)
    return name is not None and is_plain_name(name[0], name[0].split("."))


def _has_indicator(rest: str, is_row: bool) -> bool:
    """Return whether one of the next cells is surely none of a URL; a plain word is, in a row."""
    return any(
        _INDICATOR.match(cell) or (is_row and cell.isalpha() and len(cell) > 1)
        for cell in re.split("[,;]", rest[:_LONGEST_CELL])
    )
