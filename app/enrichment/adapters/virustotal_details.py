"""The details that VirusTotal's attributes give an analyst, beside the counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from app.enrichment.adapters import parsing
from app.enrichment.models import Detail
from app.pipeline.defang import defang
from app.pipeline.models import IOC, IOCType

FLAGGED = ("malicious", "suspicious")


def details_of(kind: IOCType, attributes: Mapping[str, Any]) -> tuple[Detail, ...]:
    match kind:
        case IOCType.IPV4 | IOCType.IPV6:
            special = _address(attributes)
        case IOCType.DOMAIN:
            special = _domain(attributes)
        case IOCType.URL:
            special = _url(attributes)
        case _:
            special = _file(attributes)
    return special + parsing.details(
        ("flagged_by", "Flagged by", _flagging_engines(attributes)),
        ("tags", "Tags", parsing.names(attributes.get("tags"))),
        ("reputation", "Reputation", parsing.number(attributes.get("reputation"))),
        ("community_votes", "Community votes", _votes(attributes.get("total_votes"))),
    )


def _address(attributes: Mapping[str, Any]) -> tuple[Detail, ...]:
    asn = attributes.get("asn")
    return parsing.details(
        ("owner", "Owner", parsing.text(attributes.get("as_owner"))),
        ("as", "AS", f"AS{asn}" if parsing.number(asn) else None),
        ("network", "Network", parsing.text(attributes.get("network"))),
        ("country", "Country", parsing.text(attributes.get("country"))),
    )


def _domain(attributes: Mapping[str, Any]) -> tuple[Detail, ...]:
    return parsing.details(
        ("registrar", "Registrar", parsing.text(attributes.get("registrar"))),
        ("registered", "Registered", _age(attributes.get("creation_date"))),
        ("categories", "Categories", _categories(attributes)),
        ("popularity", "Popularity", _popularity(attributes.get("popularity_ranks"))),
    )


def _url(attributes: Mapping[str, Any]) -> tuple[Detail, ...]:
    return parsing.details(
        ("final_url", "Final URL", _defanged(attributes.get("last_final_url"))),
        ("title", "Title", parsing.text(attributes.get("title"))),
        ("response", "Response", parsing.number(attributes.get("last_http_response_code"))),
        ("categories", "Categories", _categories(attributes)),
        ("threat_names", "Threat names", parsing.names(attributes.get("threat_names"))),
        (
            "first_submitted",
            "First submitted",
            parsing.day(attributes.get("first_submission_date")),
        ),
    )


def _file(attributes: Mapping[str, Any]) -> tuple[Detail, ...]:
    classification = attributes.get("popular_threat_classification")
    label = (
        classification.get("suggested_threat_label") if isinstance(classification, dict) else None
    )
    main_name, other_names = attributes.get("meaningful_name"), attributes.get("names")
    all_names = [main_name, *(other_names if isinstance(other_names, list) else [])]
    return parsing.details(
        ("threat", "Threat", parsing.text(label)),
        ("names", "Names", parsing.names(all_names, most=6)),
        ("file_type", "File type", parsing.text(attributes.get("type_description"))),
        ("size", "Size", _size(attributes.get("size"))),
        (
            "first_submitted",
            "First submitted",
            parsing.day(attributes.get("first_submission_date")),
        ),
        ("last_submitted", "Last submitted", parsing.day(attributes.get("last_submission_date"))),
        ("sha_256", "SHA-256", parsing.text(attributes.get("sha256"))),
        ("md5", "MD5", parsing.text(attributes.get("md5"))),
    )


def _flagging_engines(attributes: Mapping[str, Any]) -> str | None:
    results = attributes.get("last_analysis_results")
    if not isinstance(results, dict):
        return None
    return parsing.names(
        name
        for name, result in results.items()
        if isinstance(result, dict) and result.get("category") in FLAGGED
    )


def _categories(attributes: Mapping[str, Any]) -> str | None:
    given = attributes.get("categories")
    return parsing.names(given.values()) if isinstance(given, dict) else None


def _popularity(ranks: object) -> str | None:
    if not isinstance(ranks, dict):
        return None
    return parsing.names(
        f"{name}: {rank}"
        for name, entry in ranks.items()
        if isinstance(entry, dict) and (rank := parsing.number(entry.get("rank")))
    )


def _votes(votes: object) -> str | None:
    if not isinstance(votes, dict):
        return None
    good, bad = parsing.number(votes.get("harmless")), parsing.number(votes.get("malicious"))
    return f"{bad} malicious, {good} harmless" if good and bad else None


def _size(value: object) -> str | None:
    return f"{shown} bytes" if (shown := parsing.number(value)) else None


def _age(value: object) -> str | None:
    """A young domain is the strongest hint there is, so its age is said, not left to be counted."""
    when = parsing.moment(value)
    if when is None:
        return None
    days = (datetime.now(UTC) - when).days
    return f"{when:%Y-%m-%d}, {days} days ago" if days >= 0 else f"{when:%Y-%m-%d}"


def _defanged(value: object) -> str | None:
    shown = parsing.text(value)
    return defang(IOC(IOCType.URL, shown)) if shown else None
