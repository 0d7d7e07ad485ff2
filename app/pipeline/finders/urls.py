"""URLs with a scheme, from the anchor `://`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from app.pipeline import classifier, normalizer
from app.pipeline.candidates import Candidate
from app.pipeline.classifier import Reason
from app.pipeline.finders.hosts import HOST_TABLE, MAX_HOST, Tails, port_at
from app.pipeline.models import IOCType
from app.pipeline.page import Page
from app.pipeline.refang import DOT

_SCHEME = re.compile(
    r"(?:h[\[({]?[tx*_]{2}[\])}]?p|(?<![a-z0-9+.-])(?:meow|s?ftp|ws|ldap|rmi))"
    r"(?:[\[({]?s[\])}]?)?$",
    re.IGNORECASE,
)
_SCHEME_WINDOW = 14
_USER = re.compile(r"[^\s/?#@\\<>\"'`|]{1,256}@")


class _Authority(NamedTuple):
    user: str
    host: str
    port: str
    end: int


def find_urls(page: Page) -> Iterator[Candidate]:
    text = page.text
    hosts = page.classes(HOST_TABLE)
    tails = Tails(page)
    at = text.find("://")
    while at >= 0:
        end = at + 3
        if match := _SCHEME.search(text, max(0, at - _SCHEME_WINDOW), at):
            start = match.start()
            authority = _authority(text, hosts, end)
            if isinstance(authority, Reason):
                yield Candidate(start, end, "URL", authority)
            elif scheme := normalizer.scheme(match[0]):
                end = tails.end(authority.end)
                value = _value(scheme, authority, text[authority.end : end])
                yield Candidate(start, end, "URL", IOCType.URL, value)
                page.claim(start, end)
        at = text.find("://", end)


def _value(scheme: str, authority: _Authority, tail: str) -> str:
    user, host, port, _ = authority
    return f"{scheme}://{user}{host}{port}{normalizer.path(tail)}"


def _authority(text: str, hosts: bytes, start: int) -> _Authority | Reason:
    user = ""
    end = _host_end(text, hosts, start)
    if text[end] in "@:%" and (match := _USER.match(text, start)):
        user = match[0]
        start = match.end()
        end = _host_end(text, hosts, start)
    host = text[start:end]
    if text[end] not in "/:?#":
        host = host.rstrip(".-_")
        end = start + len(host)
    canonical = _canonical(host.strip("." + DOT))
    if isinstance(canonical, Reason):
        return canonical
    port = port_at(text, end)
    return _Authority(user, canonical, port, end + len(port))


def _host_end(text: str, hosts: bytes, start: int) -> int:
    if text[start] == "[":
        return text.find("]", start, start + 64) + 1 or start
    end = hosts.find(b" ", start, start + MAX_HOST)
    return end if end > 0 else start


def _canonical(host: str) -> str | Reason:
    if host[:1] == "[":
        address = normalizer.ipv6(host[1:-1])
        return f"[{address}]" if address else Reason("no IPv6 address in the brackets")
    name = host.replace(DOT, ".")
    outcome = classifier.url_host(name)
    if isinstance(outcome, Reason):
        return outcome
    return normalizer.host(name) or Reason("no host name can be made of it")
