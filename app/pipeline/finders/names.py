"""IPv4 addresses, networks, host names and URLs without a scheme, from the anchor dot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from app.pipeline import classifier, normalizer
from app.pipeline.candidates import Candidate
from app.pipeline.classifier import Reason
from app.pipeline.contexts import VersionWatch, path_objection
from app.pipeline.finders.hosts import HOST_TABLE, MAX_HOST, Tails, port_at
from app.pipeline.models import IOCType
from app.pipeline.page import Page
from app.pipeline.refang import DOT

_PREFIX = re.compile(r"/([0-9]{1,2})(?![\w/]|\.[0-9])")
_MORE_NUMBERS = re.compile(r"/[0-9][0-9.]*(?![\w/?=&%-])")
_QUERY = re.compile(r"\?[\w.-]{1,40}=")
_NUMBERS = re.compile(r"[0-9.\x01]{7,}")
_SPACELESS_SCRIPT = re.compile("[\u2e80-\ud7ff\uf900-\ufaff\uff66-\uffdc]")
_ASCII_NAME = re.compile(r"[A-Za-z0-9_-]*[.\x01][A-Za-z0-9.\x01_-]+")
_TECHNIQUE = re.compile(r"attack\.(t[01][0-9]{3}(?:\.[0-9]{3})?)", re.IGNORECASE)
_IPV4 = IOCType.IPV4
_DOMAIN = IOCType.DOMAIN
_GOES_ON = frozenset("/:?")
_PATH_MARKS = frozenset("/\\:")


def find_names(page: Page) -> Iterator[Candidate]:
    text = page.text
    # A row of dots separates: "see...example.com", the leaders of a table of contents.
    classes = page.classes(HOST_TABLE).replace(b"..", b"  ")
    judge = _Judge(page)
    found: set[str] = set()
    end = 0
    anchor = classes.find(b".a")
    while anchor >= 0:
        start = classes.rfind(b" ", end, anchor) + 1
        end = classes.find(b" ", anchor)
        run = text[start:end] if end - start < MAX_HOST else ""
        if run and (run not in found or text[end] in _GOES_ON):
            for candidate in judge.run(run, start, end):
                yield candidate
                if candidate.value:
                    found.add(run)
                    if candidate.end > end:
                        end = candidate.end
        anchor = classes.find(b".a", end)


class _Judge:
    """Judges one run of letters, digits, dots and hyphens after the other, left to right."""

    def __init__(self, page: Page) -> None:
        self._text = page.text
        self._claim = page.claim
        self._tails = Tails(page)
        self._versions = VersionWatch(page.text)
        self._hopeless: dict[str, tuple[Candidate, ...]] = {}

    def run(self, run: str, start: int, end: int) -> Iterable[Candidate]:
        labels = run.split(".")
        if classifier.are_octets(labels):
            return (self._address(run, start, end, False),)
        if run in self._hopeless:
            return self._hopeless[run]
        if len(labels) < 4 and DOT not in run and _is_numeric(run):
            return ()
        if not run.isascii() and _SPACELESS_SCRIPT.search(run) and _is_mixed(run):
            return self._parts(_ASCII_NAME, run, start)
        if "-" in run and _is_numeric(run.replace("-", "")):
            return self._parts(_NUMBERS, run, start)
        candidate = self._odd(run, start)
        if candidate.outcome is _NO_TLD:
            self._hopeless[run] = (candidate,)
        return (candidate,)

    def _parts(self, pattern: re.Pattern[str], run: str, start: int) -> Iterator[Candidate]:
        for match in pattern.finditer(run):
            yield self._odd(match[0], start + match.start())

    def _odd(self, run: str, start: int) -> Candidate:
        """A run that may be defanged, or have something around the name."""
        written = run
        if not (run[0].isalnum() and run[-1].isalnum()):
            written, start = _trimmed(run, start)
        if self._text[start - 1] == "%":  # "%2F" before the name
            written, start = written[2:], start + 2
        name = written.replace(DOT, ".") if DOT in written else written
        if name[-1:].isdecimal() and _is_numeric(name):
            return self._address(name, start, start + len(name), name is not written)
        return self._name(name, start, start + len(name), name is not written)

    def _address(self, name: str, start: int, end: int, is_defanged: bool) -> Candidate:
        objection = classifier.ipv4_objection(name)
        if objection is None and not is_defanged:
            objection = self._versions.objection(start, end)
        if objection:
            return Candidate(start, end, "IPv4", objection)
        if self._text[end] in _GOES_ON and (longer := self._longer_address(name, start, end)):
            return longer
        return self._claimed(start, end, "IPv4", _IPV4, name)

    def _longer_address(self, name: str, start: int, end: int) -> Candidate | None:
        prefix = _PREFIX.match(self._text, end)
        if prefix and (network := normalizer.network(name, prefix[1])):
            return self._claimed(start, prefix.end(), "CIDR", IOCType.CIDR, network)
        # A port after a slash, as firewalls write it, or another address.
        if _MORE_NUMBERS.match(self._text, end):
            return None
        return self._url(name, start, end)

    def _name(self, name: str, start: int, end: int, is_defanged: bool) -> Candidate:
        if technique := _TECHNIQUE.fullmatch(name):
            return self._claimed(start, end, "ATT&CK tag", IOCType.ATTACK, technique[1].upper())
        if objection := self._objection(name, start, end, is_defanged):
            return Candidate(start, end, "domain", objection)
        value = normalizer.host(name)
        if value is None:
            return Candidate(start, end, "domain", Reason("no host name can be made of it"))
        if self._text[end] in _GOES_ON and self._text[start - 1] not in "/\\@":
            url = self._url(value, start, end)
            if url:
                return url
        return self._claimed(start, end, "domain", _DOMAIN, value)

    def _objection(self, name: str, start: int, end: int, is_defanged: bool) -> Reason | None:
        if is_defanged:
            return classifier.name_objection(name)
        if not classifier.has_tld(name):
            return _NO_TLD
        left = self._text[start - 1]
        if left in _PATH_MARKS and (reason := path_objection(self._text, start)):
            return reason
        return classifier.plain_name_objection(name, left, self._text[end : end + 2])

    def _url(self, host: str, start: int, end: int) -> Candidate | None:
        """A host with a path, or with a port and a path, is a URL without its scheme."""
        text = self._text
        port = port_at(text, end)
        after = end + len(port)
        is_path = text[after] == "/" and text[start - 1] != "/"
        if not is_path and not _QUERY.match(text, after):
            return None
        tail_end = self._tails.end(after)
        tail = normalizer.path(text[after:tail_end])
        value = f"http://{host}{port}{tail}"
        return self._claimed(start, tail_end, "URL without scheme", IOCType.URL, value)

    def _claimed(self, start: int, end: int, rule: str, kind: IOCType, value: str) -> Candidate:
        self._claim(start, end)
        return Candidate(start, end, rule, kind, value)


_NO_TLD = Reason("its last label is no top-level domain")


def _trimmed(run: str, start: int) -> tuple[str, int]:
    """Without the dots and hyphens around it; an underscore in front may be a part of it."""
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
