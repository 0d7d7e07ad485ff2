"""IPv6 addresses and networks, from the anchor `::` or five colons close together."""

from __future__ import annotations

import re
import string

from app.pipeline import normalizer
from app.pipeline.classifier import Reason
from app.pipeline.hits import Hit, Hits
from app.pipeline.models import IOCType
from app.pipeline.refang import DOT
from app.pipeline.refanged_text import RefangedText, byte_table

_TABLE = byte_table(
    {"x": string.ascii_letters + "_", "h": string.hexdigits, ":": ":", ".": f".{DOT}"}
)
_ANCHOR = re.compile(rb"::|:h{1,4}:h{1,4}:h{1,4}:h{1,4}:")
_MAX_LENGTH = 80
_PREFIX = re.compile(r"/([0-9]{1,3})(?![\w/]|[.\x01][0-9])")
_ZONE = re.compile(r"%\w{1,32}")
_DIGIT_OR_ONE_COLON = re.compile(r"[0-9]|[a-f]:[a-f]", re.IGNORECASE)
_CLOCK = re.compile(r"[0-9]{1,2}(?:::?[0-9]{2}){1,3}:{0,2}")
_SLICE = re.compile(r"[0-9]{0,2}::[0-9]{0,2}")
_LABELS = frozenset(("ipv6", "ip6", "inet6"))


def find_ipv6(refanged: RefangedText, new_hits: Hits) -> None:
    text = refanged.text
    if ":" not in text:
        return
    classes = refanged.classes(_TABLE)
    settled: dict[str, tuple[int, list[Hit]]] = {}
    end = 0
    for match in _ANCHOR.finditer(classes):
        if match.start() < end:
            continue
        start = classes.rfind(b" ", end, match.start()) + 1
        end = classes.find(b" ", match.end())
        if end - start > _MAX_LENGTH:
            continue
        token = text[start:end]
        if token in settled and text[end] != "/":
            refanged.claim(start, end)
            if new_hits.wants_repeats:
                first, hits = settled[token]
                new_hits.repeat(hits, start - first)
        elif _judge(refanged, new_hits, start, token.replace(DOT, ".")):
            settled[token] = start, new_hits.hits[-1:]


def _judge(refanged: RefangedText, new_hits: Hits, start: int, token: str) -> bool:
    written = _strip(token)
    if "::" not in written and written.count(":") not in (6, 7):
        return False
    start += token.find(written)
    end = start + len(written)
    value = normalizer.ipv6(written)
    prefix = _PREFIX.match(refanged.text, end)
    network = normalizer.network(value, prefix[1]) if value and prefix else None
    if prefix and network:
        kind, value, end = IOCType.CIDR, network, prefix.end()
    else:
        reason: Reason | None = Reason("not the groups of an IPv6 address")
        if value:  # in its canonical form it must be one as well
            reason = _objection(written) or _objection(value)
        if value is None or reason:
            new_hits.miss(reason or "", start, end, "IPv6")
            return False
        kind = IOCType.IPV6
        zone = _ZONE.match(refanged.text, end)
        end = zone.end() if zone else end
    new_hits.hit((start, end, kind, value, "IPv6"))
    refanged.claim(start, end)
    return kind is IOCType.IPV6


def _strip(token: str) -> str:
    """Return the address without a full stop, a colon, or a word as in `IPv6:`."""
    if token[0].isdigit() and token[-1].isalnum():
        return token
    token = token.strip(".")
    if token.endswith(":") and not token.endswith("::"):
        token = token[:-1]
    if token.startswith(":") and not token.startswith("::"):
        token = token[1:]
    word, _, rest = token.partition(":")
    is_label = word.isalpha() or word.lower() in _LABELS
    if is_label and not _is_group(word) and not rest.startswith(":"):
        return rest
    return token


def _is_group(word: str) -> bool:
    return len(word) <= 4 and all(c in string.hexdigits for c in word)


def _objection(written: str) -> Reason | None:
    if not _DIGIT_OR_ONE_COLON.search(written):
        return Reason("a name in program text")
    if written.replace(":", "").isdecimal():
        if _SLICE.fullmatch(written) and written != "::1":
            return Reason("a slice of a list")
        if _CLOCK.fullmatch(written):
            return Reason("a time")
    if len(written) == 23 and all(len(group) == 2 for group in written.split(":")):
        return Reason("a hardware address")
    return None
