"""The finder of user agents: in the fields that name them, and wherever a browser begins one."""

from __future__ import annotations

import re

from app.pipeline.hits import Hits
from app.pipeline.models import IOCType
from app.pipeline.refang import DOT
from app.pipeline.refanged_text import RefangedText

_LONGEST = 512
# A header field (RFC 9110, 10.1.5), a key of JSON or of a log, or the argument of curl.
_FIELD = re.compile(
    r"(?<![A-Za-z0-9])user[-_ ]?agent\\?[\"']?"
    r"(?:(?:\.|\\?\"? ?: ?\{ ?\\?\")original\\?\"?)? ?[:=] ?"
    r"|(?<!\w)(?:-A|--user-agent) ",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    rf"\"((?:[^\"\\\n]|\\.){{2,{_LONGEST}}}+)\"|\\\"([^\"\\\n]{{2,{_LONGEST}}}+)|'([^'\n]{{2,{_LONGEST}}}+)'"
)
_TO_LINE_END = re.compile(rf"([^\s\"'<>|,;][^\n\"<>|]{{1,{_LONGEST}}})")
_BROWSER = re.compile(r"Mozilla/[0-9]\.[0-9]{1,2} \([^\n\"<>|\t]{1,480}")
# The last field of a line in the combined format of web servers, behind the one of the referrer.
_COMBINED = re.compile(
    rf"\" [0-9]{{3}} (?:[0-9]+|-) \"[^\"\n]{{0,2000}}\" \"([^\"\n]{{2,{_LONGEST}}})\""
)
_END = re.compile(r"\\[rn\"']|'(?![A-Za-z])|[\"`]")


def find_user_agents(refanged: RefangedText, hits: Hits) -> None:
    """Find user agents; one that a field holds is taken whole."""
    text = refanged.text.replace(DOT, ".")
    reached = 0
    for start, end in sorted({*_fields(text), *_browsers(text), *_logged(text)}):
        if start < reached:
            continue
        value = text[start:end].rstrip(" \t\r,;")
        if len(value) < 2 or not any(map(str.isalpha, value)):
            continue
        reached = start + len(value)
        hits.add_hit((start, reached, IOCType.USER_AGENT, value, "user_agent"))


def _fields(text: str) -> list[tuple[int, int]]:
    spans = []
    for field in _FIELD.finditer(text):
        if quoted := _QUOTED.match(text, field.end()):
            spans.append(quoted.span(quoted.lastindex or 0))
        elif (line := _TO_LINE_END.match(text, field.end())) and _is_value(field[0], line[1]):
            spans.append(line.span(1))
    return spans


def _is_value(field: str, line: str) -> bool:
    """Return whether the rest of a line is a user agent; "user agent: the browser" is prose."""
    return not field.startswith("-") and ("/" in line or field.lower().startswith("user-agent:"))


def _browsers(text: str) -> list[tuple[int, int]]:
    spans = []
    for match in _BROWSER.finditer(text):
        end = _END.search(text, match.start(), match.end())
        spans.append((match.start(), end.start() if end else match.end()))
    return spans


def _logged(text: str) -> list[tuple[int, int]]:
    return [match.span(1) for match in _COMBINED.finditer(text)]
