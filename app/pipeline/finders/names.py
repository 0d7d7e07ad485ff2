"""IPv4 addresses, networks, host names and URLs without a scheme, from the anchor dot."""

from __future__ import annotations

import re

from app.pipeline import classifier, normalizer
from app.pipeline.classifier import Reason, is_octets
from app.pipeline.contexts import BEFORE_VERSIONS, OTHER_MARKS, VersionWatch, path_objection
from app.pipeline.finders.hosts import HOST_TABLE, MAX_HOST, Tails, port_at
from app.pipeline.finders.urls import find_encoded_url, find_targets
from app.pipeline.hits import Hit, Hits
from app.pipeline.models import IOCType
from app.pipeline.refang import DOT
from app.pipeline.refanged_text import RefangedText

_PREFIX = re.compile(r"/([0-9]{1,2})(?![\w/]|[.\x01][0-9])")
_MORE_NUMBERS = re.compile(r"/[0-9][0-9.\x01]*(?![\w/?=&%-])")
_QUERY = re.compile(r"\?[\w.-]{1,40}=")
# A row of dots separates: "see...example.com", the leaders of a table of contents.
_ROW_OF_DOTS = re.compile(rb"\.\.")
# No name, address or version is without a letter after a dot, or three more numbers.
_ANCHOR = re.compile(rb"\.(?:a|0+\.0+\.0+)[a0.-]*")
_NUMBERS = re.compile(r"[0-9.\x01]{7,}")
_SPACELESS_SCRIPT = re.compile("[\u2e80-\ud7ff\uf900-\ufaff\uff66-\uffdc]")
_ASCII_NAME = re.compile(r"[A-Za-z0-9_-]*[.\x01][A-Za-z0-9.\x01_-]+")
# "%2F" before the name, "%252F" where it was encoded again.
_PERCENT_CODE = re.compile("(?:(?:25){1,3}(?=2F|3A|3D|40))?[0-9A-F]{2}", re.IGNORECASE)
_TECHNIQUE = re.compile(r"attack\.(t[01][0-9]{3}(?:\.[0-9]{3})?)", re.IGNORECASE)
_GOES_ON = frozenset("/:?")
# Between these, what looks like a host name is taken for one.
_QUIET_LEFT = frozenset(" \t\n\"'`<>()[]{},;=|")
_QUIET_RIGHT = frozenset(" \t\r\n\"'`<>)[]{},;|")
_PATH_MARKS = frozenset("/\\:")
_IPV4 = IOCType.IPV4
_DOMAIN = IOCType.DOMAIN


def find_names(refanged: RefangedText, new_hits: Hits) -> None:
    text, hit = refanged.text, new_hits.hit
    classes = _ROW_OF_DOTS.sub(b"  ", refanged.classes(HOST_TABLE))
    last_gap = classes.rfind
    judge = _Judge(refanged, new_hits)
    hopeless, versions = judge.hopeless, judge.versions
    wants_misses = new_hits.wants_misses
    settled: dict[str, tuple[int, list[Hit]]] = {}
    gap = claimed = 0
    for anchor in _ANCHOR.finditer(classes):
        dot, end = anchor.span()
        start = last_gap(b" ", gap, dot) + 1
        gap = end
        if start < claimed:
            continue
        run = text[start:end]
        labels = run.split(".")
        if is_octets(labels) and len(labels) == 4:
            objection = None
            if (
                text[start - 2 : start] in BEFORE_VERSIONS
                or text[start - 1] in OTHER_MARKS
                or start < versions.near
                or labels[0] == "2"
            ):
                objection = versions.objection(start, end)
            if objection or text[end] in _GOES_ON:
                claimed = judge.octets(run, start, end, objection)
            else:
                hit((start, end, _IPV4, run, "IPv4"))
        elif (run if wants_misses else labels[-1]) in hopeless and run.isascii():
            continue
        elif run in settled and text[end] not in _GOES_ON:
            refanged.claim(start, end)
            if new_hits.wants_repeats:
                first, hits = settled[run]
                new_hits.repeat(hits, start - first)
        elif end - start < MAX_HOST:
            known = len(new_hits.hits)
            claimed = judge.run(run, labels, start, end)
            if 0 < claimed <= end:
                settled[run] = start, new_hits.hits[known:]


class _Judge:
    """Judges one run of letters, digits, dots and hyphens after the other, left to right.

    Each step answers where the indicator ends that it found, 0 if it found none.
    """

    def __init__(self, refanged: RefangedText, new_hits: Hits) -> None:
        self._page = refanged
        self._text = refanged.text
        self._claim = refanged.claim
        self._findings = new_hits
        self._hit = new_hits.hit
        self._miss = new_hits.miss
        self._tails = Tails(refanged)
        self.versions = VersionWatch(refanged.text)
        # Runs that are nothing in any surroundings; or, if near misses are not wanted,
        # what is no top-level domain: a run in ASCII that ends in it is nothing.
        self.hopeless: set[str] = set()

    def run(self, run: str, labels: list[str], start: int, end: int) -> int:
        is_plain = labels[-1].isalpha() and run[0].isalnum() and run.isascii() and DOT not in run
        if is_plain and self._text[start - 1] != "%":
            return self._plain_name(run, labels, start, end)
        if not run.isascii() and _SPACELESS_SCRIPT.search(run) and _is_mixed(run):
            return self._parts(_ASCII_NAME, run, start)
        if "-" in run and _is_numeric(run.replace("-", "")):
            return self._parts(_NUMBERS, run, start)
        return self._odd(run, start)

    def _parts(self, pattern: re.Pattern[str], run: str, start: int) -> int:
        ends = [self._odd(part[0], start + part.start()) for part in pattern.finditer(run)]
        return max(ends, default=0)

    def _odd(self, run: str, start: int) -> int:
        """A run that may be defanged, or have something around the name."""
        written = run
        if not (run[0].isalnum() and run[-1].isalnum()):
            written, start = _trimmed(run, start)
        is_address = classifier.ipv4_objection(written.replace(DOT, ".")) is None
        code = _PERCENT_CODE.match(written) if self._text[start - 1] == "%" else None
        if code and not is_address:
            written, start = written[code.end() :], start + code.end()
            if encoded_end := find_encoded_url(self._page, self._findings, start):
                # The same run without the scheme in front is something else: not to be settled.
                return encoded_end if encoded_end > start + len(written) else 0
        name = written.replace(DOT, ".") if DOT in written else written
        end = start + len(name)
        if not name[-1:].isalpha() and _is_numeric(name):
            objection = classifier.ipv4_objection(name)
            if objection is None and name == written:
                objection = self.versions.objection(start, end)
            return self.octets(name, start, end, objection)
        if name != written:
            return self._name(name, start, end, classifier.name_objection(name))
        return self._plain_name(name, name.split("."), start, end)

    def octets(self, name: str, start: int, end: int, objection: Reason | None) -> int:
        if objection:
            self._miss(objection, start, end, "IPv4")
            return 0
        if self._text[end] in _GOES_ON and (longer := self._longer_address(name, start, end)):
            return longer
        self._hit((start, end, _IPV4, name, "IPv4"))
        return end

    def _longer_address(self, name: str, start: int, end: int) -> int:
        prefix = _PREFIX.match(self._text, end)
        if prefix and (network := normalizer.network(name, prefix[1])):
            self._hit((start, prefix.end(), IOCType.CIDR, network, "CIDR"))
            return prefix.end()
        # A port after a slash, as firewalls write it, or another address.
        if _MORE_NUMBERS.match(self._text, end):
            return 0
        return self._url(name, start, end)

    def _plain_name(self, name: str, labels: list[str], start: int, end: int) -> int:
        text = self._text
        is_apart = text[start - 1] in _QUIET_LEFT and text[end] in _QUIET_RIGHT
        if is_apart and classifier.is_plain_name(name, labels):
            self._hit((start, end, _DOMAIN, name, "domain"))
            self._claim(start, end)
            return end
        objection = classifier.name_objection(name)
        if objection:
            found = self._no_name(name, start, end, objection)
            if not found and self._findings.wants_misses:
                self.hopeless.add(name)
            elif classifier.is_no_tld(labels[-1]):
                self.hopeless.add(labels[-1])
            return found
        left = text[start - 1]
        if left in _PATH_MARKS:
            objection = path_objection(text, start)
        if objection is None:
            objection = classifier.plain_name_objection(name, labels, left, text[end : end + 2])
        return self._name(name, start, end, objection)

    def _name(self, name: str, start: int, end: int, objection: Reason | None) -> int:
        value = None if objection else normalizer.host(name)
        if value is None:
            return self._no_name(name, start, end, objection or "no host name can be made of it")
        if self._text[end] in _GOES_ON and self._text[start - 1] not in "/\\@":
            longer = self._url(value, start, end)
            if longer:
                return longer
        self._hit((start, end, _DOMAIN, value, "domain"))
        self._claim(start, end)
        return end

    def _no_name(self, name: str, start: int, end: int, objection: str) -> int:
        if name[:1] in ("a", "A") and (technique := _TECHNIQUE.fullmatch(name)):
            self._hit((start, end, IOCType.ATTACK, technique[1].upper(), "ATT&CK tag"))
            self._claim(start, end)
            return end
        self._miss(objection, start, end, "domain")
        return 0

    def _url(self, host: str, start: int, end: int) -> int:
        """A host with a path, or with a port and a path, is a URL without its scheme."""
        text = self._text
        port = port_at(text, end)
        after = end + len(port)
        is_path = text[after] == "/" and text[start - 1] != "/"
        if not is_path and not _QUERY.match(text, after):
            return 0
        tail_end = self._tails.end(after)
        tail = normalizer.path(text[after:tail_end])
        url = f"http://{host}{port}{tail}"
        self._hit((start, tail_end, IOCType.URL, url, "URL without scheme"))
        self._claim(start, tail_end)
        find_targets(self._findings, url, host, tail, after)
        return tail_end


def _trimmed(run: str, start: int) -> tuple[str, int]:
    """Return the name without dots and hyphens around it; a leading underscore may belong to it."""
    stripped = run.rstrip("._-" + DOT)
    edge = ".-" + DOT if len(stripped) == len(run) else "._-" + DOT
    name = stripped.lstrip(edge)
    return name, start + len(stripped) - len(name)


def _is_numeric(run: str) -> bool:
    return run.replace(".", "").replace(DOT, "").isdecimal()


def _is_mixed(run: str) -> bool:
    """Has a label that mixes scripts: names in scripts without spaces stand right in the text."""
    labels = run.replace(DOT, ".").split(".")
    return any(not label.isascii() and re.search("[ -~]", label) for label in labels)
