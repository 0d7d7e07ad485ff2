"""The name that somebody registered, by the Public Suffix List of the installed package."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

from app.pipeline.models import IOC, IOCType


def registered_domain(ioc: IOC) -> str | None:
    """For `a.b.example.co.uk` it is `example.co.uk`; None where that says nothing more."""
    match ioc.type:
        case IOCType.DOMAIN:
            host = ioc.value
        case IOCType.EMAIL:
            host = ioc.value.rpartition("@")[2]
        case IOCType.URL:
            host = _host(ioc.value)
        case _:
            return None
    # An address ends in a number, which no public suffix does.
    if not host or ":" in host or host.rpartition(".")[2].isdigit():
        return None
    found = _suffixes().privatesuffix(host)
    return found if found and found != ioc.value else None


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    """Read on first use: it takes 50 ms, and offline analyses of hashes never need it."""
    return PublicSuffixList()
