"""What each collection accepts as an id, and the one form it is filed under."""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit, urlunsplit

HASH_LENGTHS = {32: "md5", 40: "sha1", 64: "sha256"}
_HEX = re.compile(r"[0-9a-f]+")


class InvalidIdError(ValueError):
    """Answered with 400 InvalidArgumentError."""


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def canonical_ip(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError as e:
        raise InvalidIdError(f"{text!r} is not a valid IP address") from e


def canonical_domain(text: str) -> str:
    if " " in text or "/" in text or "." not in text:
        raise InvalidIdError(f"{text!r} is not a valid domain name")
    return text.lower()


def canonical_hash(text: str) -> str:
    lowered = text.lower()
    if len(text) not in HASH_LENGTHS or not _HEX.fullmatch(lowered):
        raise InvalidIdError(f"{text!r} is not a valid file hash")
    return lowered


def canonical_url_id(text: str) -> str:
    """The SHA-256 of the canonical URL, from either form of the id."""
    if len(text) == 64 and _HEX.fullmatch(text.lower()):
        return text.lower()
    return sha256(canonical_url(decode_url(text)))


def decode_url(text: str) -> str:
    """The URL behind a base64 id; both alphabets, with or without padding."""
    unpadded = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return b64decode(unpadded + "=" * (-len(unpadded) % 4), validate=True).decode()
    except (Base64Error, ValueError) as e:
        raise InvalidIdError(f"{text!r} is not a valid URL identifier") from e


def canonical_url(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError as e:
        raise InvalidIdError(f"{url!r} is not a valid URL") from e
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise InvalidIdError(f"{url!r} is not a valid URL")
    return urlunsplit(parts._replace(netloc=parts.netloc.lower(), path=parts.path or "/"))


CANONICAL: dict[str, Callable[[str], str]] = {
    "ip_addresses": canonical_ip,
    "domains": canonical_domain,
    "urls": canonical_url_id,
    "files": canonical_hash,
}
KINDS = {"ip_addresses": "ip_address", "domains": "domain", "urls": "url", "files": "file"}
NOUNS = {"ip_addresses": "IP address", "domains": "Domain", "urls": "URL", "files": "File"}


def place_of(value: str) -> tuple[str, str]:
    """The collection that an IOC is in, and a name that it has there."""
    if "://" in value:
        return "urls", urlsafe_b64encode(value.encode()).decode().rstrip("=")
    for collection in ("ip_addresses", "files", "domains"):
        try:
            return collection, CANONICAL[collection](value)
        except InvalidIdError:
            continue
    raise InvalidIdError(f"{value!r} is nothing that VirusTotal knows")


def value_of(collection: str, text: str) -> str:
    """The IOC as the client named it, as far as that can be said."""
    try:
        return decode_url(text) if collection == "urls" else CANONICAL[collection](text)
    except InvalidIdError:
        return text
