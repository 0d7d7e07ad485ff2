"""Network masks and wildcard masks: four numbers that are written like an address."""

from __future__ import annotations

from ipaddress import IPv4Address

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
