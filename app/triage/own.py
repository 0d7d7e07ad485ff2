"""The analyst's own domains, with their subdomains, and networks."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from app.context.addresses import read_addresses

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class OwnDomains:
    """The analyst's domains, in canonical lower-case form."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)

    def owner(self, host: str) -> str | None:
        """Return the own name that the host equals or is a subdomain of."""
        while host:
            if host in self._names:
                return host
            host = host.partition(".")[2]
        return None


class OwnNetworks:
    """The analyst's networks, in CIDR notation."""

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = [(ipaddress.ip_network(text), text) for text in networks]

    def holding(self, host: str) -> str | None:
        """Return the own network that contains the host's address, in any notation."""
        if not self._networks:
            return None
        # 3104445473, ::ffff:185.10.20.33 and 33.20.10.185.in-addr.arpa are one address.
        for address in read_addresses(host):
            for network, text in self._networks:
                if address in network:
                    return text
        return None

    def overlapping(self, network: str) -> str | None:
        """Return the own network that has addresses in common with this one."""
        try:
            found = ipaddress.ip_network(network, strict=False)
        except ValueError:
            return None
        for own, text in self._networks:
            if own.version == found.version and own.overlaps(found):
                return text
        return None
