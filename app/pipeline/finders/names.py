"""IPv4 addresses, networks, host names and URLs without a scheme, from the anchor dot."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.pipeline import classifier, normalizer, words
from app.pipeline.candidates import Candidate
from app.pipeline.classifier import Outcome, Reason
from app.pipeline.finders.hosts import HOST_TABLE, MAX_HOST, Tails, port_at
from app.pipeline.models import IOCType
from app.pipeline.page import Page
from app.pipeline.refang import DOT

_EDGE = "._-" + DOT
_PREFIX = re.compile(r"/([0-9]{1,2})(?![\w/]|\.[0-9])")
_NUMBERS = re.compile(r"[0-9.\x01]+")
_ASCII_NAME = re.compile(r"[A-Za-z0-9.\x01_-]+")
_WORD_BEFORE = re.compile(r"([A-Za-z]+)[ .:=\"'(]{0,3}$")
_PRODUCT = re.compile(r"[A-Z]\w*[a-z]\w*/$")
_SHOUTED = re.compile(r"\b(?:[A-Z]+_[A-Z_]+|DIRECT)/$")
_LIST_GAP = re.compile(r"(?:,| -| and| or| to| through|, and|, or)? ?")
_TECHNIQUE = re.compile(r"attack\.(t[01][0-9]{3}(?:\.[0-9]{3})?)", re.IGNORECASE)
_QUERY = re.compile(r"\?[\w.-]{1,40}=")


def find_names(page: Page) -> Iterator[Candidate]:
    text = page.text
    # A run of dots separates: "see...example.com", leaders in a table of contents.
    classes = page.classes(HOST_TABLE).replace(b"..", b"  ")
    judge = _Judge(page)
    done: set[str] = set()
    end = 0
    anchor = classes.find(b".a")
    while anchor >= 0:
        start = classes.rfind(b" ", end, anchor) + 1
        end = classes.find(b" ", anchor)
        # The characters on both sides belong to the key, since they decide as well.
        key = text[start - 1 : end + 1] if end - start < MAX_HOST else ""
        if key and key not in done:
            candidates = judge.run(start, end)
            for candidate in candidates:
                yield candidate
                end = max(end, candidate.end)
            if key[-1] not in "/:?" and all(c.value for c in candidates):
                done.add(key)
        anchor = classes.find(b".a", end)


class _Judge:
    """Judges one run of letters, digits, dots and hyphens after the other, left to right."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._text = page.text
        self._tails = Tails(page)
        self._version_end = -1

    def run(self, start: int, end: int) -> list[Candidate]:
        run = self._text[start:end]
        if not run.isascii():
            return [self._one(*span) for span in self._ascii_parts(start, run)]
        if "-" in run and run.replace("-", "").replace(".", "").replace(DOT, "").isdigit():
            spans = [m.span() for m in _NUMBERS.finditer(self._text, start, end)]
            return [self._one(*span) for span in spans if span[1] - span[0] > 6]
        return [self._one(start, end)]

    def _ascii_parts(self, start: int, run: str) -> Iterator[tuple[int, int]]:
        """A name stands in scripts without spaces as it is; elsewhere the run is one name."""
        if not any("\u2e80" <= c <= "\uffdc" for c in run) or not _is_mixed(run):
            yield start, start + len(run)
            return
        for match in _ASCII_NAME.finditer(run):
            if "." in match[0].strip(".") or DOT in match[0]:
                yield start + match.start(), start + match.end()

    def _one(self, start: int, end: int) -> Candidate:
        text = self._text
        run = text[start:end]
        start += len(run) - len(run.lstrip(_EDGE.replace("_", "")))
        end = start + len(run.strip(_EDGE.replace("_", "")))
        if text[start - 1] == "%":  # "%2F" before the name
            start = min(start + 2, end)
        written = text[start:end]
        name = written.replace(DOT, ".")
        if name[-1:].isdigit() and name[:1].isdigit() and name.replace(".", "").isdigit():
            return self._address(start, end, name, name is not written and name != written)
        return self._name(start, end, name, name != written)

    def _address(self, start: int, end: int, name: str, is_defanged: bool) -> Candidate:
        outcome = classifier.ipv4(name)
        if outcome is IOCType.IPV4 and not is_defanged:
            outcome = self._version_objection(start, end) or outcome
        if isinstance(outcome, Reason):
            return Candidate(start, end, "IPv4", outcome)
        if self._text[end] == "/" and (prefix := _PREFIX.match(self._text, end)):
            network = normalizer.network(name, prefix[1])
            if network:
                return self._claimed(start, prefix.end(), "CIDR", IOCType.CIDR, network)
        elif url := self._url(start, end, name):
            return url
        return self._claimed(start, end, "IPv4", IOCType.IPV4, name)

    def _version_objection(self, start: int, end: int) -> Reason | None:
        text = self._text
        before = text[max(0, start - 24) : start]
        if before[-1] == "+":
            return Reason("a telephone number")
        if before[-1] == "/" and _PRODUCT.search(before):
            return Reason("the version of a product")
        word = _WORD_BEFORE.search(before) if before[-1] in " .:=\"'(" else None
        is_listed = self._version_end >= 0 and _LIST_GAP.fullmatch(
            text, self._version_end, min(start, self._version_end + 12)
        )
        if (word and _is_version_word(word[1].lower())) or (is_listed and is_listed.end() == start):
            self._version_end = end
            return Reason("a version or section number")
        return None

    def _name(self, start: int, end: int, name: str, is_defanged: bool) -> Candidate:
        text = self._text
        if technique := _TECHNIQUE.fullmatch(name):
            return self._claimed(start, end, "ATT&CK tag", IOCType.ATTACK, technique[1].upper())
        outcome = self._host_outcome(start, end, name, is_defanged)
        value = normalizer.host(name) if outcome is IOCType.DOMAIN else None
        if not value:
            reason = outcome if isinstance(outcome, Reason) else Reason("no host name")
            return Candidate(start, end, "domain", reason)
        if text[start - 1] not in "/\\@" and (url := self._url(start, end, value)):
            return url
        return self._claimed(start, end, "domain", IOCType.DOMAIN, value)

    def _host_outcome(self, start: int, end: int, name: str, is_defanged: bool) -> Outcome:
        if is_defanged:
            return classifier.named_host(name)
        left = self._text[start - 1]
        if left in "/\\:" and (reason := self._path_objection(start)):
            return reason
        return classifier.plain_host(name, left, self._text[end : end + 2])

    def _path_objection(self, start: int) -> Reason | None:
        """A name after a slash is a part of a path, unless two slashes begin it all."""
        before = self._text[max(0, start - 24) : start]
        last = before[-1]
        if last == ":":
            return Reason("a name in program text") if before.endswith("::") else None
        rest = before.rstrip(last)
        if len(before) - len(rest) > 1 and not (rest[-1:].isalnum() or rest[-1:] in "_)"):
            return None
        if last == "/" and (_SHOUTED.search(before) or rest[-1:] == ":"):
            return None
        return Reason("a part of a path")

    def _url(self, start: int, end: int, host: str) -> Candidate | None:
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
        self._page.claim(start, end)
        return Candidate(start, end, rule, kind, value)


def _is_mixed(run: str) -> bool:
    return any(
        not label.isascii() and any(c.isascii() for c in label)
        for label in run.replace(DOT, ".").split(".")
    )


def _is_version_word(word: str) -> bool:
    return word.endswith("version") or word in words.VERSION_WORDS
