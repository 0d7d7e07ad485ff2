"""Reads the IP address of a host, in any notation that browsers understand.

All that an address may hide behind matters here: an internal address must be held back, however
it is written. No name is resolved.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import unicodedata
from urllib.parse import unquote, urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
# Characters that IDNA reads as a dot between two labels (RFC 3490, 3.1).
DOTS = re.compile("[\u3002\uff0e\uff61]")


def host_of(url: str) -> str:
    """Return the host as browsers read it; empty if there is none."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return plain_host(host)


def plain_host(host: str) -> str:
    """Return the host without escapes, full-width characters, brackets and the root's dot."""
    host = DOTS.sub(".", unquote(host))
    if not host.isascii():
        host = unicodedata.normalize("NFKC", host)
    return host.strip("[]").rstrip(".").lower()


def read_addresses(host: str) -> tuple[Address, ...]:
    """Return the address of a host, then the addresses embedded in it; empty for a name.

    A reverse name such as `4.3.2.1.in-addr.arpa` counts as the address that it is about.
    """
    address = _reversed(host) or _read(host)
    if address is None:
        return ()
    return (address, *_embedded(address))


def meant_address(host: str) -> Address | None:
    """Return the address to which a packet is delivered: the innermost of `read_addresses`."""
    found = read_addresses(host)
    return found[-1] if found else None


def _read(text: str) -> Address | None:
    # Most hosts are names; the last label of a name begins with no digit.
    if ":" not in text and not text[text.rfind(".") + 1 :][:1].isdigit():
        return None
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        if not text[:1].isdigit() or " " in text:
            return None
        try:
            # One number, octal and hexadecimal ones: browsers connect to 127.0.0.1 for
            # http://2130706433/ and http://0x7f.1/, and `inet_aton` reads them alike.
            return ipaddress.IPv4Address(socket.inet_aton(text))
        except (OSError, ValueError):  # ValueError: a NUL in the middle
            return None
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id:
        return ipaddress.IPv6Address(int(address))
    return address


def _reversed(name: str) -> Address | None:
    """Return the address that a reverse name is about; None for other names."""
    # RFC 1035, 3.5 for in-addr.arpa; RFC 3596, 2.5 for ip6.arpa.
    if not name.endswith(".arpa"):
        return None
    labels = name.removesuffix(".arpa").split(".")[::-1]
    match labels:
        case ["in-addr", *digits]:
            text = ".".join(digits)
        case ["ip6", *digits] if len(digits) == 32:
            text = ":".join("".join(digits[n : n + 4]) for n in range(0, 32, 4))
        case _:
            return None
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _embedded(address: Address) -> tuple[Address, ...]:
    """Return the IPv4 addresses inside an IPv6 address; Teredo has two (RFC 4380)."""
    if not isinstance(address, ipaddress.IPv6Address):
        return ()
    if address.teredo:
        return address.teredo
    # NAT64, and the deprecated IPv4-compatible addresses (RFC 4291, 2.5.5.1), without :: and ::1.
    if address in NAT64 or (int(address) >> 32 == 0 and int(address) > 0xFFFF):
        return (ipaddress.IPv4Address(int(address) & 0xFFFFFFFF),)
    found = address.ipv4_mapped or address.sixtofour
    return (found,) if found else ()
