"""Compares the object that an answer is about with the IOC that was asked for."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes, urlsplit

from app.enrichment.http.answers import BadResponseError
from app.pipeline.models import IOCType

DEFAULT_PORTS = {"http": 80, "https": 443, "ftp": 21}
ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")
UNRESERVED = re.compile(rb"[A-Za-z0-9._~-]")
DELIMITERS = "/?:@!$&'()*+,;=%[]"


@dataclass(frozen=True, slots=True)
class Subject:
    """The names that an answer gives its object; one of them must be the IOC's value."""

    names: Iterable[object]


@dataclass(frozen=True, slots=True)
class NotCompared:
    """An answer whose object cannot be compared, such as the matches of a search."""

    reason: str


def require_same(kind: IOCType, asked: str, found: Subject | NotCompared) -> None:
    """Raise BadResponseError if the answer is about another object."""
    if isinstance(found, NotCompared):
        if not found.reason.strip():
            raise ValueError("an answer that is not compared needs a reason")
        return
    wanted = comparable(kind, asked)
    if not any(isinstance(name, str) and comparable(kind, name) == wanted for name in found.names):
        raise BadResponseError("it is about another object")


def comparable(kind: IOCType, value: str) -> str:
    """Return the form in which two spellings of the same object are equal."""
    try:
        match kind:
            case IOCType.IPV4 | IOCType.IPV6:
                return str(ipaddress.ip_address(value.strip("[]")))
            case IOCType.CIDR:
                return str(ipaddress.ip_network(value, strict=False))
            case IOCType.DOMAIN:
                return host(value)
            case IOCType.URL:
                return url(value)
            case IOCType.BTC:
                return value  # Base58 tells case apart
    except ValueError:
        return value
    return value.lower()


def host(name: str) -> str:
    """Return a name in lower case and as IDNA, without the dot of the root."""
    plain = name.lower().removesuffix(".")
    try:
        return plain if plain.isascii() else plain.encode("idna").decode()
    except UnicodeError:
        return plain


def url(text: str) -> str:
    """Return a URL as VirusTotal stores it: host in lower case, no default port, a path.

    Raises ValueError for a port or an address in brackets that cannot be read.
    """
    parts = urlsplit(text)
    name = host(parts.hostname or "")
    place = f"[{ipaddress.IPv6Address(name)}]" if ":" in name else name
    if parts.port not in (None, DEFAULT_PORTS.get(parts.scheme)):
        place += f":{parts.port}"
    user, at, _ = parts.netloc.rpartition("@")
    query = f"?{_escaped(parts.query)}" if parts.query else ""
    return f"{parts.scheme}://{user}{at}{place}{_escaped(parts.path) or '/'}{query}"


def _escaped(text: str) -> str:
    """Escape alike what RFC 3986 (2.3, 6.2.2) holds equal, and nothing else."""
    return quote(ESCAPE.sub(_plain, text), safe=DELIMITERS)


def _plain(escape: re.Match[str]) -> str:
    byte = unquote_to_bytes(escape[0])
    return byte.decode() if UNRESERVED.fullmatch(byte) else escape[0].upper()
