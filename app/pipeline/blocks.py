"""Cuts a long text into blocks, at places where no IOC can stand.

Blocks keep the memory small for a text of any length, and stay in the cache of the processor.
The cuts depend on the text alone, not on the chunks in which it arrives, so that a file and a
paste of the same text give the same IOCs.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator

from app.pipeline.words import word_set

GAP = '\n\n"|"\n\n'
"""Joins texts that are read at once: no IOC, no way to defang one and no judgement goes across."""
_SIZE = 60_000
_LONGEST = 1 << 20
_BLANK_REACH = 10_000
_QUIET_REACH = 64_000
_WINDOW = 40

# A line that ends in "=" goes on in the next: quoted-printable (RFC 2045, 6.7).
_LINE_END = re.compile(r"\n(?<!=\n)(?<!=\r\n)")
# A line may also go on in a quoted or an indented line: in a mail (">"), in a folded header field
# (RFC 5322, 2.2.3).
_PLAIN_LINE_END = re.compile(_LINE_END.pattern + r"(?![>\s])")
_SPACES = re.compile(r"[ \t]+")
_QUOTES = '"|`'
"""Characters that are no part of any IOC, nor of any way to defang one."""
_JOINING_WORDS = word_set("dot at punkt punto point and or to through cve")


def blocks(text: str, size: int = _SIZE) -> Iterator[str]:
    """Yield the text in pieces of `size` to twice `size`; a long line may make it a megabyte."""
    return stream_blocks((text,), size)


def stream_blocks(
    chunks: Iterable[str], size: int = _SIZE, longest: int = _LONGEST
) -> Iterator[str]:
    """Yield the same pieces of a text that arrives in chunks; keeps little more than one piece."""
    pending: list[str] = []
    length, wanted = 0, 2 * size
    for chunk in chunks:
        pending.append(chunk)
        length += len(chunk)
        if length > wanted:
            rest = yield from _pieces("".join(pending), size, longest)
            pending, length = [rest], len(rest)
            # Wait for twice as much before the next try: a line without an end would be read
            # again with each chunk, which is quadratic.
            wanted = min(max(2 * size, 2 * length), max(longest, length))
    yield (yield from _pieces("".join(pending), size, longest))


def _pieces(text: str, size: int, longest: int) -> Generator[str, None, str]:
    """Yield the pieces of a text; return the rest, which cannot be cut yet."""
    start = 0
    while cut := _cut(text, start, size, longest):
        yield text[start:cut]
        start = cut
    return text[start:]


def _cut(text: str, start: int, size: int, longest: int) -> int:
    """Return the end of the piece that begins at `start`; 0 if more text is needed first."""
    rest = len(text) - start
    if rest <= 2 * size:
        return 0
    near, far = start + size, start + 2 * size
    if cut := _blank_line(text, near, min(far, near + _BLANK_REACH)):
        return cut
    line_end = _PLAIN_LINE_END.search(text, near, far) or _LINE_END.search(
        text, near, start + longest
    )
    if line_end:
        return line_end.end()
    return _cut_inside_line(text, near, start + longest) if rest > longest else 0


def _blank_line(text: str, start: int, end: int) -> int:
    cuts = [
        place + len(gap) for gap in ("\n\n", "\n\r\n") if (place := text.find(gap, start, end)) >= 0
    ]
    return min(cuts, default=0)


def _cut_inside_line(text: str, start: int, end: int) -> int:
    """Return the latest place to cut a line that is too long.

    It is between unrelated words, else between any two, else at a quote, else at a soft line
    break; a single token that is longer is cut in two.
    """
    for spaces in reversed(list(_SPACES.finditer(text, max(start, end - _QUIET_REACH), end))):
        if _is_quiet(text, *spaces.span()):
            return spaces.end()
    for marks in (" \t", _QUOTES, "\n"):
        place = max(text.rfind(mark, start, end) for mark in marks)
        if place >= 0:
            return place + 1
    return end


def _is_quiet(text: str, start: int, end: int) -> bool:
    """Return whether a cut is safe: not inside `evil [.] com` or `name at host dot org`."""
    before = text[max(0, start - _WINDOW) : start].lower().split()[-2:]
    after = text[end : end + _WINDOW].lower().split()[:2]
    words = [*before, *after]
    return (
        bool(after)
        and after[0][0].isalpha()
        and _JOINING_WORDS.isdisjoint(words)
        and all(word[0].isalnum() or len(word) > 3 for word in words)
    )
