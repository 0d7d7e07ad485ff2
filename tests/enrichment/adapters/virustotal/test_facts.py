"""Whose an answer is, how long it counts, of which other hashes it is, and what a key may ask."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from app.enrichment.adapters.virustotal import VTAdapter
from app.enrichment.config_store import ConfigStore
from app.enrichment.http.answers import BadResponseError
from app.enrichment.http.client import HTTPClient
from app.enrichment.models import EnrichmentError, EnrichmentResult, Verdict
from app.enrichment.quota.models import Calendar, Window
from app.pipeline.models import IOC, IOCType
from tests.canary import CANARY_KEY
from tests.enrichment.adapters.virustotal.answers import (
    ADDRESS,
    BASE,
    FILE,
    about,
    ask,
    found,
    report,
    stats,
    url_of,
)

HASHES = {
    "md5": FILE.value,
    "sha1": "a" * 40,
    "sha256": "5cbb91a9365901ed5063665788a4e723f1cca2e4029ffdf9fb346974c320d1ef",
}
FILES = {name: IOC(IOCType(name), value) for name, value in HASHES.items()}


@pytest.mark.parametrize(
    ("answer", "verdict", "hours"),
    [
        ({"json": about(ADDRESS, report(stats(malicious=3, harmless=9)))}, "malicious", 24),
        ({"json": about(ADDRESS, report(stats(suspicious=1)))}, "suspicious", 24),
        ({"json": about(ADDRESS, report(stats(harmless=9)))}, "no_detections", 24),
        ({"json": about(ADDRESS, report({}))}, None, 24),
        ({"json": {"error": {"code": "NotFoundError"}}, "status": 404}, "not_found", 4),
    ],
)
def test_a_result_holds_its_account_and_how_long_it_is_fresh(
    adapter: VTAdapter, answer: dict[str, Any], verdict: str | None, hours: int
) -> None:
    result = ask(adapter, ADDRESS, **answer)
    assert isinstance(result, EnrichmentResult)
    assert result.verdict == (Verdict(verdict) if verdict else None)
    assert result.account == adapter.account().digest
    assert result.fresh_until == result.fetched_at + timedelta(hours=hours)
    assert not result.is_stale


def test_a_result_belongs_to_the_key_that_was_sent_even_if_it_was_replaced_meanwhile(
    tmp_path: Path,
) -> None:
    keys = ConfigStore(tmp_path / "keys.json", environ={})
    keys.set_vt_api_key(CANARY_KEY)
    adapter = VTAdapter(keys, HTTPClient(BASE))

    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        keys.set_vt_api_key("another-key")
        body = json.dumps(about(ADDRESS, report({})))
        return 200, {"Content-Type": "application/json"}, body

    asking = adapter.account()
    with responses.RequestsMock() as web:
        web.add_callback("GET", url_of(adapter, ADDRESS), answer)
        result = adapter.lookup(ADDRESS)
    assert isinstance(result, EnrichmentResult)
    assert result.account == asking.digest != adapter.account().digest


def test_an_error_is_not_an_answer(adapter: VTAdapter) -> None:
    assert isinstance(ask(adapter, ADDRESS, status=503), EnrichmentError)


@pytest.mark.parametrize("asked", HASHES)
def test_a_result_of_a_file_has_its_other_hashes_as_aliases(adapter: VTAdapter, asked: str) -> None:
    result = found(adapter, FILES[asked], HASHES | {"sha1": HASHES["sha1"].upper()})
    assert set(result.aliases) == set(FILES.values()) - {FILES[asked]}


@pytest.mark.parametrize(
    ("attributes", "names"),
    [
        ({}, set()),
        ({"sha256": HASHES["sha256"]}, {"sha256"}),
        (HASHES | {"sha1": None}, {"sha256"}),
        (HASHES | {"sha1": "a" * 39}, {"sha256"}),
        (HASHES | {"sha1": "g" * 40}, {"sha256"}),
        (HASHES | {"sha1": "a" * 40 + "\n"}, {"sha256"}),
        (HASHES | {"sha1": ["a" * 40], "sha256": 7}, set()),
        (HASHES | {"md5": "0" * 32}, set()),  # another file's
    ],
)
def test_only_a_hash_of_the_same_file_is_an_alias(
    adapter: VTAdapter, attributes: dict[str, Any], names: set[str]
) -> None:
    assert set(found(adapter, FILE, attributes).aliases) == {FILES[name] for name in names}


def test_only_files_have_aliases(adapter: VTAdapter) -> None:
    assert found(adapter, ADDRESS, dict(HASHES)).aliases == ()


def quotas(**given: tuple[int, int]) -> dict[str, Any]:
    return {"data": {n: {"user": {"used": u, "allowed": a}} for n, (u, a) in given.items()}}


@pytest.mark.parametrize(
    ("name", "allowed", "window"),
    [
        ("api_requests_hourly", 240, Window(4, 60.0)),
        ("api_requests_hourly", 60, Window(1, 60.0)),
        ("api_requests_hourly", 30, Window(1, 60.0)),
        ("api_requests_hourly", 0, Window(1, 60.0)),
        ("api_requests_daily", 500, Window(500, Calendar.DAY)),
        ("api_requests_daily", 0, Window(0, Calendar.DAY)),
        ("api_requests_monthly", 15_500, Window(15_500, Calendar.MONTH)),
    ],
)
def test_the_limits_follow_from_the_quotas(
    adapter: VTAdapter, name: str, allowed: int, window: Window
) -> None:
    (quota,) = adapter.parse_quotas(quotas(**{name: (3, allowed)}))
    assert (quota.used, quota.allowed, quota.window) == (3, allowed, window)


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text()))
def test_every_form_of_a_quota_is_read_or_refused(use: dict[str, Any]) -> None:
    body = {"data": {"api_requests_daily": {"user": use}}}
    try:
        (quota,) = VTAdapter(None, None).parse_quotas(body)  # type: ignore[arg-type]
    except BadResponseError:
        return
    assert quota.window == Window(use["allowed"], Calendar.DAY)


def test_the_documented_limits_are_those_of_a_free_key(adapter: VTAdapter) -> None:
    assert adapter.declaration.limits == (
        Window(4, 60.0),
        Window(500, Calendar.DAY),
        Window(15_500, Calendar.MONTH),
    )
    with responses.RequestsMock() as web:
        web.get(f"{BASE}/users/{CANARY_KEY}/overall_quotas", json=quotas())
        assert adapter.check_key(CANARY_KEY).quotas == ()
