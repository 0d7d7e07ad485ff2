"""The port that stands behind an address or a host name: evidence, and no part of the IOC."""

from __future__ import annotations

import re
from ipaddress import IPv4Interface

from app.pipeline.hits import Hit
from app.pipeline.models import IOCType
from app.pipeline.refang import DOT

_KINDS = frozenset((IOCType.IPV4, IOCType.IPV6, IOCType.DOMAIN))
_ADDRESSES = frozenset((IOCType.IPV4, IOCType.IPV6))
_BEGINNINGS = frozenset(":]., ")
# "192.0.2.5:443", "[2001:db8::7]:443", "192.0.2.5 on TCP port 443"; a time, or a place in a source
# file, has one more colon.
_PORT = re.compile(
    r"(?:\]?:|(?:,| on| at)? (?:(?:tcp|udp)[ /])?port:? )([1-9][0-9]{0,4})(?![\w:]|\.[0-9])",
    re.IGNORECASE,
)
# No address goes on with a dot and a number, unless it is a port: see `dotted_ports`.
_DOTTED = re.compile(r"\.([1-9][0-9]{0,4})(?![\w.])")
LAST_PORT = 65535


def port_behind(text: str, hit: Hit) -> int | None:
    """Return the port behind a hit in a refanged text, or None."""
    _, end, kind, _, _ = hit
    if text[end] not in _BEGINNINGS or kind not in _KINDS:
        return None
    match = _PORT.match(text, end) or (kind in _ADDRESSES and _DOTTED.match(text, end))
    port = int(match[1]) if match else 0
    return port if 0 < port <= LAST_PORT else None


# An address with a port that no prefix length can be, as Cisco's firewalls write it.
_SURELY_PORT = re.compile(r"[0-9]\.[0-9]{1,3}/(?:3[3-9]|[4-9][0-9]|[0-9]{3,5})(?![0-9./])")
_WINDOW = 160


def is_port(text: str, start: int, prefix: re.Match[str]) -> bool:
    """Return whether a number behind the slash after an address is a port, and no prefix length.

    "outside:192.0.2.5/40512 dst inside:192.0.2.9/22": a host, in a line where a port stands so.
    """
    if int(prefix[1]) > 32:
        return False
    interface = IPv4Interface(text[start : prefix.end()].replace(DOT, "."))
    if interface.ip == interface.network.network_address:
        return False
    begin = text.rfind("\n", max(0, start - _WINDOW), start) + 1 or max(0, start - _WINDOW)
    line_end = text.find("\n", prefix.end(), prefix.end() + _WINDOW)
    end = line_end if line_end >= 0 else prefix.end() + _WINDOW
    return _SURELY_PORT.search(text, begin, end) is not None
