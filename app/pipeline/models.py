"""The records of the pipeline: what an IOC is, where it stood, and what only looked like one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
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
    """The text as pasted, at its first position."""


def make_iocs(
    types: Iterable[IOCType], values: Sequence[str], raw_matches: Iterable[str]
) -> list[IOC]:
    """Many at once, field by field: a frozen class takes twice as long for one after the other."""
    iocs = [object.__new__(IOC) for _ in values]
    for name, column in ("type", types), ("value", values), ("raw_match", raw_matches):
        set_field = vars(IOC)[name].__set__
        deque(map(set_field, iocs, column), maxlen=0)
    return iocs


@dataclass(frozen=True, slots=True)
class Evidence:
    """The first position of an IOC, and why it is one.

    Offsets count characters of the text as pasted, so `text[offset:end]` is `ioc.raw_match`.
    """

    ioc: IOC
    count: int
    line: int
    """The line of first sight; the first line of a text is 1."""
    offset: int
    end: int
    defanged: bool
    """Defanged or otherwise encoded where it was seen first."""
    rule: str
    """The reason for the refusal, in words."""
    unwrapped_from: str | None = None
    """The link-protection or redirecting URL whose target this is."""
    mixed_scripts: bool = False
    """A host name with letters of several scripts, or with letters that pass for Latin ones."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """Something that looks like an IOC and is none, as pasted and cut at a length."""

    text: str
    reason: str
    line: int
    offset: int
    end: int
    ioc: IOC | None = None
    """The IOC if the analyst adds it anyway; None if there is no valid form."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """The IOCs of a text with their evidence, in the order of first sight."""

    found: tuple[Evidence, ...]
    near_misses: tuple[NearMiss, ...]
    near_misses_left_out: int = 0

    @property
    def iocs(self) -> list[IOC]:
        return [evidence.ioc for evidence in self.found]
