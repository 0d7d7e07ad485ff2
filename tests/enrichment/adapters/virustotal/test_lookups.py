from __future__ import annotations

from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any

import pytest
import responses

from app.enrichment.adapters.virustotal import ENDPOINT_MAP, VTAdapter
from app.enrichment.config_store import ConfigStore
from app.enrichment.http.client import HTTPClient
from app.enrichment.models import EnrichmentError, ErrorKind
from app.pipeline.models import IOC, IOCType
from tests.enrichment.adapters.virustotal.answers import (
    ADDRESS,
    BASE,
    DOMAIN,
    FILE,
    MD5,
    SHA256,
    URL,
    ask,
    found,
    report,
    stats,
    url_of,
)


@pytest.mark.parametrize(
    ("ioc", "path"),
    [
        (ADDRESS, "ip_addresses/185.220.101.45"),
        (IOC(IOCType.IPV6, "2a0b:f4c2::10"), "ip_addresses/2a0b:f4c2::10"),
        (DOMAIN, "domains/files.example.net"),
        (URL, "urls/aHR0cDovL2ZpbGVzLmV4YW1wbGUubmV0L2ludm9pY2UvdXBkYXRlLmV4ZQ"),
        (FILE, f"files/{MD5}"),
        (IOC(IOCType.SHA256, SHA256), f"files/{SHA256}"),
        (IOC(IOCType.DOMAIN, "a/../../users/x?y#z"), "domains/a%2F..%2F..%2Fusers%2Fx%3Fy%23z"),
    ],
)
def test_each_type_is_asked_at_its_own_address(adapter: VTAdapter, ioc: IOC, path: str) -> None:
    assert url_of(adapter, ioc) == f"{BASE}/{path}"


def test_a_url_id_is_unpadded_url_safe_base64_of_any_url(adapter: VTAdapter) -> None:
    url = "http://пример.рф/вход?a=>>>???&b=~~"
    identifier = url_of(adapter, IOC(IOCType.URL, url)).rpartition("/")[2]
    assert not set(identifier) & set("+/=")
    assert urlsafe_b64decode(identifier + "=" * (-len(identifier) % 4)).decode() == url


def test_the_supported_types_are_those_with_an_endpoint() -> None:
    assert VTAdapter.supported_types == set(ENDPOINT_MAP)
    assert IOCType.CVE not in ENDPOINT_MAP


@pytest.mark.parametrize(
    ("counts", "verdict", "detections", "engines"),
    [
        ({"malicious": 9, "suspicious": 2, "undetected": 26, "harmless": 57}, "malicious", 9, 94),
        ({"malicious": 1, "suspicious": 9, "undetected": 50}, "malicious", 1, 60),
        ({"malicious": 0, "suspicious": 3, "harmless": 77}, "suspicious", 3, 80),
        ({"malicious": 0, "suspicious": 0, "harmless": 80}, "no_detections", 0, 80),
        ({"undetected": 70}, "no_detections", 0, 70),
        ({"malicious": 0, "suspicious": 0, "harmless": 0, "undetected": 0}, None, None, 0),
        ({"timeout": 5, "type-unsupported": 60}, None, None, 0),
        ({}, None, None, 0),
        (
            {"malicious": 2, "harmless": 3, "timeout": 9, "failure": 4, "new": "x"},
            "malicious",
            2,
            5,
        ),
    ],
)
def test_the_counts_give_the_verdict(
    adapter: VTAdapter,
    counts: dict[str, Any],
    verdict: str | None,
    detections: int | None,
    engines: int,
) -> None:
    result = found(adapter, ADDRESS, stats(**counts))
    assert (result.verdict, result.detection_count, result.total_engines) == (
        verdict,
        detections,
        engines,
    )


@pytest.mark.parametrize("attributes", [{}, {"last_analysis_stats": None}])
def test_without_counts_it_was_never_analysed(
    adapter: VTAdapter, attributes: dict[str, Any]
) -> None:
    result = found(adapter, DOMAIN, attributes)
    assert (result.verdict, result.total_engines) == (None, 0)


@pytest.mark.parametrize(
    "bad", ["7", -1, 1.5, True, None, [], {}, 10**30, "<script>"], ids=lambda bad: repr(bad)[:12]
)
def test_a_count_that_is_no_number_is_a_bad_response(adapter: VTAdapter, bad: object) -> None:
    outcome = ask(adapter, ADDRESS, json=report(stats(malicious=0, harmless=80, suspicious=bad)))
    assert isinstance(outcome, EnrichmentError)
    assert outcome.kind is ErrorKind.BAD_RESPONSE


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{}",
        b'{"data": null}',
        b'{"data": []}',
        b'{"data": {"attributes": null}}',
        b'{"data": {"attributes": [1]}}',
        b'{"data": {"type": "file", "attributes": {}}}',
        b'{"data": {"attributes": {"reputation": NaN}}}',
        b'{"data": {"attributes": {"reputation": 1e999}}}',
        b'{"data": {"attributes": {}}, "data": {}}',
        b'\xef\xbb\xbf{"data": {"attributes": {}}}',
        b'{"data": {"attributes": {"title": "\xff"}}}',
        '{"data": {"attributes": {}}}'.encode("utf-16"),
        b'{"data": {"attributes": {}',
        b'{"a":' * 100_000,
        b'{"data": ' + b"9" * 10_000 + b"}",
    ],
    ids=lambda body: repr(body[:40]),
)
def test_an_odd_body_is_a_bad_response(adapter: VTAdapter, body: bytes) -> None:
    outcome = ask(adapter, ADDRESS, body=body, content_type="application/json")
    assert isinstance(outcome, EnrichmentError)
    assert outcome.kind is ErrorKind.BAD_RESPONSE


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (204, "bad_response"),
        (302, "bad_response"),
        (304, "bad_response"),
        (400, "refused"),
        (401, "auth"),
        (403, "refused"),
        (407, "unavailable"),
        (409, "refused"),
        (418, "refused"),
        (429, "rate_limited"),
        (500, "unavailable"),
        (503, "unavailable"),
        (599, "unavailable"),
    ],
)
def test_a_status_that_is_no_answer_is_an_error_of_its_kind(
    adapter: VTAdapter, status: int, kind: str
) -> None:
    outcome = ask(adapter, ADDRESS, status=status, body="<b>oops</b>", content_type="text/html")
    assert isinstance(outcome, EnrichmentError)
    assert outcome.kind == kind
    assert "oops" not in outcome.error


def test_not_available_yet_may_be_retried(adapter: VTAdapter) -> None:
    body = {"error": {"code": "NotAvailableYet", "message": "later"}}
    outcome = ask(adapter, FILE, status=400, json=body)
    assert isinstance(outcome, EnrichmentError)
    assert outcome.kind is ErrorKind.UNAVAILABLE


@pytest.mark.parametrize("body", [b"", b"[]", b'{"error": "gone"}', b'{"error": {}}'])
def test_a_404_without_the_providers_code_is_no_answer(adapter: VTAdapter, body: bytes) -> None:
    outcome = ask(adapter, URL, status=404, body=body, content_type="application/json")
    assert isinstance(outcome, EnrichmentError)
    assert outcome.kind is ErrorKind.BAD_RESPONSE


def test_a_404_page_is_not_the_providers_answer(adapter: VTAdapter) -> None:
    outcome = ask(adapter, URL, status=404, body="<h1>404</h1>", content_type="text/html")
    assert isinstance(outcome, EnrichmentError)
    assert outcome.kind is ErrorKind.BAD_RESPONSE


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("7", 7),
        (" 0 ", 0),
        ("3600", 3600),
        ("3601", 3600),
        ("86400", 3600),
        (str(10**20), 3600),
        ("9" * 400, 3600),
        ("1.5", 1.5),
        ("9" * 30 + ".5", 3600),
        ("-1.5", None),
        (f"-{10**20}", None),
        ("nan", None),
        ("inf", None),
        ("0x10", None),
        ("7, 8", None),
        ("", None),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 3600),
        ("Fri, 01 Jan 2100 00:00:00", 3600),
        ("Friday, 01-Jan-60 00:00:00 GMT", 3600),
        ("Fri, 31 Dec 9999 23:59:59 -2359", 3600),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Fri, 99 Foo 2100 99:99:99 GMT", None),
        ("soon", None),
        ("-3", None),
        ("1e9", None),
        (None, None),
    ],
)
def test_retry_after_is_read_where_it_can_be(
    adapter: VTAdapter, header: str | None, wait: float | None
) -> None:
    headers = {} if header is None else {"Retry-After": header}
    outcome = ask(adapter, ADDRESS, status=429, headers=headers)
    assert isinstance(outcome, EnrichmentError)
    assert outcome.retry_after == wait


def test_without_a_key_nothing_is_sent(tmp_path: Path) -> None:
    adapter = VTAdapter(ConfigStore(tmp_path / "none.json", environ={}), HTTPClient(BASE))
    with responses.RequestsMock():
        outcome = adapter.lookup(ADDRESS)
    assert isinstance(outcome, EnrichmentError)
    assert outcome.kind is ErrorKind.AUTH


def test_a_damaged_key_file_is_an_auth_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text("{")
    outcome = VTAdapter(ConfigStore(path, environ={}), HTTPClient(BASE)).lookup(ADDRESS)
    assert isinstance(outcome, EnrichmentError)
    assert outcome.kind is ErrorKind.AUTH
    assert "damaged" in outcome.error


def test_a_url_too_long_for_an_address_is_not_sent(adapter: VTAdapter) -> None:
    with responses.RequestsMock():
        outcome = adapter.lookup(IOC(IOCType.URL, "http://a.example.net/" + "x" * 9000))
    assert isinstance(outcome, EnrichmentError)
    assert outcome.kind is ErrorKind.REFUSED


def test_a_value_that_is_no_valid_unicode_is_not_sent(adapter: VTAdapter) -> None:
    with responses.RequestsMock():
        outcome = adapter.lookup(IOC(IOCType.URL, "http://a.example.net/\ud800"))
    assert isinstance(outcome, EnrichmentError)
    assert outcome.kind is ErrorKind.REFUSED


def test_a_key_that_no_header_can_carry_is_an_auth_error(tmp_path: Path) -> None:
    keys = ConfigStore(tmp_path / "keys.json", {"TELLTALE_VT_API_KEY": "abc…def"})
    outcome = VTAdapter(keys, HTTPClient(BASE)).lookup(ADDRESS)
    assert isinstance(outcome, EnrichmentError)
    assert outcome.kind is ErrorKind.AUTH
    assert "TELLTALE_VT_API_KEY" in outcome.error
    assert "abc" not in outcome.error
