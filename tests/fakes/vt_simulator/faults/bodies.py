"""Answers with 200 and a JSON content type whose body is not what it should be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..replies import json_reply
from ..wire import Reply
from .exchange import Exchange, Fault

MEGABYTE = 1_000_000
HOSTILE = (
    "<script>alert(document.domain)</script><img src=x onerror=alert(1)>"
    "\"'`{{7*7}}</td></textarea>\u202egnp.exe\u2066\x00\x07\x1b[31m\r\n=cmd|'/c calc'!A1"
)


def _fixed(document: Any) -> Fault:
    return lambda exchange: json_reply(document)


def _raw(body: Callable[[bytes], bytes]) -> Fault:
    """The sound body, changed as bytes."""
    return lambda exchange: Reply(200, body(exchange.body))


def _truncated(body: bytes) -> bytes:
    return body[: len(body) // 2]


def _dup_keys(body: bytes) -> bytes:
    """Two `attributes`: which one counts depends on who reads."""
    decoy = b'"attributes":{"last_analysis_stats":{"malicious":0,"harmless":70}},'
    return body.replace(b'"attributes":', decoy + b'"attributes":', 1)


def _invalid_utf8(body: bytes) -> bytes:
    return body.replace(b'"attributes":{', b'"attributes":{"note":"\xff\xfe\xc3(",', 1)


def _utf16(body: bytes) -> bytes:
    return body.decode().encode("utf-16")


def _data_list(exchange: Exchange) -> Reply:
    return json_reply({"data": [exchange.document["data"]]})


def _no_attributes(exchange: Exchange) -> Reply:
    exchange.document["data"].pop("attributes", None)
    return exchange.reply


def _attributes_null(exchange: Exchange) -> Reply:
    exchange.document["data"]["attributes"] = None
    return exchange.reply


def _attributes(change: Callable[[dict[str, Any]], object]) -> Fault:
    def fault(exchange: Exchange) -> Reply:
        change(exchange.attributes)
        return exchange.reply

    return fault


def _dates(value: object) -> Fault:
    def change(attributes: dict[str, Any]) -> None:
        dates = {name for name in attributes if name.endswith("_date")}
        attributes.update(dict.fromkeys(dates | {"last_analysis_date"}, value))

    return _attributes(change)


def _stats(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Fault:
    def fault(attributes: dict[str, Any]) -> None:
        attributes["last_analysis_stats"] = change(attributes.get("last_analysis_stats") or SOUND)

    return _attributes(fault)


SOUND = {"malicious": 2, "suspicious": 1, "undetected": 20, "harmless": 50, "timeout": 0}


def _infect(attributes: dict[str, Any]) -> None:
    """Hostile text wherever a page shows some; about 3 MB in all, below any sane cap."""
    label = {"value": HOSTILE, "count": 9}
    result = {"method": HOSTILE, "engine_name": HOSTILE, "category": "malicious", "result": HOSTILE}
    attributes |= {
        "title": HOSTILE + "T" * MEGABYTE,
        "names": [HOSTILE, "N" * MEGABYTE],
        "whois": HOSTILE + "W" * MEGABYTE,
        "tags": [HOSTILE, "javascript:alert(1)"],
        "categories": {HOSTILE: HOSTILE},
        "last_final_url": "javascript:alert(1)//" + HOSTILE,
        "popular_threat_classification": {
            "suggested_threat_label": HOSTILE,
            "popular_threat_category": [label],
            "popular_threat_name": [label],
        },
        "last_analysis_results": {HOSTILE: result},
        "last_analysis_stats": SOUND,
        **dict.fromkeys(TEXTS, HOSTILE),
    }


TEXTS = (
    "as_owner",
    "country",
    "continent",
    "network",
    "registrar",
    "meaningful_name",
    "type_description",
    "type_tag",
    "magic",
)

BODIES: dict[str, Fault] = {
    "truncated": _raw(_truncated),
    "json_null": _fixed(None),
    "json_list": _fixed([]),
    "json_string": _fixed("data"),
    "no_data": _fixed({"meta": {}}),
    "data_list": _data_list,
    "no_attributes": _no_attributes,
    "attributes_null": _attributes_null,
    "null_dates": _dates(None),
    "string_dates": _dates("2025-11-20 00:00:00"),
    "negative_date": _dates(-1),
    "huge_date": _dates(10**18),
    "stats_strings": _stats(lambda stats: {name: str(count) for name, count in stats.items()}),
    "stats_missing": _attributes(lambda attributes: attributes.pop("last_analysis_stats", None)),
    "stats_negative": _stats(lambda stats: {**stats, "malicious": -1}),
    "stats_extra_key": _stats(lambda stats: {**stats, "unheard-of": 7}),
    "attr_collision": _attributes(lambda a: a.update(id="x", type="y", error={"code": "z"})),
    "nan": _attributes(lambda attributes: attributes.update(reputation=float("nan"))),
    "deep": lambda exchange: Reply(200, b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "dup_keys": _raw(_dup_keys),
    "bom": _raw(lambda body: b"\xef\xbb\xbf" + body),
    "invalid_utf8": _raw(_invalid_utf8),
    "utf16": _raw(_utf16),
    "xss": _attributes(_infect),
}
