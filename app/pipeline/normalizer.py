"""Canonical values: two ways to write one indicator give the same text."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_network

from app.pipeline.refang import DOT
from app.pipeline.words import word_set

_MAX_HOST = 253
_MENDED = {"http": "http", "meow": "http", "https": "https", "meows": "https", "fxp": "ftp"}
_PLAIN_SCHEMES = word_set("ftp ftps sftp ws wss ldap ldaps rmi")


def scheme(written: str) -> str | None:
    """The plain scheme: hxxp, hXXps, h**p, h[tt]p and meow are http or https."""
    name = written.lower()
    for mark in "[](){}":
        name = name.replace(mark, "")
    if name in _PLAIN_SCHEMES:
        return name
    if len(name) in (4, 5) and name[0] == "h" and name[3] == "p" and set(name[1:3]) <= set("tx*_"):
        name = f"http{name[4:]}"
    return _MENDED.get(name)


@lru_cache(maxsize=4096)
def host(written: str) -> str | None:
    """Lower case, labels beyond ASCII as punycode; None if no name can be made of it."""
    name = written.replace(DOT, ".").lower()
    if len(name) > _MAX_HOST:
        return None
    if name.isascii():
        return name
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return None


def ipv6(written: str) -> str | None:
    """Compressed and in lower case, without the zone; None if it is no address."""
    try:
        address = IPv6Address(written.partition("%")[0].replace(DOT, "."))
    except ValueError:
        return None
    mapped = address.ipv4_mapped
    return f"::ffff:{mapped}" if mapped else str(address)


def network(address: str, prefix: str) -> str | None:
    """The network an address stands for under a prefix length; None if there is none."""
    try:
        return str(ip_network(f"{address}/{int(prefix)}", strict=False))
    except ValueError:
        return None


def email(local: str, domain: str) -> str:
    return f"{local.replace(DOT, '.').lower()}@{domain}"


def path(written: str) -> str:
    return written.replace(DOT, ".")
