"""Reserved addresses and names: they mean nothing outside of a network, and are held back."""

from __future__ import annotations

import ipaddress

from app.context.addresses import host_of, meant_address
from app.pipeline.models import IOC, IOCType

# Network -> its name for the analyst. The first network that contains the address counts. The
# registries are RFC 6890 and its successors at IANA (special-purpose address registries).
RESERVED_NETWORKS = tuple(
    (ipaddress.ip_network(network), reason)
    for network, reason in (
        ("10.0.0.0/8", "private address (RFC 1918)"),
        ("172.16.0.0/12", "private address (RFC 1918)"),
        ("192.168.0.0/16", "private address (RFC 1918)"),
        ("100.64.0.0/10", "carrier's private address (RFC 6598)"),
        ("127.0.0.0/8", "loopback address"),
        ("169.254.0.0/16", "link-local address"),
        ("192.0.2.0/24", "documentation address (RFC 5737)"),
        ("198.51.100.0/24", "documentation address (RFC 5737)"),
        ("203.0.113.0/24", "documentation address (RFC 5737)"),
        ("198.18.0.0/15", "benchmarking address (RFC 2544)"),
        ("224.0.0.0/4", "multicast address"),
        ("255.255.255.255/32", "broadcast address"),
        ("240.0.0.0/4", "reserved address"),
        ("0.0.0.0/8", "unspecified address"),
        ("192.0.0.0/24", "reserved address (RFC 6890)"),
        ("::1/128", "loopback address"),
        ("::/128", "unspecified address"),
        ("fc00::/7", "private address (RFC 4193)"),
        ("fe80::/10", "link-local address"),
        ("fec0::/10", "site-local address"),
        ("ff00::/8", "multicast address"),
        ("2001:db8::/32", "documentation address (RFC 3849)"),
        ("3fff::/20", "documentation address (RFC 9637)"),
        ("100::/64", "discard-only address (RFC 6666)"),
    )
)
# RFC 6761, RFC 6762, RFC 8375, and ICANN's decision on .internal of 2024.
RESERVED_ENDINGS = (
    ".local",
    ".internal",
    ".localhost",
    ".test",
    ".invalid",
    ".example",
    ".home.arpa",
)


def reserved_reason(ioc: IOC) -> str | None:
    """Return why the IOC is held back, as words for the analyst; None if it may be looked up."""
    match ioc.type:
        case IOCType.IPV4 | IOCType.IPV6:
            return _address_reason(ioc.value)
        case IOCType.DOMAIN:
            return _address_reason(ioc.value) or _name_reason(ioc.value)
        case IOCType.URL:
            host = host_of(ioc.value)
            reason = _address_reason(host) or _name_reason(host)
            return f"the URL's host is a {reason}" if reason else None
        case IOCType.CIDR:
            return _network_reason(ioc.value)
    return None


def _name_reason(name: str) -> str | None:
    name = "." + name.rstrip(".").lower()
    for ending in RESERVED_ENDINGS:
        if name.endswith(ending):
            return f"name under {ending}, which is not public"
    return None


def _address_reason(host: str) -> str | None:
    address = meant_address(host)
    if address is None:
        return None
    for network, reason in RESERVED_NETWORKS:
        if address.version == network.version and address in network:
            return reason
    # The standard library may know ranges that the table above does not name.
    return None if address.is_global else "reserved address"


def _network_reason(text: str) -> str | None:
    """Return the reason for a network that lies completely inside a reserved one."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    ends = (_address_reason(str(network[0])), _address_reason(str(network[-1])))
    return ends[0].replace("address", "network") if ends[0] and ends[0] == ends[1] else None
