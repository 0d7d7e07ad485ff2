"""IPv6 addresses and networks, from the anchor `::` or five colons close together."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

from app.pipeline import normalizer
from app.pipeline.candidates import Candidate
from app.pipeline.classifier import Outcome, Reason
from app.pipeline.models import IOCType
from app.pipeline.page import Page, byte_table
from app.pipeline.refang import DOT

_TABLE = byte_table(
    {"x": string.ascii_letters + "_", "h": string.hexdigits, ":": ":", ".": f".{DOT}"}
)
_ANCHOR = re.compile(rb"::|:h{1,4}:h{1,4}:h{1,4}:h{1,4}:")
_MAX_LENGTH = 80
_PREFIX = re.compile(r"/([0-9]{1,3})(?![\w/]|\.[0-9])")
_ZONE = re.compile(r"%\w{1,32}")
_ONE_COLON = re.compile(r"[0-9a-f]:[0-9a-f]", re.IGNORECASE)
_CLOCK = re.compile(r"[0-9]{1,2}::?[0-9]{1,2}(?:::?[0-9]{1,2}){0,2}")


def find_ipv6(page: Page) -> Iterator[Candidate]:
    text = page.text
    classes = page.classes(_TABLE)
    end = 0
    for match in _ANCHOR.finditer(classes):
        if match.start() < end:
            continue
        start = classes.rfind(b" ", end, match.start()) + 1
        end = classes.find(b" ", match.end())
        if end - start <= _MAX_LENGTH and (candidate := _candidate(text, start, end)):
            yield candidate
            if candidate.value:
                page.claim(candidate.start, candidate.end)


def _candidate(text: str, start: int, end: int) -> Candidate | None:
    token = text[start:end].replace(DOT, ".")
    stripped = _strip(token)
    start += token.find(stripped)
    end = start + len(stripped)
    if "::" not in stripped and stripped.count(":") not in (6, 7):
        return None
    value = normalizer.ipv6(stripped)
    outcome = _outcome(stripped, value)
    if not value or isinstance(outcome, Reason):
        return Candidate(start, end, "IPv6", outcome)
    if prefix := _PREFIX.match(text, end):
        if network := normalizer.network(value, prefix[1]):
            return Candidate(start, prefix.end(), "CIDR", IOCType.CIDR, network)
    elif zone := _ZONE.match(text, end):
        end = zone.end()
    return Candidate(start, end, "IPv6", IOCType.IPV6, value)


def _strip(token: str) -> str:
    """Without what is no part of it: a full stop, one colon, and a word as in `IPv6:`."""
    token = token.strip(".")
    if token.endswith(":") and not token.endswith("::"):
        token = token[:-1]
    if token.startswith(":") and not token.startswith("::"):
        token = token[1:]
    word, _, rest = token.partition(":")
    if word and not _is_group(word) and not rest.startswith(":"):
        return rest
    return token


def _is_group(word: str) -> bool:
    return len(word) <= 4 and all(c in string.hexdigits for c in word)


def _outcome(token: str, value: str | None) -> Outcome:
    if value is None:
        return Reason("not the groups of an IPv6 address")
    if not any(c.isdigit() for c in token) and not _ONE_COLON.search(token):
        return Reason("a name in program text")
    if _CLOCK.fullmatch(token):
        return Reason("a time")
    groups = token.split(":")
    if len(groups) == 8 and all(len(group) == 2 for group in groups):
        return Reason("a hardware address")
    return IOCType.IPV6
