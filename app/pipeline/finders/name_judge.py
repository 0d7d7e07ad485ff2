"""Judges the runs of letters, digits, dots and hyphens that may be domains or IPv4 addresses.

Here is what a run is tried as, and in which order; whether a name alone is a host says
`classifier`, what stands before it says `contexts`.
"""

from __future__ import annotations

import re

from app.pipeline import classifier, normalizer
from app.pipeline.blocks import GAP
from app.pipeline.checksums import is_onion
from app.pipeline.classifier import is_octets
from app.pipeline.code_places import code_objection
from app.pipeline.contexts import VersionWatch, path_objection
from app.pipeline.dotted_ports import address_before_port
from app.pipeline.expectations import expects_host, expects_user
from app.pipeline.finders import references
from app.pipeline.finders.emails import encoded_address, spoken_address
from app.pipeline.finders.runs import begins_sentence, is_mixed, is_numeric, trimmed
from app.pipeline.finders.schemeless import SchemelessURLs
from app.pipeline.finders.schemes import loose_scheme
from app.pipeline.finders.urls import find_encoded_url
from app.pipeline.headings import is_cell, user_columns
from app.pipeline.hits import Hit, Hits
from app.pipeline.host_lists import HostLists
from app.pipeline.models import IOCType
from app.pipeline.netmasks import MASK_STARTS, mask_length
from app.pipeline.objections import Objection
from app.pipeline.ports import is_port
from app.pipeline.refang import DOT
from app.pipeline.refanged_text import SPACELESS, RefangedText

_PREFIX = re.compile(r"/([0-9]{1,2})(?![A-Za-z0-9_/]|[.\x01][0-9])")
# A port after a slash, as firewalls write it, also before an arrow.
_MORE_NUMBERS = re.compile(r"/[0-9][0-9.\x01]*(?![\w/?=&%]|-(?!-?>))")
_MASK = re.compile(r"/((?:255|0)(?:\.[0-9]{1,3}){3})(?![\w/]|\.[0-9])")
_NUMBERS = re.compile(r"[0-9.\x01]{7,}")
_SPACELESS_SCRIPT = re.compile(f"[{SPACELESS}]")
_ASCII_NAME = re.compile(r"[A-Za-z0-9_-]*[.\x01][A-Za-z0-9.\x01_-]+")
# "%2F" before the name, or "%252F" if it was encoded twice.
_PERCENT_CODE = re.compile("(?:(?:25){1,3}(?=2F|3A|3D|40))?[0-9A-F]{2}", re.IGNORECASE)
_TECHNIQUE = re.compile(r"attack\.(t[01][0-9]{3}(?:\.[0-9]{3})?)", re.IGNORECASE)
# Between these characters, what looks like a host name is taken for one.
_QUIET_LEFT = frozenset(" \t\n\"'`<>()[]{},;=|")
_QUIET_RIGHT = frozenset(" \t\r\n\"'`<>)[]{},;|")
_PATH_MARKS = frozenset("/\\:")
# Behind "*." stands a pattern for all hosts below a domain, and no URL.
_NO_URL_AFTER = ("/", "\\", "@", "*.")
# What speaks against these names is only what they look like: a field or a list knows better.
_MAY_BE_EXPECTED = frozenset(
    (
        *(Objection.FILE_NAME, Objection.RESERVED_TLD, Objection.PACKAGE_NAME),
        *(Objection.PROGRAM_TEXT, Objection.NUMBER_WITH_UNIT, Objection.PRODUCT_NAME),
        *(Objection.CAPITALS, Objection.PATH_PART),
    )
)
_MASK_BEGINS = tuple(f"{start}." for start in MASK_STARTS)
_NO_SURNAMES = frozenset(("com", "net", "org"))
_DOMAIN = IOCType.DOMAIN
_GOES_ON = frozenset("/:?")
_IPV4 = IOCType.IPV4


def _next_gap(text: str, start: int) -> int:
    found = text.find(GAP, start)
    return found if found >= 0 else len(text)


class NameJudge:
    """Judges one run of letters, digits, dots and hyphens after the other, left to right.

    Each method reports the hit or miss of what it is given, and returns the end of the IOC that
    it found, or 0 if it found none.
    """

    def __init__(self, refanged: RefangedText, new_hits: Hits) -> None:
        self._refanged = refanged
        self._text = refanged.text
        self._claim = refanged.claim
        self._hits = new_hits
        self._add_hit = new_hits.add_hit
        self._add_miss = new_hits.add_miss
        self._urls = SchemelessURLs(refanged, new_hits)
        self._lists = HostLists(refanged.text)
        self._user_columns = user_columns(refanged.text)
        self.versions = VersionWatch(refanged.text)
        # Runs that were IOCs before, by place and hits of the first one: they are IOCs everywhere
        # later in the block, up to the next `GAP`.
        self.accepted: dict[str, tuple[int, list[Hit]]] = {}
        # The end of the text in which the first of `accepted` stands; not looked for yet.
        self._text_end: int | None = None
        # Runs in ASCII that are no IOC in any surroundings; filled only if misses are wanted.
        self.refused_runs: set[str] = set()
        # Last labels that are no top-level domain: a run in ASCII that ends in one is no IOC.
        # They refuse more runs than the above, but say nothing about the reason.
        self.refused_tlds: set[str] = set()

    def is_same_text(self, start: int) -> bool:
        """Return whether no `GAP` stands before a position since the first accepted run."""
        if self._text_end is None:
            first, _ = next(iter(self.accepted.values()))
            self._text_end = _next_gap(self._text, first)
        if start < self._text_end:
            return True
        self._text_end = _next_gap(self._text, start)
        self.accepted.clear()
        return False

    def run(self, run: str, labels: list[str], start: int, end: int) -> int:
        """Judge a run by the shape it has: a plain name, a name in another script, a range."""
        if labels[-1].istitle() and begins_sentence(self._text, run.replace(DOT, "."), end):
            run, labels, end = run[: -len(labels[-1]) - 1], labels[:-1], end - len(labels[-1]) - 1
        is_plain = labels[-1].isalpha() and run[0].isalnum() and run.isascii() and DOT not in run
        if is_plain and self._text[start - 1] != "%":
            return self._plain_name(run, labels, start, end)
        # Chinese and its like put no space around a name in ASCII; and "1.2.3.4-1.2.3.9" is two
        # addresses.
        if not run.isascii() and _SPACELESS_SCRIPT.search(run) and is_mixed(run):
            pattern = _ASCII_NAME
        elif "-" in run and is_numeric(run.replace("-", "")):
            pattern = _NUMBERS
        else:
            return self._odd(run, start)
        ends = [self._odd(part[0], start + part.start()) for part in pattern.finditer(run)]
        return max(ends, default=0)

    def _odd(self, run: str, start: int) -> int:
        """Judge a run that may be defanged, or have something around the name."""
        written = run
        if not (run[0].isalnum() and run[-1].isalnum()):
            written, start = trimmed(run, start)
        is_address = classifier.ipv4_objection(written.replace(DOT, ".")) is None
        code = _PERCENT_CODE.match(written) if self._text[start - 1] == "%" else None
        if code and not is_address:
            written, start = written[code.end() :], start + code.end()
            name = written.replace(DOT, ".")
            if code[0][-2:] == "40" and (address := encoded_address(self._text, name, start)):
                return self._address(*address, start + len(name))
            if encoded_end := find_encoded_url(self._refanged, self._hits, start):
                # 0, although a URL was found, if that ends with the run: the same run without an
                # encoded scheme before it is something else, and must not be accepted unseen.
                return encoded_end if encoded_end > start + len(written) else 0
        name = written.replace(DOT, ".") if DOT in written else written
        end = start + len(name)
        if not name[-1:].isalpha() and is_numeric(name):
            if length := address_before_port(self._text, start, end):
                return self.octets(name[:length], start, start + length, None)
            objection = classifier.ipv4_objection(name)
            if objection is None and name == written:
                return self.address(name, start, end)
            return self.octets(name, start, end, objection)
        if name != written:
            return self._name(name, start, end, classifier.name_objection(name))
        return self._plain_name(name, name.split("."), start, end)

    def address(self, run: str, start: int, end: int) -> int:
        """Judge four numbers, each of them an octet."""
        if run.startswith(_MASK_BEGINS) and mask_length(run) is not None:
            self._add_miss(Objection.NETMASK, start, end, "IPv4")
            return 0
        return self.octets(run, start, end, self.versions.objection(start, end))

    def octets(self, name: str, start: int, end: int, objection: Objection | None) -> int:
        """Report four numbers as an address, a network, or the host of a URL."""
        if objection:
            self._add_miss(objection, start, end, "IPv4")
            return 0
        if self._text[end] in _GOES_ON and (longer := self._longer_address(name, start, end)):
            return longer
        self._add_hit((start, end, _IPV4, name, "IPv4"))
        return end

    def _longer_address(self, name: str, start: int, end: int) -> int:
        if found := self._urls.find_loose(name, start, end):
            return found
        if self._text[start - 1] == "@":  # behind a password of another scheme
            return 0
        prefix = _PREFIX.match(self._text, end)
        if prefix and is_port(self._text, start, prefix):
            return 0
        if prefix and (network := normalizer.network(name, prefix[1])):
            self._add_hit((start, prefix.end(), IOCType.CIDR, network, "CIDR"))
            return prefix.end()
        mask = _MASK.match(self._text, end)
        length = mask_length(mask[1]) if mask and is_octets(mask[1].split(".")) else None
        if mask and length and (network := normalizer.network(name, str(length))):
            self._add_hit((start, mask.end(), IOCType.CIDR, network, "CIDR"))
            return mask.end()
        # A port after a slash, as firewalls write it, or another address.
        if _MORE_NUMBERS.match(self._text, end):
            return 0
        return self._urls.find_longer(name, start, end)

    def _plain_name(self, name: str, labels: list[str], start: int, end: int) -> int:
        """Judge a name that is not defanged; most are decided by the first condition."""
        text = self._text
        is_apart = text[start - 1] in _QUIET_LEFT and text[end] in _QUIET_RIGHT
        if len(labels) == 2 and labels[-1] not in _NO_SURNAMES and self._is_user(start, end):
            return self._no_name(name, start, end, Objection.USER_NAME)
        if labels[-1] not in _NO_SURNAMES and (code := code_objection(text, start, end, labels)):
            return self._no_name(name, start, end, code)
        if is_apart and classifier.is_plain_name(name, labels):
            self._add_domain(name, start, end)
            return end
        objection = classifier.name_objection(name)
        if objection:
            found = self._no_name(name, start, end, objection)
            if self._hits.wants_misses:
                if not found and name.isascii():
                    self.refused_runs.add(name)
            elif classifier.is_no_tld(labels[-1]):
                self.refused_tlds.add(labels[-1])
            return found
        left = text[start - 1]
        if left in _PATH_MARKS:
            objection = None if loose_scheme(text, start) else path_objection(text, start)
        if objection is None:
            objection = classifier.plain_name_objection(name, labels, left, text[end : end + 2])
        if objection is Objection.UNDERSCORE and (address := spoken_address(name)):
            return self._address(address, start, end)
        may_be_expected = objection in _MAY_BE_EXPECTED
        if may_be_expected and expects_host(text, start, end, self._lists):
            objection = None
        return self._name(name, start, end, objection)

    def _is_user(self, start: int, end: int) -> bool:
        return expects_user(self._text, start, end) or (
            is_cell(self._text, start, end) and self._user_columns.cover(start)
        )

    def _address(self, value: str, start: int, end: int) -> int:
        self._add_hit((start, end, IOCType.EMAIL, value, "email"))
        self._claim(start, end)
        return end

    def _name(self, name: str, start: int, end: int, objection: Objection | None) -> int:
        """Report a name as a domain or a URL, unless there is an objection."""
        value = None if objection else normalizer.host(name)
        if value is None:
            return self._no_name(name, start, end, objection or Objection.NO_HOST_NAME)
        if found := self._urls.find_loose(value, start, end):
            return found
        if self._text[end] in _GOES_ON and not self._text.endswith(_NO_URL_AFTER, 0, start):
            if references.is_program_text(self._text, start, end):
                return self._no_name(name, start, end, Objection.PROGRAM_TEXT)
            longer = self._urls.find_longer(value, start, end)
            if longer:
                return longer
        self._add_domain(value, start, end)
        return end

    def _add_domain(self, name: str, start: int, end: int) -> None:
        rule = "onion" if name.endswith(".onion") and is_onion(name) else "domain"
        self._add_hit((start, end, _DOMAIN, name, rule))
        self._claim(start, end)

    def _no_name(self, name: str, start: int, end: int, objection: Objection) -> int:
        # Sigma rules tag techniques as "attack.t1059.001".
        if name[:1] in ("a", "A") and (technique := _TECHNIQUE.fullmatch(name)):
            self._add_hit((start, end, IOCType.ATTACK, technique[1].upper(), "ATT&CK tag"))
            self._claim(start, end)
            return end
        self._add_miss(objection, start, end, "domain")
        return 0
