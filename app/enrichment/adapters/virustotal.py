"""VirusTotal, API v3 (https://docs.virustotal.com/reference/overview)."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, ClassVar, TypeGuard
from urllib.parse import quote

from app.enrichment.adapters import parsing
from app.enrichment.adapters.base import HTTPAdapter
from app.enrichment.adapters.declaration import Call, Declaration, Get, Key
from app.enrichment.adapters.http_answers import RefusedValueError
from app.enrichment.adapters.subjects import Subject, comparable
from app.enrichment.adapters.virustotal_details import details_of
from app.enrichment.http.answers import Answer, BadResponseError, parse_json
from app.enrichment.models import EnrichmentResult, Verdict
from app.enrichment.quota.models import Calendar, Quota, Window
from app.enrichment.quota.windows import MINUTE_S
from app.pipeline.models import IOC, IOCType

GUI = "https://www.virustotal.com/gui"
MAX_URL_LENGTH = 8192
SHA256 = re.compile(r"[0-9a-f]{64}")
HEX = re.compile(r"[0-9a-fA-F]+")
# Engines that had an opinion, or none; the other counts are engines that could not look.
ANSWERED = ("malicious", "suspicious", "harmless", "undetected")
# In the order of the page. There are more quotas, of what Telltale does not ask for.
QUOTAS: dict[str, tuple[str, float | Calendar]] = {
    "api_requests_hourly": ("This hour", MINUTE_S),
    "api_requests_daily": ("Today", Calendar.DAY),
    "api_requests_monthly": ("This month", Calendar.MONTH),
}
HASHES = {IOCType.MD5: 32, IOCType.SHA1: 40, IOCType.SHA256: 64}


def _url_id(url: str) -> str:
    # VirusTotal wants unpadded URL-safe base64 here, not percent-encoding
    # (API v3 reference, "URL identifiers"). It canonises the URL itself.
    if len(url) > MAX_URL_LENGTH:
        raise RefusedValueError(f"The URL is longer than {MAX_URL_LENGTH} characters: not sent.")
    return urlsafe_b64encode(url.encode()).decode().rstrip("=")


def _as_it_is(value: str) -> str:
    return value


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How VirusTotal is asked for one type of IOC."""

    collection: str
    object_type: str
    page: str
    """The part of the address of its page for people."""
    identify: Callable[[str], str] = _as_it_is


_ADDRESS = Endpoint("ip_addresses", "ip_address", "ip-address")
_FILE = Endpoint("files", "file", "file")

ENDPOINT_MAP: dict[IOCType, Endpoint] = {
    IOCType.IPV4: _ADDRESS,
    IOCType.IPV6: _ADDRESS,
    IOCType.DOMAIN: Endpoint("domains", "domain", "domain"),
    IOCType.URL: Endpoint("urls", "url", "url", _url_id),
    IOCType.MD5: _FILE,
    IOCType.SHA1: _FILE,
    IOCType.SHA256: _FILE,
}


class VTAdapter(HTTPAdapter):
    declaration = Declaration(
        "virustotal",
        "VirusTotal",
        prefix="VT",
        site="https://www.virustotal.com/",
        base_url="https://www.virustotal.com/api/v3",
        key=Key("x-apikey"),
        # API v3 reference, "Public vs Premium API".
        terms=(
            "VirusTotal's free key is not for commercial use. For a company's work, use a paid one."
        ),
        limits=(Window(4, MINUTE_S), Window(500, Calendar.DAY), Window(15_500, Calendar.MONTH)),
        key_check=(
            "asks for the key's quotas, at an address that contains the key: a proxy that inspects "
            "TLS can read it there"
        ),
    )
    requests: ClassVar[Mapping[IOCType, Get]] = {
        kind: Get(f"/{endpoint.collection}/{{value}}") for kind, endpoint in ENDPOINT_MAP.items()
    }

    def value_of(self, ioc: IOC) -> str:
        return ENDPOINT_MAP[ioc.type].identify(ioc.value)

    def subject_of(self, ioc: IOC, body: Mapping[str, Any]) -> Subject:
        data = parsing.mapping(body.get("data"), "data")
        if data.get("type") != ENDPOINT_MAP[ioc.type].object_type:
            raise BadResponseError("another kind of object")
        if not isinstance(object_id := data.get("id"), str):
            raise BadResponseError("the object has no id")
        attributes = parsing.mapping(data.get("attributes"), "attributes")
        return Subject((object_id, *_other_names(ioc, object_id, attributes)))

    def quota_call(self, key: str) -> Call:
        # The key stands in for the user name: Telltale does not know the name, and the API has no
        # alias for the user whose key is sent (API v3 reference, "User object").
        return Call(f"/users/{quote(key, safe='')}/overall_quotas")

    def parse_quotas(self, body: Mapping[str, Any]) -> tuple[Quota, ...]:
        data = parsing.mapping(body.get("data"), "data")
        return tuple(
            _quota(label, period, parsing.mapping(data[name], name))
            for name, (label, period) in QUOTAS.items()
            if name in data
        )

    def is_own_answer(self, answer: Answer) -> bool:
        try:
            body = parse_json(answer)
        except BadResponseError:
            return False
        return "data" in body or _error_code(body) is not None

    def is_no_record(self, answer: Answer) -> bool:
        try:
            return _error_code(parse_json(answer)) == "NotFoundError"
        except BadResponseError:
            return False

    def is_pending_answer(self, answer: Answer) -> bool:
        try:
            return _error_code(parse_json(answer)) == "NotAvailableYet"
        except BadResponseError:
            return False

    def parse(self, ioc: IOC, body: Mapping[str, Any]) -> EnrichmentResult:
        endpoint = ENDPOINT_MAP[ioc.type]
        data = parsing.mapping(body.get("data"), "data")
        attributes = parsing.mapping(data.get("attributes"), "attributes")
        stats = _stats(attributes)
        verdict, detections = _verdict(stats)
        return EnrichmentResult(
            ioc,
            self.name,
            verdict,
            detection_count=detections,
            total_engines=sum(stats.get(name, 0) for name in ANSWERED),
            scan_date=parsing.iso(attributes.get("last_analysis_date")),
            raw_stats=stats,
            details=details_of(ioc.type, attributes),
            link=_link(ioc, endpoint, data.get("id")),
            aliases=_aliases(ioc, attributes),
        )


def _other_names(ioc: IOC, object_id: str, attributes: Mapping[str, Any]) -> tuple[object, ...]:
    """Return what else names the object: a file has three hashes, a URL's id is a hash."""
    if ioc.type in HASHES:
        return tuple(attributes.get(kind.value) for kind in HASHES)
    if ioc.type is not IOCType.URL:
        return ()
    # The id of a URL is the SHA-256 of its canonical form (API v3 reference, "URL object").
    canonical = comparable(IOCType.URL, ioc.value)
    is_same = object_id in (sha256(canonical.encode()).hexdigest(), _url_id(ioc.value))
    return (attributes.get("url"), ioc.value if is_same else None)


def _error_code(body: Mapping[str, Any]) -> object:
    error = body.get("error")
    return error.get("code") if isinstance(error, dict) else None


def _quota(label: str, period: float | Calendar, given: Mapping[str, Any]) -> Quota:
    """Return one quota; a group's quota, which its members share, wins over the user's."""
    use = parsing.mapping(given.get("group") or given.get("user"), label)
    used, allowed = (parsing.whole(use.get(name), label) for name in ("used", "allowed"))
    # VirusTotal reports the limit of a minute per hour: 240 for 4 a minute.
    limit = allowed if isinstance(period, Calendar) else max(1, allowed // 60)
    return Quota(label, used, allowed, Window(limit, period))


def _aliases(ioc: IOC, attributes: Mapping[str, Any]) -> tuple[IOC, ...]:
    """Return the other hashes of the same file; none if the answer is about another file."""
    if ioc.type not in HASHES:
        return ()
    named = {kind: attributes.get(kind.value) for kind in HASHES}
    hashes = {kind: h.lower() for kind, h in named.items() if _is_hash(h, HASHES[kind])}
    if hashes.pop(ioc.type, ioc.value) != ioc.value:
        return ()
    return tuple(IOC(kind, value) for kind, value in hashes.items())


def _is_hash(value: object, length: int) -> TypeGuard[str]:
    return isinstance(value, str) and len(value) == length and bool(HEX.fullmatch(value))


def _stats(attributes: Mapping[str, Any]) -> dict[str, int]:
    """Return the counts by name; empty for an object that was never analysed."""
    given = attributes.get("last_analysis_stats")
    stats = parsing.mapping({} if given is None else given, "last_analysis_stats")
    return {name: parsing.count(stats[name], name) for name in ANSWERED if name in stats}


def _verdict(stats: Mapping[str, int]) -> tuple[Verdict | None, int | None]:
    if malicious := stats.get("malicious", 0):
        return Verdict.MALICIOUS, malicious
    if suspicious := stats.get("suspicious", 0):
        return Verdict.SUSPICIOUS, suspicious
    return (Verdict.NO_DETECTIONS, 0) if any(stats.values()) else (None, None)


def _link(ioc: IOC, endpoint: Endpoint, answered_id: object) -> str | None:
    """Return the address of the page for people; None for a URL without a hash as its id."""
    # The id comes from the answer, which may be hostile: only a hash gets into the address.
    hashed = isinstance(answered_id, str) and SHA256.fullmatch(answered_id)
    if ioc.type is IOCType.URL and not hashed:
        return None
    shown = answered_id if hashed else ioc.value
    return f"{GUI}/{endpoint.page}/{quote(str(shown), safe='')}"
