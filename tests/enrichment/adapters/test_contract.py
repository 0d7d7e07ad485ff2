"""What every provider's adapter keeps, so that a new one gets these tests for free."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from app.enrichment.adapters import ADAPTERS, adapter_class
from app.enrichment.adapters.base import HTTPAdapter, account_of
from app.enrichment.config_store import ConfigStore
from app.enrichment.http.client import HTTPClient
from app.enrichment.models import EnrichmentError, ErrorKind, Verdict
from app.pipeline.models import IOC, IOCType
from tests.canary import CANARY_KEY
from tests.fakes.vt_simulator import closed_port

README = Path(__file__).parents[3] / "README.md"
VALUES = {
    IOCType.IPV4: "8.8.4.4",
    IOCType.IPV6: "2a0b:f4c2::10",
    IOCType.CIDR: "185.220.101.0/24",
    IOCType.DOMAIN: "files.example.net",
    IOCType.URL: "http://files.example.net/x",
    IOCType.EMAIL: "anna@files.example.net",
    IOCType.MD5: "0" * 32,
    IOCType.SHA1: "0" * 40,
    IOCType.SHA256: "0" * 64,
    IOCType.SHA512: "0" * 128,
    IOCType.CVE: "CVE-2024-3400",
    IOCType.ASN: "AS64500",
    IOCType.ATTACK: "T1059.001",
    IOCType.BTC: "1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
}


@pytest.fixture(params=ADAPTERS)
def adapter(request: pytest.FixtureRequest, tmp_path: Path) -> HTTPAdapter:
    keys = ConfigStore(tmp_path / "keys.json", {"TELLTALE_VT_API_KEY": CANARY_KEY})
    return adapter_class(request.param)(keys, HTTPClient(closed_port()))


def test_it_says_who_it_is_and_is_in_the_readme(adapter: HTTPAdapter) -> None:
    assert adapter.name == adapter.about.name
    assert adapter.about.site.startswith("https://")
    assert f"| {adapter.name} |" in README.read_text(encoding="utf-8")
    assert adapter.about.variable in README.read_text(encoding="utf-8")


def test_a_type_it_does_not_know_is_unsupported_and_not_sent(adapter: HTTPAdapter) -> None:
    for kind in set(IOCType) - adapter.supported_types:
        outcome = adapter.lookup(IOC(kind, VALUES[kind]))
        assert isinstance(outcome, EnrichmentError)
        assert outcome.kind is ErrorKind.UNSUPPORTED


def test_a_provider_that_is_not_there_is_an_error_that_names_the_ioc(adapter: HTTPAdapter) -> None:
    for kind in adapter.supported_types:
        ioc = IOC(kind, VALUES[kind])
        outcome = adapter.lookup(ioc)
        assert isinstance(outcome, EnrichmentError)
        assert (outcome.ioc, outcome.provider) == (ioc, adapter.name)
        assert outcome.kind is ErrorKind.UNAVAILABLE


def test_the_key_is_in_its_header_and_in_no_address(adapter: HTTPAdapter) -> None:
    assert adapter.key() == CANARY_KEY
    assert CANARY_KEY in adapter.auth(CANARY_KEY).values()
    for kind in adapter.supported_types:
        assert CANARY_KEY not in adapter.url(IOC(kind, VALUES[kind]))


def test_hostile_values_stay_within_their_part_of_the_address(adapter: HTTPAdapter) -> None:
    for kind in adapter.supported_types:
        url = adapter.url(IOC(kind, "../../x?y=1#z\r\nX-Evil: 1 @evil.example/"))
        assert url.startswith("http://127.0.0.1:")
        assert not set(url) & set("?#\r\n @")
        assert ".." not in url.split("/")


def test_every_answer_has_a_time_to_live(adapter: HTTPAdapter) -> None:
    assert set(adapter.time_to_live) == {None, *Verdict}
    assert all(time > timedelta(0) for time in adapter.time_to_live.values())


def test_each_documented_window_has_a_setting_that_wins_over_it(adapter: HTTPAdapter) -> None:
    periods = [window.period for window in adapter.documented_windows]
    assert sorted(map(str, periods)) == sorted(map(str, adapter.limit_settings))
    assert len(set(adapter.limit_settings.values())) == len(periods)


def test_accounts_differ_by_key_and_do_not_tell_it(adapter: HTTPAdapter) -> None:
    account = adapter.account()
    assert account == adapter.account_of_key(CANARY_KEY) == account_of(adapter)
    assert account != adapter.account_of_key(CANARY_KEY + "x")
    assert CANARY_KEY not in repr(account)
    assert adapter.account_of_key("").digest == ""
