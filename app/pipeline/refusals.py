"""Explains refused strings to the analyst, after `near_misses` has gathered them.

Finders report misses with an `Objection`. Here the miss is either dropped or becomes a refusal: a
sentence for the analyst, the whole string that the sentence is about, and the IOC that is taken
if the analyst disagrees.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

from app.pipeline import normalizer, words
from app.pipeline.classifier import HASH_BY_LENGTH, OCTETS
from app.pipeline.finders.hosts import HOST_TABLE, MAX_HOST, Tails, port_at
from app.pipeline.hits import RefusedHit
from app.pipeline.models import IOCType
from app.pipeline.objections import Objection
from app.pipeline.refang import DOT
from app.pipeline.refanged_text import RefangedText

Refusal = tuple[int, int, str, IOCType | None, str]
"""Begin and end in the refanged text, the sentence, and the IOC (type or None, value)."""

_VERSION = re.compile(r"v[0-9]+(?:\.[0-9]+){2,}", re.IGNORECASE)
_SENTENCES = re.compile("[a-z]+[.][A-Z][a-z]+")  # "end.Next": a space is missing
_SHAPE_REASONS = (Objection.NO_TLD, Objection.BAD_LABEL, Objection.TOO_LONG)
"""The reasons that refuse a name in any surroundings."""
_FAMILY = re.compile(r"(?:[A-Za-z0-9]{2,24}[/:])+$")
_FAMILY_WINDOW = 48
_VARIANT = re.compile(r"[!@][A-Za-z0-9]{1,12}")
_LAST_LABEL = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{2,59}", re.IGNORECASE)
_INTERNAL_HOST = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?", re.IGNORECASE)
_GUID_TAIL = re.compile(r"-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9a-z-])", re.IGNORECASE)
_DEFANGED_NUMBER = re.compile(DOT + r"[0-9]{1,63}(?![\w.\x01-])")
_BASE58 = frozenset(string.ascii_letters + string.digits) - frozenset("0OIl")
_HEX = frozenset(string.hexdigits)
_GROUPS = frozenset(string.hexdigits + ":.")


class Refusals:
    """Explains the misses in one refanged text; must be called in the order of the text."""

    def __init__(self, refanged: RefangedText) -> None:
        self._refanged = refanged
        self._text = refanged.text
        self._tails: Tails | None = None
        self._by_rule = {
            "domain": self._name,
            "IPv4": self._ipv4,
            "IPv6": self._ipv6,
            "URL": self._url,
            "email": self._email,
            "hash or Bitcoin address": self._long_run,
        }

    def explain(self, miss: RefusedHit) -> Refusal | None:
        """Return the refusal; None if no analyst would take the string for an IOC."""
        start, end, reason, rule = miss
        if explain := self._by_rule.get(rule):
            return explain(start, end, reason)
        return start, end, str(reason), None, ""

    def _name(self, start: int, end: int, reason: Objection) -> Refusal | None:
        written = self._text[start:end]
        name = written.replace(DOT, ".")
        tld = name.rpartition(".")[2]
        if reason in _SHAPE_REASONS:
            return self._no_name(start, end, reason, written, tld)
        if _SENTENCES.fullmatch(name):
            return None
        value = normalizer.host(name)
        kind = IOCType.DOMAIN if value else None
        if reason in (Objection.PATH_PART, Objection.DETECTION_NAME):
            family = self._family(start, name)
            if family or reason is Objection.DETECTION_NAME:
                start, end = start - family, self._variant_end(end)
                return start, end, str(Objection.DETECTION_NAME), kind, value or ""
        is_odd = reason in (Objection.PATH_PART, Objection.UNDERSCORE)
        if is_odd and tld.lower() in words.FILE_TLDS:
            reason = Objection.FILE_NAME
        return start, end, reason.format(tld.lower()), kind, value or ""

    def _no_name(
        self, start: int, end: int, reason: Objection, written: str, tld: str
    ) -> Refusal | None:
        """Explain a string that cannot be a name.

        Most words with a dot are not worth a line: only defanged names, files, detection names
        and versions are shown.
        """
        name = written.replace(DOT, ".")
        if "." not in name:
            return None
        if DOT in written:
            takes_in = _LAST_LABEL.fullmatch(tld) and ".." not in name
            value = normalizer.host(name) if takes_in else None
            return start, end, reason.format(tld), IOCType.DOMAIN if value else None, value or ""
        if tld.lower() in words.FILE_EXTENSIONS:
            is_in_path = self._text[start - 1] in "/\\"
            return None if is_in_path else (start, end, str(Objection.FILE_NAME), None, "")
        if (family := self._family(start, name)) or _is_detection(name):
            start, end = start - family, self._variant_end(end)
            return start, end, str(Objection.DETECTION_NAME), None, ""
        if _VERSION.fullmatch(name):
            return start, end, str(Objection.VERSION_NUMBER), None, ""
        return None

    def _family(self, start: int, name: str) -> int:
        """Return the length of a prefix such as `Trojan:Win32/` in front of a detection name."""
        if self._text[start - 1] not in "/:" or name[:1].islower():
            return 0
        before = _FAMILY.search(self._text, max(0, start - _FAMILY_WINDOW), start)
        if before and not words.DETECTION_WORDS.isdisjoint(re.split("[/:]", before[0].lower())):
            return len(before[0])
        return 0

    def _variant_end(self, end: int) -> int:
        """Return the end of a suffix such as `!tr` behind a detection name."""
        variant = _VARIANT.match(self._text, end)
        return variant.end() if variant else end

    def _ipv4(self, start: int, end: int, reason: Objection) -> Refusal:
        name = self._text[start:end].replace(DOT, ".")
        labels = name.split(".")
        if len(labels) != 4 or not all(labels):
            return start, end, str(Objection.NOT_FOUR_NUMBERS), None, ""
        if OCTETS.issuperset(labels):
            return start, end, str(reason), IOCType.IPV4, name
        if any(len(label) > 9 or int(label) > 255 for label in labels):
            return start, end, str(Objection.OCTET_TOO_HIGH), None, ""
        return start, end, str(Objection.LEADING_ZERO), None, ""

    def _ipv6(self, start: int, end: int, reason: Objection) -> Refusal | None:
        written = self._text[start:end].replace(DOT, ".")
        value = normalizer.ipv6(written)
        if value is None and not (_GROUPS.issuperset(written) and any(map(str.isdigit, written))):
            return None
        return start, end, str(reason), IOCType.IPV6 if value else None, value or ""

    def _url(self, start: int, end: int, reason: Objection) -> Refusal | None:
        """Explain a URL; without a known top-level domain its host may be an internal one."""
        text = self._text
        scheme, _, authority = text[start:end].partition("://")
        host = authority.replace(DOT, ".")
        if not host:
            return None
        if not _is_internal_host(host):
            shown = Objection.UNKNOWN_TLD if reason is Objection.NO_TLD else reason
            return start, end, str(shown), None, ""
        if self._tails is None:
            self._tails = Tails(self._refanged)
        plain = normalizer.scheme(scheme)
        name = normalizer.host(host)
        stop = self._tails.end(start, end + len(port_at(text, end)))
        tail = normalizer.path(text[end:stop])
        value = f"{plain}://{name}{tail}" if plain and name else ""
        return start, stop, str(Objection.UNKNOWN_TLD), IOCType.URL if value else None, value

    def _email(self, start: int, end: int, reason: Objection) -> Refusal:
        local, _, domain = self._text[start:end].rpartition("@")
        value = normalizer.host(domain)
        address = normalizer.email(local, value) if value else ""
        return start, end, str(reason), IOCType.EMAIL if value else None, address

    def _long_run(self, start: int, end: int, reason: Objection) -> Refusal | None:
        run = self._text[start:end]
        if reason is Objection.BITCOIN_CHECKSUM:
            is_alike = _BASE58.issuperset(run) and not (run.islower() or run.isupper())
            return (start, end, str(reason), None, "") if is_alike or run[:3] == "bc1" else None
        if reason in (Objection.ETHEREUM_CHECKSUM, Objection.ETHEREUM_UNSURE):
            return start, end, str(reason), None, ""
        is_number = run[:2] in ("0x", "0X")
        digits = run[2:] if is_number else run
        if not _HEX.issuperset(digits) or (run.isdigit() and len(run) not in HASH_BY_LENGTH):
            return None
        kind = HASH_BY_LENGTH.get(len(digits))
        if is_number:
            reason = Objection.NUMBER_AFTER_0X
        elif kind is None:
            reason = Objection.NO_HASH_LENGTH
        return start, end, reason.format(len(digits)), kind, digits.lower() if kind else ""


def find_unseen(refanged: RefangedText) -> Iterator[RefusedHit]:
    """Yield the misses that no finder reports, because no part of them can be an IOC."""
    yield from _guids(refanged.text)
    yield from _defanged_numbers(refanged)


def _defanged_numbers(refanged: RefangedText) -> Iterator[RefusedHit]:
    """Yield defanged numbers such as `10[.]0[.]1`: their writer took them for indicators."""
    text = refanged.text
    for last in _DEFANGED_NUMBER.finditer(text):
        start = last.start() - refanged.run_before(HOST_TABLE, last.start(), MAX_HOST)
        run = text[start : last.end()]
        numbers = run.replace(DOT, ".").split(".")
        if "".join(numbers).isdecimal():
            if len(numbers) != 4 or not all(numbers):  # four numbers were judged by a finder
                yield start, last.end(), Objection.NOT_FOUR_NUMBERS, "IPv4"
        else:
            yield start, last.end(), Objection.NO_TLD, "domain"


def _guids(text: str) -> Iterator[RefusedHit]:
    # The pattern begins at the first hyphen: eight digits before it would be tried at each digit
    # of every hash.
    for tail in _GUID_TAIL.finditer(text):
        start = tail.start() - 8
        head = text[max(0, start) : tail.start()]
        if len(head) == 8 and _HEX.issuperset(head) and not text[start - 1].isalnum():
            yield start, tail.end(), Objection.GUID, "GUID"


def _is_detection(name: str) -> bool:
    """Return whether a name is written as in `Trojan.Agent.AW`, with a word of such names."""
    labels = name.split(".")
    is_capital = all(label[:1].isupper() or label.isdigit() for label in labels)
    return is_capital and not words.DETECTION_WORDS.isdisjoint(name.lower().split("."))


def _is_internal_host(host: str) -> bool:
    labels = host.split(".")
    is_numeric = labels[-1].isdigit()
    return not is_numeric and all(_INTERNAL_HOST.fullmatch(label) for label in labels)
