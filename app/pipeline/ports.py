"""The port that stands behind an address or a host name: evidence, and no part of the IOC."""

from __future__ import annotations

import re

from app.pipeline.hits import Hit
from app.pipeline.models import IOCType

_KINDS = frozenset((IOCType.IPV4, IOCType.IPV6, IOCType.DOMAIN))
_BEGINNINGS = frozenset(":]., ")
# "192.0.2.5:443", "[2001:db8::7]:443", "192.0.2.5 on TCP port 443"; a time, or a place in a source
# file, has one more colon.
_PORT = re.compile(
    r"(?:\]?:|(?:,| on| at)? (?:(?:tcp|udp)[ /])?port:? )([1-9][0-9]{0,4})(?![\w:]|\.[0-9])",
    re.IGNORECASE,
)
# No address goes on with a dot and a number, unless it is a port: see `dotted_ports`.
_DOTTED = re.compile(r"\.([1-9][0-9]{0,4})(?![\w.])")
_LAST_PORT = 65535


def port_behind(text: str, hit: Hit) -> int | None:
    """Return the port behind a hit in a refanged text, or None."""
    _, end, kind, _, _ = hit
    if text[end] not in _BEGINNINGS or kind not in _KINDS:
        return None
    match = _PORT.match(text, end) or (kind is IOCType.IPV4 and _DOTTED.match(text, end))
    port = int(match[1]) if match else 0
    return port if 0 < port <= _LAST_PORT else None
