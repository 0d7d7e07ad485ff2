"""Network masks and wildcard masks: four numbers that are written like an address."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Interface

MASK_STARTS = frozenset(("255", "0"))
"""The first number of nearly all masks; the others are hosts without a doubt."""


def mask_length(mask: str) -> int | None:
    """Return the prefix length of `255.255.255.0` or of the wildcard `0.0.0.255`; None if none.

    255.255.255.254 and 0.0.0.1, of lines between two routers, are left to be addresses, and
    255.255.255.255 and 0.0.0.0 are no masks here: logs have them as addresses.
    """
    number = int(IPv4Address(mask))
    if mask.startswith("0."):
        number ^= 0xFFFFFFFF
    ones = number.bit_count()
    is_mask = number == 0xFFFFFFFF ^ (0xFFFFFFFF >> ones) and 8 <= ones < 31
    return ones if is_mask else None


# An address with a port that no prefix length can be, as Cisco's firewalls write it.
_SURELY_PORT = re.compile(r"[0-9]\.[0-9]{1,3}/(?:3[3-9]|[4-9][0-9]|[0-9]{3,5})(?![0-9./])")
_WINDOW = 160


def is_port(text: str, start: int, prefix: re.Match[str]) -> bool:
    """Return whether a number behind the slash after an address is a port, and no prefix length.

    "outside:192.0.2.5/40512 dst inside:192.0.2.9/22": a host, in a line where a port stands so.
    """
    if int(prefix[1]) > 32:
        return False
    interface = IPv4Interface(text[start : prefix.end()].replace("\x01", "."))
    if interface.ip == interface.network.network_address:
        return False
    begin = text.rfind("\n", max(0, start - _WINDOW), start) + 1 or max(0, start - _WINDOW)
    line_end = text.find("\n", prefix.end(), prefix.end() + _WINDOW)
    end = line_end if line_end >= 0 else prefix.end() + _WINDOW
    return _SURELY_PORT.search(text, begin, end) is not None
