"""The records of the pipeline: what an IOC is, where it stood, and what only looked like one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from operator import attrgetter
from typing import Self


class IOCType(StrEnum):
    """What an IOC is; each type has the heading of its group on the results page."""

    heading: str

    def __new__(cls, value: str, heading: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.heading = heading
        return member

    IPV4 = "ipv4", "IPv4 addresses"
    IPV6 = "ipv6", "IPv6 addresses"
    CIDR = "cidr", "Networks"
    DOMAIN = "domain", "Domains"
    URL = "url", "URLs"
    EMAIL = "email", "Mail addresses"
    MD5 = "md5", "MD5 hashes"
    SHA1 = "sha1", "SHA-1 hashes"
    SHA256 = "sha256", "SHA-256 hashes"
    SHA512 = "sha512", "SHA-512 hashes"
    CVE = "cve", "CVEs"
    ASN = "asn", "AS numbers"
    ATTACK = "attack", "ATT&CK ids"
    BTC = "btc", "Bitcoin addresses"
    IMPHASH = "imphash", "Import hashes"
    JA3 = "ja3", "JA3 fingerprints"
    JA3S = "ja3s", "JA3S fingerprints"
    AUTHENTIHASH = "authentihash", "Authentihashes"
    ETH = "eth", "Ethereum addresses"
    XMR = "xmr", "Monero addresses"
    TRX = "trx", "Tron addresses"
    TLSH = "tlsh", "TLSH digests"
    SSDEEP = "ssdeep", "ssdeep digests"
    JA4 = "ja4", "JA4 fingerprints"
    CHROME_EXTENSION = "chrome_extension", "Chrome extensions"
    PURL = "purl", "Package URLs"
    GHSA = "ghsa", "GitHub advisories"
    KB = "kb", "Microsoft KB articles"
    MAC = "mac", "Hardware addresses"
    REGISTRY_KEY = "registry_key", "Registry keys"
    FILENAME = "filename", "File names"
    USER_AGENT = "user_agent", "User agents"


OFF_BY_DEFAULT = frozenset((IOCType.FILENAME, IOCType.USER_AGENT))
"""The types that are looked for on request only: most of them are no indicators."""


@dataclass(frozen=True, slots=True)
class IOC:
    """One indicator of compromise; two with the same type and value are the same IOC."""

    type: IOCType
    value: str
    """Canonical and refanged: lower-case hosts and hashes, punycode names, compressed IPv6."""
    raw_match: str = field(default="", compare=False)
    """The text as pasted, at the first position; it is not compared."""


def make_iocs(
    types: Iterable[IOCType], values: Sequence[str], raw_matches: Iterable[str]
) -> list[IOC]:
    """Return one IOC for each value; the three columns have the same length."""
    # Fields are set column by column, by their slots: the constructor of a frozen class calls
    # `object.__setattr__` for each field, and took twice as long.
    iocs = [object.__new__(IOC) for _ in values]
    for name, column in ("type", types), ("value", values), ("raw_match", raw_matches):
        set_field = vars(IOC)[name].__set__
        deque(map(set_field, iocs, column), maxlen=0)
    return iocs


@dataclass(frozen=True, slots=True)
class Evidence:
    """The first position of an IOC, how often it occurs, and the rule that found it.

    Offsets count characters of the text as pasted, so `text[offset:end]` is `ioc.raw_match`.
    """

    ioc: IOC
    count: int
    line: int
    """The line of the first position; the first line of a text is 1."""
    offset: int
    end: int
    defanged: bool
    """True if it is defanged or otherwise encoded at its first position."""
    rule: str
    """The sentence of `rules.RULES` for the rule that found it."""
    unwrapped_from: str | None = None
    """The link-protection or redirecting URL whose target the IOC is."""
    mixed_scripts: bool = False
    """True for a host name with letters of several scripts, or with letters like Latin ones."""
    port: int | None = None
    """The port behind an address or a host name at its first position."""


FACTS = tuple(field.name for field in fields(Evidence) if field.name != "ioc")
"""The fields of `Evidence` beside the IOC, in their order: what is stored, sent and exported."""
facts_of = attrgetter(*FACTS)
"""Return these fields of a piece of evidence, as a tuple."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A string that looks like an IOC and is none."""

    text: str
    """As pasted, cut after 200 characters; `end` is that of the whole string."""
    reason: str
    """The sentence of `objections.Objection`, shown to the analyst as it is."""
    line: int
    offset: int
    end: int
    ioc: IOC | None = None
    """The IOC that is added if the analyst disagrees; None if the string has no valid form."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """The IOCs of a text with their evidence, in the order of their first positions."""

    found: tuple[Evidence, ...]
    near_misses: tuple[NearMiss, ...]
    """In the order of the text, at most `near_misses.MAX_KEPT`."""
    near_misses_left_out: int = 0
    """How many more there were, counted up to `near_misses.MAX_COUNTED`."""

    @property
    def iocs(self) -> list[IOC]:
        return [evidence.ioc for evidence in self.found]
