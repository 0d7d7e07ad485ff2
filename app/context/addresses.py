"""The address behind a host, in any notation that browsers understand."""

from __future__ import annotations

import ipaddress
import re
import socket
import unicodedata
from urllib.parse import unquote, urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
# What IDNA takes for a dot between two labels (RFC 3490, 3.1).
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
    """The address that a host is, or that its reverse name asks for, and those inside of that."""
    address = _reversed(host) or _read(host)
    if address is None:
        return ()
    return (address, *_embedded(address))


def meant_address(host: str) -> Address | None:
    """Return the address at which a packet arrives in the end; see `read_addresses`."""
    found = read_addresses(host)
    return found[-1] if found else None


def _read(text: str) -> Address | None:
    """Also http://2130706433/ and http://0x7f.1/, which browsers take for addresses."""
    # The last label of a name begins with no digit, and most hosts are names.
    if ":" not in text and not text[text.rfind(".") + 1 :][:1].isdigit():
        return None
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        if not text[:1].isdigit() or " " in text:
            return None
        try:
            return ipaddress.IPv4Address(socket.inet_aton(text))
        except (OSError, ValueError):  # ValueError: a NUL in the middle
            return None
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id:
        return ipaddress.IPv6Address(int(address))
    return address


def _reversed(name: str) -> Address | None:
    """4.3.2.1.in-addr.arpa asks who 1.2.3.4 is (RFC 1035, 3.5; RFC 3596, 2.5)."""
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
    """The IPv4 address that an IPv6 one stands for; of Teredo the relay's too (RFC 4380)."""
    if not isinstance(address, ipaddress.IPv6Address):
        return ()
    if address.teredo:
        return address.teredo
    if address in NAT64 or (int(address) >> 32 == 0 and int(address) > 0xFFFF):
        return (ipaddress.IPv4Address(int(address) & 0xFFFFFFFF),)
    found = address.ipv4_mapped or address.sixtofour
    return (found,) if found else ()
