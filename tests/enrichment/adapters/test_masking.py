"""A key that a provider or a proxy sends back is hidden before anything is kept or shown."""

from __future__ import annotations

import html
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.enrichment.adapters import adapter_classes
from app.enrichment.adapters.base import HTTPAdapter
from app.enrichment.adapters.masking import MASK, SHORTEST, Mask, without_masked_link
from app.enrichment.config_store import ConfigStore
from app.enrichment.http.client import HTTPClient
from app.enrichment.models import EnrichmentResult
from app.pipeline.models import IOC, IOCType
from tests.canary import CANARY_KEY, holds_canary
from tests.factories import make_ioc, make_result
from tests.fakes.provider import FakeProvider, Reply

KEY = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
ODD_KEY = "k/y+with=odd&\"signs'<%>\\~9"
# Each character of these looks like the begin of an escape.
STRANGE_KEYS = ("%25%2541%%9", "\\\\\\\\u0041\\", "&amp;&#38;&&", "////////")
ANSWERS = Path(__file__).parent
FORMS: dict[str, Callable[[str], str]] = {
    "as it is": lambda key: key,
    "upper case": str.upper,
    "lower case": str.lower,
    "in an address": lambda key: quote(key, safe=""),
    "each byte escaped": lambda key: "".join(f"%{ord(c):02X}" for c in key),
    "escaped twice": lambda key: quote(quote(key, safe=""), safe=""),
    "base64": lambda key: b64encode(key.encode()).decode().rstrip("="),
    "base64 for addresses": lambda key: urlsafe_b64encode(key.encode()).decode().rstrip("="),
    "JSON in JSON": lambda key: json.dumps(key)[1:-1],
    "JSON escapes": lambda key: "".join(f"\\u{ord(c):04x}" for c in key),
    "HTML escapes": lambda key: "".join(f"&#x{ord(c):x};" for c in key),
    "hex": lambda key: key.encode().hex(),
}


@pytest.mark.parametrize("key", [KEY, CANARY_KEY, ODD_KEY])
@pytest.mark.parametrize("form", FORMS)
def test_a_key_is_hidden_in_every_form(key: str, form: str) -> None:
    shown = FORMS[form](key)
    masked = Mask([key]).text(f"your key {shown} is fine")
    assert masked.startswith(f"your key {MASK}")
    assert masked.endswith(" is fine")
    assert shown[2:-6] not in masked


@pytest.mark.parametrize("key", STRANGE_KEYS)
def test_a_key_that_looks_escaped_is_hidden(key: str) -> None:
    forms = [key, json.dumps(key)[1:-1], quote(key, safe=""), html.escape(key)]
    assert [Mask([key]).text(f"<{form}>") for form in forms] == [f"<{MASK}>"] * 4


@pytest.mark.parametrize("unit", ["\\", "%25", "%", "&amp;", "&#0", "\\u00", "0"])
@pytest.mark.parametrize("key", [KEY, *STRANGE_KEYS])
def test_no_text_makes_the_search_slow(key: str, unit: str) -> None:
    """With a search whose time grows with the square of the length, it would take hours."""
    text = f"{unit * 300_000} end"
    assert Mask([key]).text(text).endswith(" end")


@pytest.mark.parametrize("before", ["", "u", "us", "user:", "Key: "])
@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
def test_a_key_within_base64_is_hidden(before: str, encode: Callable[[bytes], bytes]) -> None:
    for key in (KEY, ODD_KEY):
        masked = Mask([key]).text(encode(f"{before}{key}".encode()).decode())
        assert MASK in masked
        assert len(masked) <= len(MASK) + len(before) * 2 + 6


@given(st.text(max_size=30), st.text(max_size=30))
def test_what_stands_around_a_key_stays(before: str, after: str) -> None:
    assert Mask([KEY]).text(f"{before} {KEY} {after}") == f"{before} {MASK} {after}"


@pytest.mark.parametrize("short", ["", "a", "DE", "tor", "x" * (SHORTEST - 1)])
def test_a_key_too_short_to_be_one_hides_nothing(short: str) -> None:
    text = "xxxxxxxxx a tor exit in DE, 100% clean & \\ok"
    assert Mask([short]).text(text) == text


def test_the_longer_of_two_keys_is_hidden_whole() -> None:
    assert Mask([KEY[:20], KEY]).text(f"{KEY} {KEY[:20]}") == f"{MASK} {MASK}"


def test_names_of_fields_and_numbers_are_hidden_too() -> None:
    body = {"12345678": [12345678, 123, True, None, {"a": "12345678"}]}
    assert Mask(["12345678"]).json(body) == {MASK: [MASK, 123, True, None, {"a": MASK}]}


@pytest.mark.parametrize("link", [f"https://a.example/{MASK}", f"https://a.example/{quote(MASK)}"])
def test_a_masked_link_is_dropped(link: str) -> None:
    assert without_masked_link(make_result(make_ioc(), link=link)).link is None
    kept = make_result(make_ioc(), link="https://a.example/x")
    assert without_masked_link(kept) is kept


# Answers that hold the key in each of their texts.


def echoes(value: Any, place: str = "") -> Iterator[tuple[str, Callable[[str], Any]]]:
    """Each text and name of a JSON value, with the function that writes an echo there."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield f"{place}.{name}?", lambda echo, n=name: {**value, f"{echo}": value[n]}
            for where, put in echoes(item, f"{place}.{name}"):
                yield where, lambda echo, n=name, p=put: {**value, n: p(echo)}
    elif isinstance(value, list):
        for i, item in enumerate(value):
            for where, put in echoes(item, f"{place}[{i}]"):
                yield (
                    where,
                    lambda echo, i=i, p=put: [*value[:i], p(echo), *value[i + 1 :]],
                )
    else:
        yield place, lambda echo: echo


ENGINES = {"Engine": {"category": "malicious", "result": "trojan", "engine_name": "Engine"}}
STATS = {"malicious": 1, "suspicious": 0, "undetected": 1, "harmless": 1}
SHARED = {
    "last_analysis_stats": STATS,
    "last_analysis_date": 1_700_000_000,
    "last_analysis_results": ENGINES,
    "tags": ["tag"],
    "reputation": 1,
    "total_votes": {"harmless": 1, "malicious": 2},
}


def vt(kind: IOCType, value: str, name: str, more: dict[str, Any]) -> Any:
    data = {"id": value, "type": name, "attributes": SHARED | more}
    return "virustotal", IOC(kind, value), {"data": data}


BODIES = [
    vt(
        IOCType.IPV4,
        "8.8.4.4",
        "ip_address",
        {"asn": 1, "as_owner": "o", "network": "n", "country": "DE"},
    ),
    vt(
        IOCType.DOMAIN,
        "files.example.net",
        "domain",
        {
            "registrar": "r",
            "creation_date": 1,
            "categories": {"vendor": "malware"},
            "popularity_ranks": {"List": {"rank": 1}},
        },
    ),
    vt(
        IOCType.URL,
        "http://files.example.net/x",
        "url",
        {
            "url": "http://files.example.net/x",
            "last_final_url": "http://files.example.net/y",
            "title": "t",
            "last_http_response_code": 200,
            "categories": {"vendor": "malware"},
            "threat_names": ["threat"],
            "first_submission_date": 1,
        },
    ),
    vt(
        IOCType.SHA256,
        "0" * 64,
        "file",
        {
            "md5": "0" * 32,
            "sha1": "0" * 40,
            "sha256": "0" * 64,
            "meaningful_name": "a.exe",
            "names": ["b.exe"],
            "type_description": "PE",
            "size": 1,
            "popular_threat_classification": {"suggested_threat_label": "trojan.x"},
            "first_submission_date": 1,
            "last_submission_date": 2,
        },
    ),
    (
        "abuseipdb",
        IOC(IOCType.IPV4, "185.220.101.45"),
        json.loads((ANSWERS / "abuseipdb" / "answers.json").read_text())[0]["body"],
    ),
]
PLACES = [
    pytest.param(provider, ioc, put, id=f"{provider} {ioc.type}{where}")
    for provider, ioc, body in BODIES
    for where, put in echoes(body)
]
HEX_KEY = KEY
# In front of the key stands so much that a text which is cut would end within the key.
LONG = "x" * 100


def build(provider: str, key: str, server: FakeProvider, folder: Path) -> HTTPAdapter:
    cls = next(found for found in adapter_classes() if found.declaration.id == provider)
    others = {"TELLTALE_OTHER_API_KEY": CANARY_KEY}
    keys = ConfigStore(folder / "keys.json", {cls.declaration.variable: key} | others)
    path = urlsplit(cls.declaration.base_url).path
    return cls(keys, HTTPClient(server.base_url(path), deadline_s=5))


@pytest.fixture(scope="module")
def server() -> Iterator[FakeProvider]:
    with FakeProvider() as running:
        yield running


@pytest.mark.parametrize(("provider", "ioc", "put"), PLACES)
def test_a_key_in_a_text_of_an_answer_is_hidden(
    provider: str, ioc: IOC, put: Callable[[str], Any], server: FakeProvider, tmp_path: Path
) -> None:
    adapter = build(provider, HEX_KEY, server, tmp_path)
    many = (CANARY_KEY, HEX_KEY.upper(), b64encode(CANARY_KEY.encode()).decode(), LONG, HEX_KEY)
    for echo in (HEX_KEY, " ".join(many)):
        server.reply = Reply(200, put(echo))
        shown = json.dumps(asdict(adapter.lookup(ioc)), default=str, ensure_ascii=False)
        assert not holds_canary(shown.encode())
        assert HEX_KEY[:12] not in shown.lower()


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 407, 429, 500, 503])
@pytest.mark.parametrize("provider", ["virustotal", "abuseipdb"])
def test_a_key_in_an_error_is_hidden(
    provider: str, status: int, server: FakeProvider, tmp_path: Path
) -> None:
    adapter = build(provider, HEX_KEY, server, tmp_path)
    error = {"error": {"code": HEX_KEY, "message": HEX_KEY}, "errors": [{"detail": HEX_KEY}]}
    headers = dict.fromkeys(("Retry-After", "Location", "WWW-Authenticate", "X-Echo"), HEX_KEY)
    for media_type in ("application/json", HEX_KEY):
        server.reply = Reply(status, error, media_type, headers)
        outcome = adapter.lookup(IOC(IOCType.IPV4, "8.8.4.4"))
        assert HEX_KEY not in repr(outcome)
        assert HEX_KEY not in repr(adapter.check_key(HEX_KEY))


def test_an_answer_about_a_value_that_holds_the_key_still_counts(
    server: FakeProvider, tmp_path: Path
) -> None:
    """The analyst's own text is compared as it is."""
    value = f"http://files.example.net/?k={CANARY_KEY[:7]}&apikey={HEX_KEY}"
    _, ioc, body = vt(IOCType.URL, value, "url", {"url": value, "title": HEX_KEY})
    server.reply = Reply(200, body)
    outcome = build("virustotal", HEX_KEY, server, tmp_path).lookup(ioc)
    assert isinstance(outcome, EnrichmentResult)
    assert MASK in [detail.value for detail in outcome.details]


def test_the_password_of_the_proxy_is_hidden_too(server: FakeProvider, tmp_path: Path) -> None:
    adapter = build("abuseipdb", HEX_KEY, server, tmp_path)
    proxy = f"http://anna:secret%2Fpass9@{urlsplit(server.base_url()).netloc}"
    adapter.http = HTTPClient(adapter.http.base_url, proxy=proxy)
    provider, ioc, body = BODIES[-1]
    login = b64encode(b"anna:secret/pass9").decode()
    data = body["data"] | {"isp": "secret/pass9", "domain": login, "usageType": "secret%2Fpass9"}
    server.reply = Reply(200, {"data": data})
    outcome = adapter.lookup(ioc)
    assert isinstance(outcome, EnrichmentResult)
    shown = {detail.key: detail.value for detail in outcome.details}
    assert shown["isp"] == shown["usage"] == MASK
    assert login[8:-4] not in shown["domain"]
