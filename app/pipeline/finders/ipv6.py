"""The finder of IPv6 addresses and networks; anchors are `::` and five colons close together."""

from __future__ import annotations

import re
import string

from app.pipeline import normalizer
from app.pipeline.hits import Hit, Hits
from app.pipeline.models import IOCType
from app.pipeline.objections import Objection
from app.pipeline.ports import LAST_PORT
from app.pipeline.refang import DOT
from app.pipeline.refanged_text import RefangedText, byte_table

_TABLE = byte_table(
    {"x": string.ascii_letters + "_", "h": string.hexdigits, ":": ":", ".": f".{DOT}"},
    spaceless=False,
)
_ANCHOR = re.compile(rb"::|:h{1,4}:h{1,4}:h{1,4}:h{1,4}:")
_PAIRS = re.compile("(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")
_MAX_LENGTH = 80
_PREFIX = re.compile(r"/([0-9]{1,3})(?![A-Za-z0-9_/]|[.\x01][0-9])")
# As tcpdump writes it. An address in IPv6 holds a dot only as the last of four numbers.
_DOTTED_PORT = re.compile(r"(?<=[0-9a-fA-F:])\.([1-9][0-9]{0,4})$")
_ZONE = re.compile(r"%\w{1,32}")
_DIGIT_OR_ONE_COLON = re.compile(r"[0-9]|[a-f]:[a-f]", re.IGNORECASE)
_CLOCK = re.compile(r"[0-9]{1,2}(?:::?[0-9]{2}){1,3}:{0,2}")
_SLICE = re.compile(r"[0-9]{0,2}::[0-9]{0,2}")
# Words before an address and a colon, as in "IPv6:2001:db8::1", that `isalpha` does not know.
_LABELS = frozenset(("ipv6", "ip6", "inet6"))


def find_ipv6(refanged: RefangedText, new_hits: Hits) -> None:
    """Find IPv6 addresses and networks; each different token is judged once."""
    text = refanged.text
    if ":" not in text:
        return
    classes = refanged.classes(_TABLE)
    addresses: dict[str, tuple[int, list[Hit]]] = {}  # by token: its place and hits
    end = 0
    for match in _ANCHOR.finditer(classes):
        if match.start() < end:
            continue
        start = classes.rfind(b" ", end, match.start()) + 1
        end = classes.find(b" ", match.end())
        if end - start > _MAX_LENGTH:
            continue
        token = text[start:end]
        if token in addresses and text[end] != "/":
            refanged.claim(start, end)
            if new_hits.wants_repeats:
                new_hits.add_moved(*addresses[token], start)
        elif _judge(refanged, new_hits, start, token.replace(DOT, ".")):
            addresses[token] = start, new_hits.hits[-1:]


def _judge(refanged: RefangedText, new_hits: Hits, start: int, token: str) -> bool:
    """Report the hit or miss of a token; return whether it is an address wherever it stands."""
    written = _strip(token)
    colons = written.count(":")
    start += token.find(written)
    end = start + len(written)
    if colons == 5 and _PAIRS.fullmatch(written):
        new_hits.add_hit((start, end, IOCType.MAC, written.lower(), "mac"))
        refanged.claim(start, end)
        return False
    if "::" not in written and colons not in (6, 7):
        return False
    value = normalizer.ipv6(written)
    if value is None and (port := _DOTTED_PORT.search(written)) and int(port[1]) <= LAST_PORT:
        end -= len(port[0])
        written = written[: port.start()]
        value = normalizer.ipv6(written)
    prefix = _PREFIX.match(refanged.text, end)
    network = normalizer.network(value, prefix[1]) if value and prefix else None
    if prefix and network:
        kind, value, end = IOCType.CIDR, network, prefix.end()
    else:
        # The canonical form is judged as well: "0:0:0:0:0:0:0:12" is "::12", a slice of a list.
        objection = (_objection(written) or _objection(value)) if value else None
        if value is None or objection:
            new_hits.add_miss(objection or Objection.NO_IPV6_GROUPS, start, end, "IPv6")
            return False
        kind = IOCType.IPV6
        zone = _ZONE.match(refanged.text, end)
        end = zone.end() if zone else end
    new_hits.add_hit((start, end, kind, value, "IPv6"))
    refanged.claim(start, end)
    return kind is IOCType.IPV6


def _strip(token: str) -> str:
    """Return the address without a full stop, a colon, or a word such as `IPv6:` beside it."""
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


def _objection(written: str) -> Objection | None:
    """Judge a valid address that may be something else: a C++ name, a slice, a time, a MAC."""
    if not _DIGIT_OR_ONE_COLON.search(written):
        return Objection.PROGRAM_TEXT
    if written.replace(":", "").isdecimal():
        if _SLICE.fullmatch(written) and written != "::1":
            return Objection.LIST_SLICE
        if _CLOCK.fullmatch(written):
            return Objection.TIME
    # Eight groups of two digits: an EUI-64 hardware address.
    if len(written) == 23 and all(len(group) == 2 for group in written.split(":")):
        return Objection.HARDWARE_ADDRESS
    return None
