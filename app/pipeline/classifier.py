"""The classifier says what a candidate is, or gives the reason why it is none.

It judges the candidate alone, save for one character before it and two behind it; what stands
further off is judged by `contexts`. The vocabulary is in `words`, the top-level domains in `tlds`.
"""

from __future__ import annotations

from app.pipeline import words
from app.pipeline.checksums import is_base58check, is_segwit
from app.pipeline.long_runs import classify_other_run
from app.pipeline.models import IOCType
from app.pipeline.objections import Objection
from app.pipeline.tlds import SPECIAL_TLDS, TLDS
from app.pipeline.words import word_set

HASH_BY_LENGTH = {32: IOCType.MD5, 40: IOCType.SHA1, 64: IOCType.SHA256, 128: IOCType.SHA512}

OCTETS = frozenset(map(str, range(256)))
is_octets = OCTETS.issuperset
HOST_TLDS = TLDS | SPECIAL_TLDS
# Suffixes of internal networks, and of I2P and Namecoin. After a scheme they can only be hosts;
# in plain text they are everyday words.
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
# An address of version 0 or 5 is 25 bytes: 26 to 35 characters in base58.
_BASE58_LENGTHS = range(26, 36)


def ipv4_objection(name: str) -> Objection | None:
    """Judge a candidate of digits and dots."""
    parts = name.split(".")
    if len(parts) != 4:
        return Objection.NOT_FOUR_NUMBERS
    # A leading zero is refused: some programs read 010 as ten, others as eight.
    return None if is_octets(parts) else Objection.BAD_OCTETS


def url_host_objection(name: str) -> Objection | None:
    """Judge the host of a URL with a scheme: any name that could be looked up passes."""
    if name[-1:].isdigit():
        return ipv4_objection(name)
    objection = _shape_objection(name, URL_TLDS)
    return None if objection and name.lower() == "localhost" else objection


def is_plain_name(name: str, labels: list[str]) -> bool:
    """Return whether only its surroundings can speak against a name.

    The name must begin and end with a letter or digit. False means that the slower functions
    below must judge it.
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


def name_objection(name: str) -> Objection | None:
    """Judge a name that is surely meant as a host: a defanged one, or one in a mail address."""
    return _shape_objection(name, HOST_TLDS)


def plain_name_objection(name: str, labels: list[str], left: str, right: str) -> Objection | None:
    """Judge a well-formed name in plain text; `left` and `right` are the characters beside it."""
    tld = labels[-1]
    # Service records such as _dmarc.example.com begin with an underscore; the name that is
    # registered, the last label but one, cannot hold one (RFC 952, RFC 1123).
    if "_" in name and "_" in labels[-2]:
        return Objection.UNDERSCORE
    if left == "$" or (labels[0] in _SELF_NAMES and tld not in _FIRST_TLDS):
        return Objection.PROGRAM_VARIABLE
    if right[:1] == "!" and right[1:].isalnum():  # "BURNTCIGAR.CA!tr"
        return Objection.DETECTION_NAME
    if name.islower():
        if not _no_platform(labels):
            return Objection.DETECTION_NAME
        if tld not in _DISPUTED_TLDS and labels[0] not in _REVERSED_STARTS:
            return None
        lowered = labels
    else:
        lowered = name.lower().split(".")
        if reason := _case_objection(name, tld, lowered):
            return reason
    return _file_objection(lowered) or _code_objection(lowered, right)


def is_no_tld(label: str) -> bool:
    """Return whether no host name ends in this label."""
    return label.isascii() and label.isalpha() and label.lower() not in HOST_TLDS


def _shape_objection(name: str, tlds: frozenset[str]) -> Objection | None:
    """Return the reason that refuses a host name in any surroundings."""
    rest, _, tld = name.rpartition(".")
    if tld not in tlds and _ascii_lower(tld) not in tlds:
        return Objection.NO_TLD
    # RFC 1035: 63 octets for a label, 255 on the wire for a name, which is 253 as text.
    if len(rest) > 62 and (len(name) > 253 or max(map(len, name.split("."))) > 63):
        return Objection.TOO_LONG
    if not rest or rest[0] in ".-" or ".." in name:
        return Objection.BAD_LABEL
    if "-" in name and (".-" in name or "-." in name):
        return Objection.BAD_LABEL
    return None


def _ascii_lower(tld: str) -> str:
    lowered = tld.lower()
    if tld.isascii():
        return lowered
    try:
        return lowered.encode("idna").decode("ascii")
    except UnicodeError:
        return lowered


def _case_objection(name: str, tld: str, lowered: list[str]) -> Objection | None:
    """Judge a name with capitals.

    A host name is written in one case, or with capitals in front of its top-level domain.
    """
    if not words.DETECTION_WORDS.isdisjoint(lowered[:-1]) and len(lowered) > 2:
        return Objection.DETECTION_NAME
    if name.isupper():
        disputed = words.MEMBER_TLDS | words.RESERVED_WORD_TLDS
        return Objection.PRODUCT_NAME if lowered[-1] in disputed else None
    if not tld.islower() and tld != "Com":
        return Objection.CAPITALS
    if lowered[-1] in words.MEMBER_TLDS and not name[1:].islower() and "-" not in name:
        return Objection.PROGRAM_TEXT
    return None


def _file_objection(labels: list[str]) -> Objection | None:
    tld, stem = labels[-1], labels[-2]
    is_extension_first = tld in words.FILE_TLDS
    if not is_extension_first and tld not in words.SHARED_TLDS:
        return None
    is_short = len(labels) == 2
    if labels[0] == "www" or (not is_short and stem in _SECOND_LEVELS):
        return None
    if is_extension_first and (is_short or len(tld) > 2):
        return Objection.FILE_NAME
    # Few names of three labels and more are files, save where the ending is known as a file
    # extension first ("app.min.py").
    is_file_stem = stem.startswith("lib") or not words.FILE_STEMS.isdisjoint(stem.split("-"))
    if stem in words.INNER_EXTENSIONS or (is_file_stem and (is_short or is_extension_first)):
        return Objection.FILE_NAME
    return None


def _code_objection(labels: list[str], right: str) -> Objection | None:
    tld, first = labels[-1], labels[0]
    if ".".join(labels[-2:]) in words.CODE_NAMES:
        return Objection.PROGRAM_TEXT
    if tld in words.UNIT_TLDS and "".join(labels[:-1]).isdigit():
        return Objection.NUMBER_WITH_UNIT
    if tld in words.RESERVED_WORD_TLDS and first != "www":
        return Objection.RESERVED_TLD
    is_word_tld = len(tld) > 2 and tld not in words.COMMON_TLDS
    # "gov.in." begins as the suffix of a country's hosts does, copied in front of another name.
    is_reversed = first in words.REVERSED_STARTS and (first != "gov" or len(labels[1]) != 2)
    if is_reversed and len(labels) > 2 and is_word_tld:
        return Objection.PACKAGE_NAME  # "com.example.app"
    if tld not in words.MEMBER_TLDS:
        return None
    is_member = len(labels) == 2 and len(first) == 1
    if first in words.CODE_OBJECTS:
        is_member = len(labels) == 2 or labels[-2] in words.CODE_OBJECTS
    if is_member or right[:1] in ("(", "=", "["):  # a call, an assignment, an index
        return Objection.PROGRAM_TEXT
    return None


def classify_long_run(run: str) -> IOCType | Objection:
    """Judge 26 or more ASCII letters and digits in a row: a hash, a wallet, or neither."""
    kind = HASH_BY_LENGTH.get(len(run))
    if kind and is_hash(run):
        return kind
    if kind and run.isdigit() and run.isascii():
        return Objection.DIGITS_ONLY
    if other := classify_other_run(run):
        return other
    is_base58 = run[0] in "13" and len(run) in _BASE58_LENGTHS
    if is_base58 or run[:3].lower() == "bc1":
        if is_base58check(run) if is_base58 else is_segwit(run):
            return IOCType.BTC
        return Objection.BITCOIN_CHECKSUM
    return Objection.NO_HASH_LENGTH


def is_hash(run: str) -> bool:
    """Return whether a run that is as long as a hash has hexadecimal digits, and not 0 to 9 alone.

    The run must hold an even number of letters and digits, and nothing else.
    """
    try:
        bytes.fromhex(run)
    except ValueError:
        return False
    return not run.isdigit()
