"""The policy that holds back IOCs which would tell a provider about the analyst's organisation."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from app.context.addresses import host_of
from app.context.reserved import reserved_reason
from app.enrichment.models import NotAsked, Reason
from app.pipeline.models import IOC, IOCType
from app.triage.disclosures import disclosure
from app.triage.look_alikes import LookAlikes
from app.triage.models import Hold, Preferences
from app.triage.own import OwnDomains, OwnNetworks


class Policy:
    """The rules of one set of preferences. Nothing is looked up."""

    def __init__(self, preferences: Preferences) -> None:
        own = preferences.own_domains
        self._domains = OwnDomains(own)
        self._networks = OwnNetworks(preferences.own_networks)
        self._look_alikes = LookAlikes(own if preferences.hold_look_alikes else ())

    def hold(self, ioc: IOC) -> Hold | None:
        """Return why the IOC is held back; None if it may be asked about."""
        if reason := reserved_reason(ioc) or self._own(ioc):
            return Hold(Reason(NotAsked.HELD_BACK, reason))
        reasons = []
        if own := self._imitated(ioc):
            reasons.append(f"looks like your domain {own}")
        carried = disclosure(ioc.value) if ioc.type is IOCType.URL else None
        if carried:
            reasons.append(f"carries {carried}")
        if not reasons:
            return None
        # Without the secret, the host of a URL discloses nothing, unless it is a look-alike: then
        # the host itself was the reason, and there is nothing to offer instead.
        instead = _host_alone(ioc) if len(reasons) == 1 and carried else None
        code = NotAsked.DISCLOSURE if instead else NotAsked.HELD_BACK
        return Hold(Reason(code, "; ".join(reasons)), instead)

    def _own(self, ioc: IOC) -> str | None:
        if ioc.type is IOCType.CIDR:
            network = self._networks.overlapping(ioc.value)
            return f"overlaps your network {network}" if network else None
        host = _host(ioc)
        if name := self._domains.owner(host):
            return (
                f"own domain {name}"
                if ioc.type is not IOCType.EMAIL
                else f"mail address of your domain {name}"
            )
        network = self._networks.holding(host)
        return f"own network {network}" if network else None

    def _imitated(self, ioc: IOC) -> str | None:
        host = _host(ioc)
        return self._look_alikes.imitated(host) if host else None


def find_holds(iocs: Iterable[IOC], preferences: Preferences) -> dict[IOC, Hold]:
    """Return the hold of each IOC that is held back; the others are left out."""
    policy = Policy(preferences)
    return {ioc: hold for ioc in iocs if (hold := policy.hold(ioc)) is not None}


def _host(ioc: IOC) -> str:
    """Return the host of an IOC; empty if it has none."""
    match ioc.type:
        case IOCType.URL:
            return host_of(ioc.value)
        case IOCType.EMAIL:
            return ioc.value.rpartition("@")[2].rstrip(".").lower()
        case IOCType.DOMAIN | IOCType.IPV4 | IOCType.IPV6:
            return ioc.value.rstrip(".").lower()
    return ""


def _host_alone(url: IOC) -> IOC | None:
    """Return the host of a URL as an IOC; None for a host without a dot."""
    # A user name written with escapes (bob%40host) is still in front of the host.
    host = host_of(url.value).rpartition("@")[2]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return IOC(IOCType.DOMAIN, host, host) if "." in host else None
    return IOC(IOCType.IPV4 if address.version == 4 else IOCType.IPV6, str(address), host)
