"""VirusTotal, API v3 (https://docs.virustotal.com/reference/overview)."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from app.enrichment.adapters import reading
from app.enrichment.adapters.base import About, HTTPAdapter, RefusedValueError
from app.enrichment.config_store import VT_API_KEY_VARIABLE
from app.enrichment.http import Answer, BadResponseError, parse_json
from app.enrichment.models import Detail, EnrichmentResult, Quota, Verdict
from app.pipeline.defang import defang
from app.pipeline.models import IOC, IOCType

GUI = "https://www.virustotal.com/gui"
MAX_URL_LENGTH = 8192
SHA256 = re.compile(r"[0-9a-f]{64}")
# Engines that had an opinion, or none; the other counts are engines that could not look.
ANSWERED = ("malicious", "suspicious", "harmless", "undetected")
FLAGGED = ("malicious", "suspicious")
# In the order of the page. There are more quotas, of what Telltale does not ask for.
QUOTAS = {
    "api_requests_hourly": "This hour",
    "api_requests_daily": "Today",
    "api_requests_monthly": "This month",
}


def _url_id(url: str) -> str:
    # VirusTotal wants unpadded URL-safe base64 here, not percent-encoding
    # (API v3 reference, "URL identifiers"). It canonises the URL itself.
    if len(url) > MAX_URL_LENGTH:
        raise RefusedValueError(f"The URL is longer than {MAX_URL_LENGTH} characters: not sent.")
    return urlsafe_b64encode(url.encode()).decode().rstrip("=")


def _as_it_is(value: str) -> str:
    return quote(value, safe=":")  # an IPv6 address stands in the path as it is written


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
    name = "VirusTotal"
    about = About(
        name,
        site="https://www.virustotal.com/",
        variable=VT_API_KEY_VARIABLE,
        # API v3 reference, "Public vs Premium API".
        terms=(
            "VirusTotal's free key is not for commercial use. For a company's work, use a paid one."
        ),
    )
    pace_setting = "VT_REQUESTS_PER_MINUTE"
    supported_types = frozenset(ENDPOINT_MAP)  # derived, so it cannot disagree

    def key(self) -> str | None:
        return self._keys.get_vt_api_key()

    def auth(self, key: str) -> Mapping[str, str]:
        return {"x-apikey": key, "Accept": "application/json"}

    def url(self, ioc: IOC) -> str:
        endpoint = ENDPOINT_MAP[ioc.type]
        return f"{self._http.base_url}/{endpoint.collection}/{endpoint.identify(ioc.value)}"

    def quota_url(self, key: str) -> str:
        # Names the user by the key itself: Telltale knows no user name, and VirusTotal has no
        # word for `the one who asks` (API v3 reference, "User object").
        return f"{self._http.base_url}/users/{quote(key, safe='')}/overall_quotas"

    def parse_quotas(self, body: Mapping[str, Any]) -> tuple[Quota, ...]:
        data = reading.mapping(body.get("data"), "data")
        return tuple(
            _quota(label, reading.mapping(data[name], name))
            for name, label in QUOTAS.items()
            if name in data
        )

    def is_pending_answer(self, answer: Answer) -> bool:
        try:
            error = parse_json(answer).get("error")
        except BadResponseError:
            return False
        return isinstance(error, dict) and error.get("code") == "NotAvailableYet"

    def parse(self, ioc: IOC, body: Mapping[str, Any]) -> EnrichmentResult:
        endpoint = ENDPOINT_MAP[ioc.type]
        data = reading.mapping(body.get("data"), "data")
        if data.get("type", endpoint.object_type) != endpoint.object_type:
            raise BadResponseError("another kind of object")
        attributes = reading.mapping(data.get("attributes", {}), "attributes")
        stats = _stats(attributes)
        verdict, detections = _verdict(stats)
        return EnrichmentResult(
            ioc,
            self.name,
            verdict,
            detection_count=detections,
            total_engines=sum(stats.get(name, 0) for name in ANSWERED),
            scan_date=reading.iso(attributes.get("last_analysis_date")),
            raw_stats=stats,
            details=_details(ioc.type, attributes),
            link=_link(ioc, endpoint, data.get("id")),
        )


def _quota(label: str, given: Mapping[str, Any]) -> Quota:
    """A group's quota is what its members share, and what counts where there is one."""
    use = reading.mapping(given.get("group") or given.get("user"), label)
    used, allowed = (reading.whole(use.get(name), label) for name in ("used", "allowed"))
    return Quota(label, used, allowed)


def _stats(attributes: Mapping[str, Any]) -> dict[str, int]:
    """The counts by name; empty for what was never analysed."""
    given = attributes.get("last_analysis_stats")
    stats = reading.mapping({} if given is None else given, "last_analysis_stats")
    return {name: reading.count(stats[name], name) for name in ANSWERED if name in stats}


def _verdict(stats: Mapping[str, int]) -> tuple[Verdict | None, int | None]:
    if malicious := stats.get("malicious", 0):
        return Verdict.MALICIOUS, malicious
    if suspicious := stats.get("suspicious", 0):
        return Verdict.SUSPICIOUS, suspicious
    return (Verdict.NO_DETECTIONS, 0) if any(stats.values()) else (None, None)


def _link(ioc: IOC, endpoint: Endpoint, answered_id: object) -> str | None:
    """The page for people. Only what we asked for, or a plain hash, gets into an address."""
    hashed = isinstance(answered_id, str) and SHA256.fullmatch(answered_id)
    if ioc.type is IOCType.URL and not hashed:
        return None
    shown = answered_id if hashed else ioc.value
    return f"{GUI}/{endpoint.page}/{quote(str(shown), safe='')}"


def _details(kind: IOCType, attributes: Mapping[str, Any]) -> tuple[Detail, ...]:
    match kind:
        case IOCType.IPV4 | IOCType.IPV6:
            special = _address(attributes)
        case IOCType.DOMAIN:
            special = _domain(attributes)
        case IOCType.URL:
            special = _url(attributes)
        case _:
            special = _file(attributes)
    return special + reading.details(
        ("Flagged by", _flagging_engines(attributes)),
        ("Tags", reading.names(attributes.get("tags"))),
        ("Reputation", reading.number(attributes.get("reputation"))),
        ("Community votes", _votes(attributes.get("total_votes"))),
    )


def _address(attributes: Mapping[str, Any]) -> tuple[Detail, ...]:
    asn = attributes.get("asn")
    return reading.details(
        ("Owner", reading.text(attributes.get("as_owner"))),
        ("AS", f"AS{asn}" if reading.number(asn) else None),
        ("Network", reading.text(attributes.get("network"))),
        ("Country", reading.text(attributes.get("country"))),
    )


def _domain(attributes: Mapping[str, Any]) -> tuple[Detail, ...]:
    return reading.details(
        ("Registrar", reading.text(attributes.get("registrar"))),
        ("Registered", _age(attributes.get("creation_date"))),
        ("Categories", _categories(attributes)),
        ("Popularity", _popularity(attributes.get("popularity_ranks"))),
    )


def _url(attributes: Mapping[str, Any]) -> tuple[Detail, ...]:
    return reading.details(
        ("Final URL", _defanged(attributes.get("last_final_url"))),
        ("Title", reading.text(attributes.get("title"))),
        ("Response", reading.number(attributes.get("last_http_response_code"))),
        ("Categories", _categories(attributes)),
        ("Threat names", reading.names(attributes.get("threat_names"))),
        ("First submitted", reading.day(attributes.get("first_submission_date"))),
    )


def _file(attributes: Mapping[str, Any]) -> tuple[Detail, ...]:
    classification = attributes.get("popular_threat_classification")
    label = (
        classification.get("suggested_threat_label") if isinstance(classification, dict) else None
    )
    main_name, other_names = attributes.get("meaningful_name"), attributes.get("names")
    all_names = [main_name, *(other_names if isinstance(other_names, list) else [])]
    return reading.details(
        ("Threat", reading.text(label)),
        ("Names", reading.names(all_names, most=6)),
        ("File type", reading.text(attributes.get("type_description"))),
        ("Size", _size(attributes.get("size"))),
        ("First submitted", reading.day(attributes.get("first_submission_date"))),
        ("Last submitted", reading.day(attributes.get("last_submission_date"))),
        ("SHA-256", reading.text(attributes.get("sha256"))),
        ("MD5", reading.text(attributes.get("md5"))),
    )


def _flagging_engines(attributes: Mapping[str, Any]) -> str | None:
    results = attributes.get("last_analysis_results")
    if not isinstance(results, dict):
        return None
    return reading.names(
        name
        for name, result in results.items()
        if isinstance(result, dict) and result.get("category") in FLAGGED
    )


def _categories(attributes: Mapping[str, Any]) -> str | None:
    given = attributes.get("categories")
    return reading.names(given.values()) if isinstance(given, dict) else None


def _popularity(ranks: object) -> str | None:
    if not isinstance(ranks, dict):
        return None
    return reading.names(
        f"{name}: {rank}"
        for name, entry in ranks.items()
        if isinstance(entry, dict) and (rank := reading.number(entry.get("rank")))
    )


def _votes(votes: object) -> str | None:
    if not isinstance(votes, dict):
        return None
    good, bad = reading.number(votes.get("harmless")), reading.number(votes.get("malicious"))
    return f"{bad} malicious, {good} harmless" if good and bad else None


def _size(value: object) -> str | None:
    return f"{shown} bytes" if (shown := reading.number(value)) else None


def _age(value: object) -> str | None:
    """A young domain is the strongest hint there is, so its age is said, not left to be counted."""
    when = reading.moment(value)
    if when is None:
        return None
    days = (datetime.now(UTC) - when).days
    return f"{when:%Y-%m-%d}, {days} days ago" if days >= 0 else f"{when:%Y-%m-%d}"


def _defanged(value: object) -> str | None:
    shown = reading.text(value)
    return defang(IOC(IOCType.URL, shown)) if shown else None
