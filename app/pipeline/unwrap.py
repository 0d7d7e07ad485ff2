"""Unwraps links of link protection and of redirects: finds the target that a link carries.

Only links of hosts that are known to wrap are read. A link whose target stands in a database of
the wrapping service is just a URL: nothing here asks the network.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Callable
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits
from typing import NamedTuple
from urllib.parse import unquote

from app.pipeline.report_links import REPORT_HOSTS
from app.pipeline.words import word_set

Target = tuple[str, int, int]
"""The target as text, and its begin and end in the path and query of the wrapper."""

_GOOGLE = re.compile(r"(?:[a-z0-9-]+\.)*google\.(?:com?\.)?[a-z]{2,3}")
_UNSAFE = re.compile(r"[\x00-\x20\"<>\\^`{|}\x7f]|(?![\x00-\x7f])\W")
_HAS_SCHEME = re.compile(r"[a-z*_\[\]()]{2,10}\[?:", re.IGNORECASE)
_FORTIMAIL = "/fmlurlsvc/"  # FortiMail, on a host of the customer
_FORTIMAIL_TARGET = re.compile(r"^/fmlurlsvc/\?(?:[^#]*&)?url=([^&#]+)")
# Proofpoint URL Defense v3: "/v3/__URL__;CHARACTERS!". A "*" in the URL stands for the next of
# the characters, which are base64; "**X" stands for as many of them as X says, "A" for two.
_V3 = re.compile(r"/v3/__(.+?)__;([A-Za-z0-9_=-]*)!")
_V3_ONE_SLASH = re.compile(r"([a-z]+:/)(?=[^/])", re.IGNORECASE)
_V3_MARK = re.compile(r"\*(?:\*(.))?")
_V3_LENGTHS = {c: i for i, c in enumerate(f"{ascii_uppercase}{ascii_lowercase}{digits}-_", 2)}
_BASE64 = frozenset(f"{ascii_letters}{digits}+/-_=")


def _percent(written: str) -> str:
    """Decode percent-encoding, up to three layers of it."""
    text = unquote(written)
    for _ in range(2):  # each gateway on the way may have encoded the link once more
        if "%3A%2F%2F" not in text[:24].upper().replace("%25", "%"):
            break
        text = unquote(text)
    return text


def _proofpoint_v2(written: str) -> str:
    # URL Defense v2 writes "-" for "%" and "_" for "/".
    return unquote(written.replace("-", "%").replace("_", "/"))


def _base64(written: str) -> str | None:
    text = unquote(written).rstrip("=")
    if not _BASE64.issuperset(text):
        return None
    text = text.replace("+", "-").replace("/", "_")
    try:
        return urlsafe_b64decode(f"{text}{'=' * (-len(text) % 4)}").decode()
    except ValueError:
        return None


def _bing(written: str) -> str | None:
    # The target after "a1", in base64.
    return _base64(written[2:]) if written.startswith("a1") else None


def _secure(written: str) -> str:
    return f"https://{written}"


class _Wrapper(NamedTuple):
    """One kind of link that carries its target: where it stands, and how it is encoded."""

    host: str
    """The host of the link, or a parent of it."""
    where: re.Pattern[str]
    """A pattern for the whole path; without a parameter, the target is its group 1."""
    parameter: re.Pattern[str] | None = None
    decode: Callable[[str], str | None] = _percent

    def match(self, tail: str) -> re.Match[str] | None:
        if self.parameter is None:
            return self.where.match(tail)
        query = tail.find("?")
        if query < 0 or not self.where.fullmatch(tail, 0, query):
            return None
        return self.parameter.search(tail, query)


def _in_query(
    host: str, keys: str, path: str = ".*", decode: Callable[[str], str | None] = _percent
) -> _Wrapper:
    parameter = re.compile(rf"[?&;](?:{keys})=([^&#]+)", re.IGNORECASE)
    return _Wrapper(host, re.compile(path, re.IGNORECASE), parameter, decode)


def _in_path(host: str, path: str, decode: Callable[[str], str | None] = _percent) -> _Wrapper:
    return _Wrapper(host, re.compile(path, re.IGNORECASE), None, decode)


_WRAPPERS = (
    _in_query("safelinks.protection.outlook.com", "url"),
    _in_query("safelinks.protection.office365.us", "url"),
    _in_query("safelinks.protection.outlook.cn", "url"),
    _in_query("safelink.emails.azure.net", "destination"),
    _in_query("statics.teams.cdn.office.net", "url", r"[^?#]*safelinks[^?#]*"),
    _in_query("urldefense.proofpoint.com", "u", "/v1/url"),
    _in_query("urldefense.com", "u", "/v1/url"),
    _in_query("urldefense.proofpoint.com", "u", "/v2/url", decode=_proofpoint_v2),
    _in_query("urldefense.com", "u", "/v2/url", decode=_proofpoint_v2),
    _in_path("secure-web.cisco.com", r"/[\w-]+/((?:https?|ftp)(?::|%3A).+)"),
    _in_query("linkprotect.cudasvc.com", "a", "/url"),
    _in_query("protection.sophos.com", "u", decode=_base64),
    _in_query("trendmicro.com", "url", "/(?:wis/)?clicktime/[^?#]*"),
    _in_query("mimecast.com", "url|u"),
    _in_query("mimecastprotect.com", "url|u"),
    _in_query("fireeye.com", "u", "(?:/v1)?/url"),
    _in_query("trellix.com", "u", "(?:/v1)?/url"),
    _in_query("clicktime.symantec.com", "u"),
    _in_query("clicktime.cloud.postoffice.net", "u"),
    _in_query("link.edgepilot.com", "u"),
    _in_query("link.zixcentral.com", "u"),
    _in_query("linklock.titanhq.com", "url|u"),
    _in_query("seclinks.cloud-security.net", "url"),
    _in_query("google.com", "q|url", "/url"),
    _in_query("google.com", "q|url", "/"),
    _in_query("google.com", "u", "/translate"),
    _in_query("google.com", "adurl"),
    _in_path("google.com", r"/amp/s/([^?#]+)", _secure),
    _in_query("googleadservices.com", "adurl"),
    _in_query("doubleclick.net", "adurl"),
    _in_query("youtube.com", "q", "/redirect"),
    _in_query("facebook.com", "u", r"/(?:l|flx/warn)(?:\.php|/)?"),
    _in_query("l.instagram.com", "u"),
    _in_query("l.messenger.com", "u"),
    _in_query("l.wl.co", "u"),
    _in_query("linkedin.com", "url", "/(?:redir/redirect|safety/go|slink|authwall)/?"),
    _in_query("slack-redir.net", "url", "/link"),
    _in_query("bing.com", "u", "/ck/a", decode=_bing),
    _in_path("search.yahoo.com", r"/(?:[^?#]*[/;])?RU=([^/&#;]+)"),
    _in_query("duckduckgo.com", "uddg", "/l/?"),
    _in_query("out.reddit.com", "url"),
    _in_query("vk.com", "to", r"/away(?:\.php)?"),
    _in_query("steamcommunity.com", "u|url", "/linkfilter/?"),
    _in_query("t.umblr.com", "z", "/redirect"),
    _in_query("getpocket.com", "url", "/redirect"),
    _in_query("disq.us", "url"),
    _in_query("exit.sc", "url"),
)


def _by_ending(wrappers: tuple[_Wrapper, ...]) -> dict[str, list[_Wrapper]]:
    endings: dict[str, list[_Wrapper]] = {}
    for wrapper in wrappers:
        endings.setdefault(_ending(wrapper.host), []).append(wrapper)
    return endings


def _ending(host: str) -> str:
    return ".".join(host.rsplit(".", 2)[-2:])


_BY_ENDING = _by_ending(_WRAPPERS)
# The last characters of a host rule most hosts out, by one look into a set.
_SUFFIX = 6
_PROOFPOINT = word_set("urldefense.com urldefense.proofpoint.com urldefense.us")
_DOMAIN_ONLY = word_set("mimecast.com mimecastprotect.com")
_SUFFIXES = frozenset(
    host[-_SUFFIX:]
    for host in (*_PROOFPOINT, *_DOMAIN_ONLY, *(w.host for w in _WRAPPERS), *REPORT_HOSTS)
)
_DOMAIN = re.compile(r"[?&]domain=([^&#]+)")


def find_target(authority: str, tail: str) -> Target | None:
    """Return the target of a URL that wraps another; None for all other URLs.

    The target has a scheme; characters that no URL holds are percent-encoded.
    """
    if not _may_have_target(tail):
        return None
    host = authority.rpartition("@")[2].partition(":")[0]
    if _FORTIMAIL in tail and (match := _FORTIMAIL_TARGET.search(tail)):
        return _target(_percent(match[1]), match)
    if host in _PROOFPOINT and (match := _V3.match(tail)):
        return _target(_proofpoint_v3(match), match)
    if _GOOGLE.fullmatch(host):
        host = "google.com"
    for wrapper in _BY_ENDING.get(_ending(host), ()):
        if host != wrapper.host and not host.endswith(f".{wrapper.host}"):
            continue
        match = wrapper.match(tail)
        if match and (target := _target(wrapper.decode(match[1]), match)):
            return target
    return None


def may_wrap(authority: str, tail: str) -> bool:
    """Return False for most URLs that wrap nothing, quickly.

    True means that `find_target` and `find_reported` must look.
    """
    return (
        authority[-_SUFFIX:] in _SUFFIXES
        or "google." in authority
        or ":" in authority
        or _FORTIMAIL in tail
    )


def _may_have_target(tail: str) -> bool:
    # Quick: a target holds "http" or "hxxp" in some way, unless the wrapper adds the scheme.
    return (
        "ttp" in tail
        or "=www." in tail
        or "aHR0" in tail  # "http" in base64
        or "xxp" in tail
        or "/amp/" in tail
        or "TTP" in tail
    )


def find_target_host(authority: str, tail: str) -> Target | None:
    """Return the host of the target, if the wrapper names no more: Mimecast does in `domain=`."""
    if "domain=" not in tail or _ending(authority) not in _DOMAIN_ONLY:
        return None
    match = _DOMAIN.search(tail)
    return (match[1], match.start(1), match.end(1)) if match else None


def decode(written: str) -> str:
    """Decode a percent-encoded URL."""
    return _UNSAFE.sub(_quote, _percent(written))


def _target(decoded: str | None, match: re.Match[str]) -> Target | None:
    if not decoded or decoded[0] in "/?#":
        return None
    text = _UNSAFE.sub(_quote, decoded)
    if not _HAS_SCHEME.match(text):
        text = f"http://{text}"
    return text, match.start(1), match.end(1)


def _quote(match: re.Match[str]) -> str:
    return "".join([f"%{byte:02X}" for byte in match[0].encode("utf-8", "replace")])


def _proofpoint_v3(match: re.Match[str]) -> str | None:
    """Return the URL with its stars replaced by the characters that follow it."""
    characters = _base64(match[2]) or ""
    used = 0

    def insert(mark: re.Match[str]) -> str:
        nonlocal used
        start, used = used, used + (_V3_LENGTHS.get(mark[1], 0) if mark[1] else 1)
        return characters[start:used]

    # Some write "https:/" for the "https://" inside of their path.
    written = _V3_ONE_SLASH.sub(r"\1/", match[1], count=1)
    return _V3_MARK.sub(insert, written) if characters else written
