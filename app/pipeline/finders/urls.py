"""URLs with a scheme, from the anchor `://`."""

from __future__ import annotations

import re

from app.pipeline import classifier, normalizer
from app.pipeline.classifier import Reason
from app.pipeline.finders.hosts import HOST_TABLE, MAX_HOST, Tails, port_at
from app.pipeline.findings import Findings
from app.pipeline.models import IOCType
from app.pipeline.page import Page
from app.pipeline.refang import DOT

# Plain and usual schemes are looked up; the pattern is for all other ways to write them.
_USUAL = {"http": "http", "hxxp": "http", "https": "https", "hxxps": "https"}
_SCHEME = re.compile(
    r"(?:h[\[({]?[tx*_]{2}[\])}]?p|(?<![a-z0-9+.-])(?:meow|s?f[tx]p|ws|ldap|rmi))"
    r"(?:[\[({]?s[\])}]?)?$",
    re.IGNORECASE,
)
_SCHEME_WINDOW = 14
_USER = re.compile(r"[^\s/?#\\<>\"'`|]{1,256}@")
_URL = IOCType.URL
_AUTHORITY_GOES_ON = frozenset("/:?#@%")


def find_urls(page: Page, findings: Findings) -> None:
    text = page.text
    if "://" not in text:
        return
    hosts = _Hosts(page)
    tails = Tails(page)
    at = text.find("://")
    while at >= 0:
        end = at + 3
        scheme, start = _scheme(text, at)
        if scheme:
            authority, host_end = hosts.authority(end)
            if isinstance(authority, Reason):
                findings.miss(authority, start, host_end, "URL")
            else:
                end = tails.end(host_end)
                tail = normalizer.path(text[host_end:end])
                findings.hit(_URL, f"{scheme}://{authority}{tail}", start, end, "URL")
                page.claim(start, end)
        at = text.find("://", end)


def _scheme(text: str, at: int) -> tuple[str | None, int]:
    """The plain scheme, and where it begins."""
    length = 5 if text[at - 1] in "sS" else 4
    start = at - length
    if scheme := _USUAL.get(text[max(start, 0) : at]):
        return scheme, start
    if match := _SCHEME.search(text, max(0, at - _SCHEME_WINDOW), at):
        return normalizer.scheme(match[0]), match.start()
    return None, at


class _Hosts:
    """Reads what stands between the scheme and the path."""

    def __init__(self, page: Page) -> None:
        self._text = page.text
        self._classes = page.classes(HOST_TABLE)

    def authority(self, start: int) -> tuple[str | Reason, int]:
        """User, host and port in their canonical form, and where they end."""
        text = self._text
        user = ""
        end = self._host_end(start)
        if text[end] in "@:%" and (match := _USER.match(text, start)):
            user = match[0]
            start = match.end()
            end = self._host_end(start)
        host = text[start:end]
        if text[end] not in _AUTHORITY_GOES_ON:
            host = host.rstrip("._-" + DOT)
            end = start + len(host)
        name = _canonical(host)
        if isinstance(name, Reason) or text[end] != ":":
            return (name if isinstance(name, Reason) or not user else user + name), end
        port = port_at(text, end)
        return f"{user}{name}{port}", end + len(port)

    def _host_end(self, start: int) -> int:
        if self._text[start] == "[":
            return self._text.find("]", start, start + 64) + 1 or start
        end = self._classes.find(b" ", start, start + MAX_HOST)
        return end if end > 0 else start


def _canonical(host: str) -> str | Reason:
    if host[:1] == "[":
        address = normalizer.ipv6(host[1:-1])
        return f"[{address}]" if address else Reason("no IPv6 address in the brackets")
    name = host.replace(DOT, ".").strip(".")
    return (
        classifier.url_host_objection(name)
        or normalizer.host(name)
        or Reason("no host name can be made of it")
    )
