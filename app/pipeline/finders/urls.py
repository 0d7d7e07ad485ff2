"""The finder of URLs with a scheme; its anchor is `://`.

URLs that are percent-encoded, or the target of another URL, are found here too.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from app.pipeline import classifier, normalizer, unwrap
from app.pipeline.classifier import URL_TLDS
from app.pipeline.finders.hosts import LONGEST_LABEL, PLAIN_NAME, Tails, host_end, port_at
from app.pipeline.finders.runs import before_sentence
from app.pipeline.finders.schemes import scheme_before
from app.pipeline.finders.spaceless import ascii_part
from app.pipeline.hits import Hits
from app.pipeline.models import IOCType
from app.pipeline.objections import Objection
from app.pipeline.refang import DOT
from app.pipeline.refanged_text import RefangedText
from app.pipeline.report_links import find_reported

# The usual schemes are found in a dict; `schemes` reads all other ways to write them.
_USUAL = {"http": "http", "hxxp": "http", "https": "https", "hxxps": "https"}
_USER = re.compile(r"[^\s/?#\\<>\"'`|]{1,256}@")
_ENCODED_MARK = re.compile("(?::|%(?:25){0,3}3A)(?:%(?:25){0,3}2F){2}$", re.IGNORECASE)
_ENCODED_WINDOW = 24
_ENCODED_HOST = re.compile(rf"(?:[a-z0-9._{DOT}-]|%[2-7][0-9a-f]){{1,255}}", re.IGNORECASE)
_ENCODED_TAIL = re.compile(rf"[\w.~%*+{DOT}-]*")
_OUTER = re.compile(r"((?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,24})(?::[0-9]{1,5})?/[^\[\],;|]{0,200}$")
_OUTER_WINDOW = 300
_GAP = re.compile(r" |[ \t]{0,4}\r?\n[ \t]{0,8}(?=\S)")
_WORD_MARKS = " \t\r\n\"'<>("
_WORD_END = re.compile(r"[^\s\"'<>|]{0,2000}")
# Links that pass through several mail gateways are wrapped several times.
_MAX_LAYERS = 5
_URL = IOCType.URL
_AUTHORITY_GOES_ON = frozenset("/:?#@%")
# Most URLs have a plain name, and a path and query without brackets or marks at the end: this
# pattern reads them whole. The others are read step by step.
_PLAIN = re.compile(
    PLAIN_NAME + r"(?:[/?#][A-Za-z0-9!#$%&*+./:=?@_~-]*+(?<=[A-Za-z0-9/=_-]))?"
    r"(?=[ \t\r\n\"'<>|\\])"
)


def find_urls(refanged: RefangedText, hits: Hits) -> None:
    """Find URLs with a scheme, and the targets of those that wrap others."""
    text = refanged.text
    authority_at = _Hosts(refanged).authority
    tail_end = Tails(refanged).end
    read_plain, add_hit, claim = _PLAIN.match, hits.add_hit, refanged.claim
    at = text.find("://")
    while at >= 0:
        end = at + 3
        start = at - 5 if text[at - 1] in "sS" else at - 4
        scheme = _USUAL.get(text[start:at])
        if scheme is None:
            scheme, start = scheme_before(text, at)
        if scheme and text[start - 1] in "=/" and (outer := _outer_end(text, start, end)):
            at = text.find("://", outer)  # for the finder of URLs without a scheme
            continue
        if scheme:
            plain = read_plain(text, end)
            if plain and plain[1] in URL_TLDS and plain.end(1) - end <= LONGEST_LABEL:
                name_end, stop = plain.end(1), plain.end()
                authority, tail = text[end:name_end], text[name_end:stop]
                if "&" in tail or text[stop] == "'" or text[start - 1] in "+0":
                    stop = tail_end(start, name_end)
                    tail = text[name_end:stop]
                elif text[stop] == " " and text[stop + 1].isalpha():
                    stop = before_sentence(text, name_end, stop)
                    tail = text[name_end:stop]
            else:
                authority, name_end = authority_at(end)
                if isinstance(authority, Objection):
                    hits.add_miss(authority, start, name_end, "URL")
                    at = text.find("://", end)
                    continue
                stop = tail_end(start, name_end)
                tail = normalizer.path(text[name_end:stop])
            may_have_marks = text[start - 1] in "_~" or text[stop] == ">" or "!" in tail
            if may_have_marks and tail and (kept := _without_marks(text, start, stop)) < stop:
                stop = max(kept, name_end)
                tail = normalizer.path(text[name_end:stop])
            url = f"{scheme}://{authority}{tail}"
            add_hit((start, stop, _URL, url, "URL"))
            claim(start, stop)
            if tail and unwrap.may_wrap(authority, tail):
                find_targets(hits, url, authority, tail, name_end)
            end = stop
        at = text.find("://", end)


def _without_marks(text: str, start: int, end: int) -> int:
    """Return the end of a URL without what is no part of it.

    It is an arrow behind it, the marks of Markdown, or the second part of a chain of monikers.
    """
    if (moniker := text.find("!x-usc:", start, end)) > 0:
        return moniker
    if text[end] == ">" and text[end - 1] in "-=" and text[start - 1] != "<":
        return end - 1
    mark = text[start - 1]
    if mark in "_~" and text[end - 1] == mark:
        return (
            end - 2 if text.startswith(mark * 2, end - 2) and text[start - 2] == mark else end - 1
        )
    return end


def _outer_end(text: str, start: int, end: int) -> int:
    """Return the end of the word if a URL without a scheme holds the one at `start`, or 0."""
    word = text[max(0, start - _OUTER_WINDOW) : start]
    for mark in _WORD_MARKS:
        word = word.rpartition(mark)[2]
    outer = _OUTER.match(word)
    if outer is None or not classifier.is_plain_name(outer[1], outer[1].split(".")):
        return 0
    rest = _WORD_END.match(text, end)
    return rest.end() if rest else end


def find_encoded_url(refanged: RefangedText, hits: Hits, host: int) -> int:
    """Find `http%3A%2F%2Fexample.com%2Fx` around the begin of a host; return its end, or 0."""
    text = refanged.text
    mark = _ENCODED_MARK.search(text, max(0, host - _ENCODED_WINDOW), host)
    scheme, start = scheme_before(text, mark.start()) if mark else (None, 0)
    if not scheme or refanged.is_claimed(start):
        return 0
    tail_end = _ENCODED_TAIL.match(text, host)
    end = tail_end.end() if tail_end else host
    if text[end] in "/?":  # not all of it is encoded: "http:%2f%2fexample.com/x"
        end = Tails(refanged).end(start, end)
    while text[end - 1] in ".*" + DOT:
        end -= 1
    parts = read_url(unwrap.decode(text[start:end].replace(DOT, ".")))
    if parts is None:
        return 0
    scheme, authority, tail = parts
    url = f"{scheme}://{authority}{tail}"
    hits.add_hit((start, end, _URL, url, "encoded URL"))
    refanged.claim(start, end)
    find_targets(hits, url, authority, tail, start, end)
    return end


def find_targets(hits: Hits, url: str, authority: str, tail: str, start: int, end: int = 0) -> None:
    """Add the targets of a wrapper URL, through all layers.

    `start` is the place of its path and query; with `end`, they are somewhere in this span.
    """
    place = (start, end) if end else None
    for _ in range(_MAX_LAYERS):
        target = unwrap.find_target(authority, tail)
        parts = read_url(target[0]) if target else None
        if target is None or parts is None:
            break
        place = place or (start + target[1], start + target[2])
        scheme, authority, tail = parts
        wrapper, url = url, f"{scheme}://{authority}{tail}"
        hits.add_target(_URL, url, *place, wrapper)
    if host := unwrap.find_target_host(authority, tail):
        name = normalizer.host(host[0])
        if name and not classifier.name_objection(name):
            place = place or (start + host[1], start + host[2])
            hits.add_target(IOCType.DOMAIN, name, *place, url)
    if reported := find_reported(authority, tail):
        kind, value, first, last = reported
        rule = "ATT&CK link" if kind is IOCType.ATTACK else "report link"
        hits.add_target(kind, value, *(place or (start + first, start + last)), url, rule)


def read_url(text: str) -> tuple[str, str, str] | None:
    """Return scheme, authority, and path with query, of the URL at the beginning of a text."""
    refanged = RefangedText(text)
    at = refanged.text.find("://")
    scheme, start = scheme_before(refanged.text, at) if at > 0 else (None, 0)
    if not scheme or start != 1:
        return None
    authority, tail = _Hosts(refanged).authority(at + 3)
    if isinstance(authority, Objection):
        return None
    return (
        scheme,
        authority,
        normalizer.path(refanged.text[tail : Tails(refanged).end(start, tail)]),
    )


class _Hosts:
    """Reads the authority of URLs: user, host and port."""

    def __init__(self, refanged: RefangedText) -> None:
        self._refanged = refanged
        self._text = refanged.text

    def authority(self, start: int) -> tuple[str | Objection, int]:
        """Return user, host and port in their canonical form, or the objection; and their end."""
        found = self._authority(start)
        # "hxxp:// example.com", and the end of a line behind the slashes.
        if isinstance(found[0], Objection) and (gap := _GAP.match(self._text, start)):
            second = self._authority(gap.end())
            return found if isinstance(second[0], Objection) else second
        return found

    def _authority(self, start: int) -> tuple[str | Objection, int]:
        text = self._text
        user = ""
        end = self._host_end(start)
        if text[end] == "%" and (encoded := _ENCODED_HOST.match(text, start)):
            name = _canonical(unquote(encoded[0]))
            if not isinstance(name, Objection) and text[encoded.end()] != "@":
                port = port_at(text, encoded.end())
                return name + port, encoded.end() + len(port)
        if text[end] in "@:%" and (match := _USER.match(text, start)):
            user = normalizer.path(match[0])
            start = match.end()
            end = self._host_end(start)
        host = text[start:end]
        if text[end] not in _AUTHORITY_GOES_ON:
            host = host.rstrip("._-" + DOT)
            end = start + len(host)
        name = _canonical(host)
        if isinstance(name, Objection) and (part := ascii_part(host)):
            host = part.rstrip("._-" + DOT)
            end = start + len(host)
            name = _canonical(host)
        if isinstance(name, Objection) or text[end] != ":":
            return (name if isinstance(name, Objection) or not user else user + name), end
        port = port_at(text, end)
        if not port and text[end + 1] in "/?":  # RFC 3986, 3.2.3: the port may be empty
            end += 1
        return f"{user}{name}{port}", end + len(port)

    def _host_end(self, start: int) -> int:
        if self._text[start] == "[":
            return self._text.find("]", start, start + 64) + 1 or start
        return host_end(self._refanged, start)


def _canonical(host: str) -> str | Objection:
    """Return a host as a browser would ask for it, or the objection to it."""
    if host[:1] == "[":
        address = normalizer.ipv6(host[1:-1])
        return f"[{address}]" if address else Objection.NO_IPV6_IN_BRACKETS
    name = host.replace(DOT, ".").strip(".")
    if objection := classifier.url_host_objection(name):
        return normalizer.numeric_host(name) or objection
    return normalizer.host(name) or Objection.NO_HOST_NAME
