"""Puts hashes and URLs together that a printed page wraps over two or more lines.

A half of a hash is a wrong hash, and a half of a URL a wrong address. Lines are joined only if the
halves prove it: by the length of the hash, or because no word of prose looks like the second half.
"""

from __future__ import annotations

import re

_HASHES = frozenset((32, 40, 64, 96, 128))
_LINES = 16  # of one hash in the narrowest column
_LABEL = re.compile(r"(?<![a-z])sha[-_ ]?(?:2-)?(1|256|384|512)(?!\d)", re.I)
_LENGTHS = {"1": 40, "256": 64, "384": 96, "512": 128}
_NEAR = 80
_LAST_HEX = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{8,127}$")
_FIRST_HEX = re.compile(r"[0-9A-Fa-f]{1,127}(?![0-9A-Za-z])")
_SCHEME = re.compile(r"(?:h(?:tt|xx)ps?|ftp)\[?:\]?//", re.I)
_LONGEST = 2_000
_WORD = re.compile(r"[!#-&(-;=?-Z\\^-z~\[\]]{1,500}")
_ADDRESS = re.compile(r"[a-z]{2,9}:|www\.|(?:[\w-]{1,63}\[?\.\]?){1,9}[a-z]{2,24}(?:[/:?]|$)", re.I)
_FILE = re.compile(
    r"[\w%~+.-]{1,200}\.(?:exe|dll|php\d?|html?|aspx?|jspx?|js|css|pdf|docx?|docm|xlsx?|xlsm|png|jpe?g"
    r"|gif|hta|ps1|vbs|bat|cmd|lnk|txt|msi|jar|bin|cgi|iso|img|dat|rar|7z|gz|xml|json)[.,;)]?$",
    re.I,
)
_OPEN_ENDS = "-_=&?%"
_FULL = 0.75
"""The share of the longest line of a page that a line has at least if it was full."""
LIGATURES = str.maketrans(
    dict(
        zip(
            "\ufb00\ufb01\ufb02\ufb03\ufb04\ufb05\ufb06",
            ["ff", "fi", "fl", "ffi", "ffl", "st", "st"],
            strict=True,
        )
    )
)
"""The letters that typesetting joins, with what they stand for."""


def unwrapped(text: str) -> str:
    """Return the text of a page with each hash and URL on one line, without ligatures."""
    lines = text.translate(LIGATURES).split("\n")
    longest = max(map(len, lines))
    joined: list[str] = []
    series = (0, 0)
    place = 0
    while place < len(lines):
        line, before, place = lines[place].rstrip(), joined[-1] if joined else "", place + 1
        while place < len(lines):
            if taken := _hash_lines(line, before, lines[place : place + _LINES], series):
                series = len(_last_hex(line)), len(_last_hex(line)) + taken[1]
                count = taken[0]
            elif _goes_on(line, lines[place].strip(), longest):
                count = 1
            else:
                break
            line += "".join(map(str.strip, lines[place : place + count]))
            place += count
        joined.append(line)
    return "\n".join(joined)


def _last_hex(line: str) -> str:
    found = _LAST_HEX.search(line, max(0, len(line) - 128))
    return found[0] if found else ""


def _hash_lines(
    line: str, before: str, following: list[str], series: tuple[int, int]
) -> tuple[int, int] | None:
    """Return how many lines go on with the hash at the end of a line, and how many digits.

    `series` are the lengths of the first piece and of the whole in the hash before.
    """
    first = _last_hex(line)
    if not first:
        return None
    above = f"{before[-_NEAR:]} {line[: -len(first)][-_NEAR:]}"
    labels = [_LENGTHS[number] for number in _LABEL.findall(above)]
    digits = 0
    for count, text in enumerate(map(str.strip, following), 1):
        piece = _FIRST_HEX.match(text)
        if not piece or len(piece[0]) > len(first):
            return None
        digits += len(piece[0])
        total = len(first) + digits
        if total in _HASHES and _is_proved(first, piece[0], total, labels, series):
            return count, digits
        # All pieces but the last fill their column.
        if len(piece[0]) < len(first) or piece.end() < len(text):
            return None
    return None


def _is_proved(
    first: str, last: str, total: int, labels: list[int], series: tuple[int, int]
) -> bool:
    """Return whether pieces are those of one hash, and not hashes of their own."""
    if labels and labels[-1] == total or series == (len(first), total):
        return True
    if labels and labels[-1] < total:
        return False
    # A hash below another, or a checksum of eight digits, would look the same; so would dates.
    is_hash = len(first) in _HASHES and (len(last) in _HASHES or len(last) <= 16)
    return not is_hash and not (first.isdigit() and last.isdigit())


def _goes_on(line: str, following: str, longest: int) -> bool:
    """Return whether the URL at the end of a line goes on in the following line."""
    start = line.rfind("//", max(0, len(line) - _LONGEST))
    begin = next((m.start() for m in _SCHEME.finditer(line, max(0, start - 8))), -1)
    match = _WORD.match(following)
    if start < 0 or begin < 0 or not match or re.search(r"[\s\"'<>|]", line[begin:]):
        return False
    url, word = line[begin:], match[0]
    if not any(map(str.isalnum, word)):
        return False
    if word[0] in "/?&=#%_" and not word.startswith("//"):
        return True
    is_path = "/" in url[start - begin + 2 :]
    if not is_path or url[-1] in ".,;:)!" or _is_address(word):
        return False
    if url[-1] in _OPEN_ENDS:
        return True
    if len(line) < longest * _FULL or not any(map(str.isalpha, word)):
        return False
    if url[-1] == "/" and _FILE.match(word):
        return True
    is_strange = any(sign in word for sign in "=&%_") or word.count("/") > 1
    return is_strange or ("/" in word and any(c.isdigit() or c == "." for c in word.rstrip(".")))


def _is_address(word: str) -> bool:
    """Return whether a word is an address of its own, and not the name of a file with a query."""
    return bool(_ADDRESS.match(word)) and not _FILE.match(re.split("[?/#]", word, maxsplit=1)[0])
