"""Says what a candidate is, or in words why it is nothing."""

from __future__ import annotations

from functools import lru_cache

from app.pipeline import words
from app.pipeline.checksums import is_base58check, is_segwit
from app.pipeline.models import IOCType
from app.pipeline.tlds import SPECIAL_TLDS, TLDS
from app.pipeline.words import word_set


class Reason(str):
    """Why something that looks like an IOC is none; shown to the analyst as it is."""

    __slots__ = ()


Outcome = IOCType | Reason

HASH_TYPES = {32: IOCType.MD5, 40: IOCType.SHA1, 64: IOCType.SHA256, 128: IOCType.SHA512}

OCTETS = frozenset(map(str, range(256)))
is_octets = OCTETS.issuperset
_BAD_LABEL = Reason("a label is empty, or begins or ends with a hyphen")
_TOO_LONG = Reason("longer than a host name can be")
SHAPE_OBJECTIONS = frozenset((_BAD_LABEL, _TOO_LONG))
"""Return why a name is refused in any surroundings, apart from an unknown top-level domain."""
_NOT_FOUR = Reason("an address has 4 numbers")
_NO_OCTETS = Reason("an octet is a number from 0 to 255 without a leading zero")
HOST_TLDS = TLDS | SPECIAL_TLDS
URL_TLDS = HOST_TLDS | word_set("bit corp home i2p intranet lan localdomain")
_DISPUTED_TLDS = (
    words.FILE_TLDS
    | words.SHARED_TLDS
    | words.MEMBER_TLDS
    | words.RESERVED_WORD_TLDS
    | words.UNIT_TLDS
)
_UNDISPUTED_TLDS = HOST_TLDS - _DISPUTED_TLDS
_DISPUTED_STARTS = words.SELF_NAMES | words.REVERSED_STARTS
_SELF_NAMES, _REVERSED_STARTS = words.SELF_NAMES, words.REVERSED_STARTS
_no_platform = words.PLATFORM_WORDS.isdisjoint
_FIRST_TLDS = frozenset(("com", "net", "org"))
_SECOND_LEVELS = word_set("ac co com edu gob gov net org")
_BASE58_LENGTHS = range(26, 36)


def ipv4_objection(name: str) -> Reason | None:
    """Judges digits and dots."""
    parts = name.split(".")
    if len(parts) != 4:
        return _NOT_FOUR
    return None if is_octets(parts) else _NO_OCTETS


def url_host_objection(name: str) -> Reason | None:
    """Judges the host of something with a scheme: any name that could be looked up."""
    if name[-1:].isdigit():
        return ipv4_objection(name)
    objection = _shape_objection(name, URL_TLDS)
    return None if objection and name.lower() == "localhost" else objection


def is_plain_name(name: str, labels: list[str]) -> bool:
    """A quick look: whether nothing but its surroundings can speak against a name.

    For a name that begins and ends with a letter or digit.
    """
    return (
        labels[-1] in _UNDISPUTED_TLDS
        and name.islower()
        and name.isascii()
        and len(name) <= 63
        and "_" not in name
        and ("-" not in name or not (".-" in name or "-." in name))
        and labels[0] not in _DISPUTED_STARTS
        and _no_platform(labels)
    )


def name_objection(name: str) -> Reason | None:
    """Judges a name that is surely meant as a host: defanged, or in a mail address."""
    return _shape_objection(name, HOST_TLDS)


def plain_name_objection(name: str, labels: list[str], left: str, right: str) -> Reason | None:
    """Judges a well-formed name in plain text, between the characters to its left and right."""
    tld = labels[-1]
    if "_" in name and "_" in labels[-2]:
        return Reason("no registered name has an underscore")
    if left == "$" or (labels[0] in _SELF_NAMES and tld not in _FIRST_TLDS):
        return Reason("a variable of a program")
    if right[:1] == "!" and right[1:].isalnum():
        return Reason("a detection name")
    if name.islower():
        if not _no_platform(labels):
            return Reason("a detection name")
        if tld not in _DISPUTED_TLDS and labels[0] not in _REVERSED_STARTS:
            return None
        lowered = labels
    else:
        lowered = name.lower().split(".")
        if reason := _case_objection(name, tld, lowered):
            return reason
    return _file_objection(lowered) or _code_objection(lowered, right)


def is_no_tld(label: str) -> bool:
    """Whether no name ends in these letters."""
    return label.isascii() and label.isalpha() and label.lower() not in HOST_TLDS


def _shape_objection(name: str, tlds: frozenset[str]) -> Reason | None:
    """Return why a host name is refused in any surroundings."""
    rest, _, tld = name.rpartition(".")
    if tld not in tlds and _ascii_lower(tld) not in tlds:
        return _no_tld(tld)
    if len(rest) > 62 and (len(name) > 253 or max(map(len, name.split("."))) > 63):
        return _TOO_LONG
    if not rest or rest[0] in ".-" or ".." in name:
        return _BAD_LABEL
    if "-" in name and (".-" in name or "-." in name):
        return _BAD_LABEL
    return None


@lru_cache(maxsize=256)
def _no_tld(tld: str) -> Reason:
    return Reason(f".{tld} is no top-level domain")


def _ascii_lower(tld: str) -> str:
    return tld.lower() if tld.isascii() else _punycode(tld.lower())


def _punycode(label: str) -> str:
    try:
        return label.encode("idna").decode("ascii")
    except UnicodeError:
        return label


def _case_objection(name: str, tld: str, lowered: list[str]) -> Reason | None:
    """A host name is written in one case, or with capitals in front of its top-level domain."""
    if not words.DETECTION_WORDS.isdisjoint(lowered[:-1]) and len(lowered) > 2:
        return Reason("a detection name")
    if name.isupper():
        disputed = words.MEMBER_TLDS | words.RESERVED_WORD_TLDS
        return Reason("a product name") if lowered[-1] in disputed else None
    if not tld.islower() and tld != "Com":
        return Reason("capitals as in a detection name or in program text")
    if lowered[-1] in words.MEMBER_TLDS and not name[1:].islower():
        return Reason("a name in program text")
    return None


def _file_objection(labels: list[str]) -> Reason | None:
    tld, stem = labels[-1], labels[-2]
    is_extension_first = tld in words.FILE_TLDS
    if not is_extension_first and tld not in words.SHARED_TLDS:
        return None
    is_short = len(labels) == 2
    if labels[0] == "www" or (not is_short and stem in _SECOND_LEVELS):
        return None
    if is_extension_first and (is_short or len(tld) > 2):
        return Reason("a file name")
    # Among longer names those of files are rare, unless the extension comes first in mind.
    is_file_stem = stem.startswith("lib") or not words.FILE_STEMS.isdisjoint(stem.split("-"))
    if stem in words.INNER_EXTENSIONS or (is_file_stem and (is_short or is_extension_first)):
        return Reason("a file name")
    return None


def _code_objection(labels: list[str], right: str) -> Reason | None:
    tld, first = labels[-1], labels[0]
    if ".".join(labels[-2:]) in words.CODE_NAMES:
        return Reason("a name in program text")
    if tld in words.UNIT_TLDS and "".join(labels[:-1]).isdigit():
        return Reason("a number with its unit")
    if tld in words.RESERVED_WORD_TLDS and first != "www":
        return Reason(f"hardly any name under .{tld} is public")
    if first in words.REVERSED_STARTS and len(labels) > 2 and _is_word_tld(tld):
        return Reason("a package name")
    if tld not in words.MEMBER_TLDS:
        return None
    is_member = len(labels) == 2 and len(first) == 1
    if first in words.CODE_OBJECTS:
        is_member = len(labels) == 2 or labels[-2] in words.CODE_OBJECTS
    if is_member or right[:1] in ("(", "=", "["):
        return Reason("a name in program text")
    return None


def _is_word_tld(tld: str) -> bool:
    return len(tld) > 2 and tld not in words.COMMON_TLDS


def long_run(run: str) -> Outcome:
    """Judges 26 or more letters and digits in a row: hashes and Bitcoin addresses."""
    kind = HASH_TYPES.get(len(run))
    if kind and run.isascii() and _is_hex(run):
        return Reason("digits only, no hash") if run.isdigit() else kind
    is_base58 = run[0] in "13" and len(run) in _BASE58_LENGTHS
    if is_base58 or run[:3].lower() == "bc1":
        if is_base58check(run) if is_base58 else is_segwit(run):
            return IOCType.BTC
        return Reason("the checksum of a Bitcoin address is wrong")
    return Reason("no hash has this length")


def _is_hex(run: str) -> bool:
    try:
        int(run, 16)
    except ValueError:
        return False
    return True
