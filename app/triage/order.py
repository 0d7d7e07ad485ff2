"""The order of lookups: what matters most first, because quota is short."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.pipeline.models import IOC, IOCType

# A file, a URL or a name is the attacker's own; an address is shared by many.
ADDRESSES = frozenset((IOCType.IPV4, IOCType.IPV6))
# One answer serves all hashes of a file, and the longest names it without doubt.
HASHES = (IOCType.SHA256, IOCType.SHA1, IOCType.MD5)


def ranks(iocs: Iterable[IOC], times_seen: Mapping[IOC, int]) -> dict[IOC, int]:
    """Return the rank of each IOC, from 0. `times_seen`: the number of earlier analyses with it."""

    def urgency(ioc: IOC) -> tuple[bool, bool, int, int]:
        seen = times_seen.get(ioc, 0)
        place = HASHES.index(ioc.type) if ioc.type in HASHES else len(HASHES)
        return seen > 0, ioc.type in ADDRESSES, seen, place

    ordered = sorted(dict.fromkeys(iocs), key=urgency)
    return {ioc: rank for rank, ioc in enumerate(ordered)}
