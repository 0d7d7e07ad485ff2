"""Writes an IOC defanged: no program makes a link of it."""

from __future__ import annotations

from app.pipeline.models import IOC, IOCType

HOSTS = frozenset({IOCType.IPV4, IOCType.IPV6, IOCType.CIDR, IOCType.DOMAIN})


def defang(ioc: IOC) -> str:
    """Return the IOC with scheme and host defanged; the path stays readable as it is."""
    if ioc.type in HOSTS:
        return _defang_host(ioc.value)
    if ioc.type is IOCType.EMAIL:
        local, _, host = ioc.value.rpartition("@")
        return f"{local}[@]{_defang_host(host)}"
    if ioc.type is IOCType.URL:
        return _defang_url(ioc.value)
    return ioc.value


def _defang_url(url: str) -> str:
    scheme, colon, rest = url.partition("://")
    if not colon:
        scheme, rest = "", url
    cut = min((i for i in map(rest.find, "/?#") if i >= 0), default=len(rest))
    authority, tail = rest[:cut], rest[cut:]
    user, at, host = authority.rpartition("@")
    if user:
        at = "[@]"
    scheme = scheme.replace("http", "hxxp") if scheme.startswith("http") else scheme
    # Any other scheme is broken at its colon, so that no program recognises it.
    separator = colon if scheme.startswith("hxxp") or not colon else "[:]//"
    return f"{scheme}{separator}{user}{at}{_defang_host(host)}{tail}"


def _defang_host(host: str) -> str:
    if ":" in host and not host.startswith("[") and "." not in host:  # a bare IPv6 address
        return host.replace(":", "[:]")
    return host.replace(".", "[.]")
