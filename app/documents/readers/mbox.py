"""The reader of mailboxes in one file (RFC 4155): each mail is a member."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.documents.kinds import HEAD
from app.documents.limits import Budget
from app.documents.mail_heads import even_line_ends, is_mail
from app.documents.models import Item, Member

_FROM = re.compile(rb"^From [^\n]*\n?", re.MULTILINE)
_TIME = re.compile(rb" \d\d?:\d\d")


def read_mbox(data: bytes, budget: Budget) -> Iterator[Item]:
    data = even_line_ends(data).lstrip()
    lines = [match.span() for match in _FROM.finditer(data) if _begins_mail(data, match)]
    if not lines or lines[0][0] > 0:
        lines.insert(0, (0, 0))
    ends = [start for start, _ in lines[1:]] + [len(data)]
    for number, ((_, begin), end) in enumerate(zip(lines, ends, strict=True), 1):
        yield Member(f"message {number}", data[begin:end])


def _begins_mail(data: bytes, match: re.Match[bytes]) -> bool:
    """Return whether a line begins a mail; lines of bodies begin with "From " as well.

    Most programs write an address and a time and leave a blank line above, but not all do.
    """
    place = match.start()
    if not place:
        return True
    above = data[max(0, place - 3) : place]
    has_blank_line = above.endswith((b"\n\n", b"\n\r\n"))
    if has_blank_line and _TIME.search(match[0][:300]):
        return True
    return is_mail(data[match.end() : match.end() + HEAD])
