"""The records of the pipeline: what an IOC is."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class IOCType(StrEnum):
    IPV4 = "ipv4"
    IPV6 = "ipv6"
    CIDR = "cidr"
    DOMAIN = "domain"
    URL = "url"
    EMAIL = "email"
    MD5 = "md5"
    SHA1 = "sha1"
    SHA256 = "sha256"
    SHA512 = "sha512"
    CVE = "cve"
    ASN = "asn"
    ATTACK = "attack"
    BTC = "btc"


@dataclass(frozen=True, slots=True)
class IOC:
    """One indicator of compromise; two with the same type and value are the same IOC."""

    type: IOCType
    value: str
    """Canonical and refanged: lower-case hosts and hashes, punycode names, compressed IPv6."""
    raw_match: str = field(default="", compare=False)
    """As pasted, where it was first seen."""
