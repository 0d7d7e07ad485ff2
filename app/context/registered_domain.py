"""Finds the registered domain of a name, by the Public Suffix List of the installed package."""

from __future__ import annotations

from functools import lru_cache

from publicsuffixlist import PublicSuffixList

from app.context.addresses import host_of
from app.pipeline.models import IOC, IOCType


def registered_domain(ioc: IOC) -> str | None:
    """Return `example.co.uk` for `a.b.example.co.uk`; None if the IOC has none, or is it."""
    match ioc.type:
        case IOCType.DOMAIN:
            host = ioc.value
        case IOCType.EMAIL:
            host = ioc.value.rpartition("@")[2]
        case IOCType.URL:
            host = host_of(ioc.value)
        case _:
            return None
    found = registered_name(host)
    return found if found != ioc.value else None


def registered_name(host: str) -> str | None:
    """Return the registered name; None for an address and for a public suffix itself."""
    # An address ends in a number, which no public suffix does.
    if not host or ":" in host or host.rpartition(".")[2].isdigit():
        return None
    found: str | None = _suffixes().privatesuffix(host)
    return found


def is_public_suffix(name: str) -> bool:
    """Return whether the list has the name: anyone can register names right below it."""
    return bool(_suffixes().is_public(name))


# `tldextract` would do the same, but opens connections at its first call; offline mode must not.
# The list is read on first use: it takes 50 ms, and analyses of hashes never need it.
@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()
