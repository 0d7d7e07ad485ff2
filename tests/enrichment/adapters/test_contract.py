"""What every provider's adapter keeps, so that a new one gets these tests for free.

Each provider brings recorded answers in `<id>/answers.json`: a list of cases with the IOC, the
status and body of the answer, and what the lookup must then say.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.config import load_config
from app.enrichment.adapters import adapter_classes, declarations, provider_id
from app.enrichment.adapters.base import HTTPAdapter, account_of
from app.enrichment.adapters.registry import quota_rules
from app.enrichment.adapters.subjects import NotCompared, Subject
from app.enrichment.config_store import ConfigStore
from app.enrichment.http.answers import Answer, BadResponseError
from app.enrichment.http.client import HTTPClient
from app.enrichment.models import EnrichmentError, EnrichmentResult, ErrorKind, Verdict
from app.pipeline.models import IOC, IOCType
from tests.canary import CANARY_KEY
from tests.fakes.provider import FakeProvider, Reply
from tests.fakes.vt_simulator import closed_port

ANSWERS = Path(__file__).parent
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
# Objects that no recorded answer is about.
OTHERS = {
    IOCType.IPV4: "198.51.100.77",
    IOCType.IPV6: "2001:db8:77::1",
    IOCType.CIDR: "198.51.100.0/28",
    IOCType.DOMAIN: "another.example.org",
    IOCType.URL: "https://another.example.org/elsewhere",
    IOCType.EMAIL: "other@another.example.org",
    IOCType.MD5: "7" * 32,
    IOCType.SHA1: "7" * 40,
    IOCType.SHA256: "7" * 64,
    IOCType.SHA512: "7" * 128,
    IOCType.CVE: "CVE-1999-0001",
    IOCType.ASN: "AS65551",
    IOCType.ATTACK: "T1001.003",
    IOCType.BTC: "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
}
HOSTILE = "../../x?y=1#z\r\nX-Evil: 1 @evil.example/"
IDS = [declaration.id for declaration in declarations()]


def build(cls: type[HTTPAdapter], base_url: str, folder: Path) -> HTTPAdapter:
    """The adapter with the canary as its key."""
    keys = ConfigStore(folder / "keys.json", {cls.declaration.variable: CANARY_KEY})
    return cls(keys, HTTPClient(base_url, deadline_s=5))


@pytest.fixture(params=adapter_classes(), ids=IDS)
def adapter_type(request: pytest.FixtureRequest) -> type[HTTPAdapter]:
    found: type[HTTPAdapter] = request.param
    return found


@pytest.fixture
def adapter(adapter_type: type[HTTPAdapter], tmp_path: Path) -> HTTPAdapter:
    """At an address where nothing listens."""
    return build(adapter_type, closed_port(), tmp_path)


@pytest.fixture
def server() -> Iterator[FakeProvider]:
    with FakeProvider() as running:
        yield running


@pytest.fixture
def asked(adapter_type: type[HTTPAdapter], server: FakeProvider, tmp_path: Path) -> HTTPAdapter:
    """At a server that answers what a test says."""
    path = urlsplit(adapter_type.declaration.base_url).path
    return build(adapter_type, server.base_url(path), tmp_path)


def iocs(adapter: HTTPAdapter) -> list[IOC]:
    return [IOC(kind, VALUES[kind]) for kind in sorted(adapter.supported_types)]


# The declaration.


def test_the_declaration_is_whole(adapter: HTTPAdapter) -> None:
    declaration = adapter.declaration
    assert (adapter.name, provider_id(adapter.name)) == (declaration.name, declaration.id)
    assert declaration.id == declaration.id.lower()
    assert declaration.prefix == declaration.prefix.upper()
    assert declaration.site.startswith("https://")
    assert declaration.base_url.startswith("https://") or not declaration.base_url
    assert declaration.terms.endswith(".")
    assert adapter.supported_types
    # Without an address for quotas the key is checked by looking up the probe.
    assert adapter.quota_call("key") is not None or declaration.probe is not None


def test_ids_names_and_prefixes_belong_to_one_provider_each() -> None:
    for field in ("id", "name", "prefix"):
        values = [getattr(declaration, field) for declaration in declarations()]
        assert len(set(values)) == len(values)


def test_every_setting_of_the_declaration_is_read(adapter: HTTPAdapter, tmp_path: Path) -> None:
    config = load_config({}, {"DATA_DIR": tmp_path})
    assert set(adapter.declaration.settings) <= set(config)
    assert config[adapter.declaration.base_url_setting] == adapter.declaration.base_url


def test_a_limit_that_was_set_wins_over_the_documented_one(
    adapter: HTTPAdapter, tmp_path: Path
) -> None:
    declaration = adapter.declaration
    for window in declaration.limits:
        if (setting := declaration.limit_settings.get(window.period)) is None:
            continue
        config = load_config({f"TELLTALE_{setting}": "7"}, {"DATA_DIR": tmp_path})
        limits = {w.period: w.limit for w in quota_rules(adapter, config).windows()}
        assert limits[window.period] == 7
        config = load_config({f"TELLTALE_{setting}": "0"}, {"DATA_DIR": tmp_path})
        assert window.period not in {w.period for w in quota_rules(adapter, config).windows()}


def test_every_answer_is_fresh_for_a_while(adapter: HTTPAdapter) -> None:
    fresh_for = adapter.declaration.fresh_for
    assert all(fresh_for.of(verdict) > timedelta(0) for verdict in (None, *Verdict))


# Requests.


def test_a_type_it_does_not_know_is_unsupported_and_not_sent(
    asked: HTTPAdapter, server: FakeProvider
) -> None:
    for kind in set(IOCType) - asked.supported_types:
        outcome = asked.lookup(IOC(kind, VALUES.get(kind, "any value")))
        assert isinstance(outcome, EnrichmentError)
        assert outcome.kind is ErrorKind.UNSUPPORTED
    assert server.received == []


def test_the_key_is_in_its_header_and_nowhere_else(
    asked: HTTPAdapter, server: FakeProvider
) -> None:
    for ioc in iocs(asked):
        asked.lookup(ioc)
    for request in server.received:
        holding = [name for name, value in request.headers.items() if CANARY_KEY in value]
        key = asked.declaration.key
        assert holding == ([key.header] if key else [])
        assert CANARY_KEY not in request.path
        assert CANARY_KEY.encode() not in request.body


def test_hostile_values_stay_within_their_place(asked: HTTPAdapter, server: FakeProvider) -> None:
    for kind in asked.supported_types:
        asked.lookup(IOC(kind, HOSTILE))
    assert len(server.received) == len(asked.supported_types)
    for request in server.received:
        path, _, query = request.path.partition("?")
        assert ".." not in path.split("/")
        assert not set(path + query) & set("#\r\n @")
        assert "y=1" not in query.split("&")
        assert "X-Evil" not in request.headers


def test_a_lone_surrogate_is_refused_or_escaped(asked: HTTPAdapter) -> None:
    for kind in asked.supported_types:
        outcome = asked.lookup(IOC(kind, "bad\ud800.example"))
        assert isinstance(outcome, EnrichmentError | EnrichmentResult)


# Answers.


def test_a_provider_that_is_not_there_is_an_error_that_names_the_ioc(adapter: HTTPAdapter) -> None:
    for ioc in iocs(adapter):
        outcome = adapter.lookup(ioc)
        assert isinstance(outcome, EnrichmentError)
        assert (outcome.ioc, outcome.provider) == (ioc, adapter.name)
        assert outcome.kind is ErrorKind.UNAVAILABLE


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(401, {}), ErrorKind.AUTH),
        (Reply(404, b"<h1>no</h1>", "text/html"), ErrorKind.BAD_RESPONSE),
        (Reply(404, b"no such route", "text/plain"), ErrorKind.BAD_RESPONSE),
        (Reply(429, {}, headers={"Retry-After": "7"}), ErrorKind.RATE_LIMITED),
        (Reply(301, b"", headers={"Location": "https://evil.example/"}), ErrorKind.BAD_RESPONSE),
        (Reply(500, {}), ErrorKind.UNAVAILABLE),
        (Reply(200, b"<html>login</html>", "text/html"), ErrorKind.BAD_RESPONSE),
        (Reply(200, b"not json"), ErrorKind.BAD_RESPONSE),
        (Reply(200, b""), ErrorKind.BAD_RESPONSE),
        (Reply(200, b'"text"'), ErrorKind.BAD_RESPONSE),
        (Reply(200, b"[" * 200_000), ErrorKind.BAD_RESPONSE),
        (Reply(200, b'{"data": NaN}'), ErrorKind.BAD_RESPONSE),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_response_that_is_no_answer_is_an_error_of_its_kind(
    asked: HTTPAdapter, server: FakeProvider, reply: Reply, kind: ErrorKind
) -> None:
    server.reply = reply
    outcome = asked.lookup(iocs(asked)[0])
    assert isinstance(outcome, EnrichmentError)
    assert outcome.kind is kind
    assert outcome.error.endswith(".")
    assert CANARY_KEY not in outcome.error
    assert outcome.retry_after == (7 if kind is ErrorKind.RATE_LIMITED else None)


def recorded() -> list[Any]:
    cases = []
    for declaration in declarations():
        answers = json.loads((ANSWERS / declaration.id / "answers.json").read_text())
        cases += [
            pytest.param(declaration.id, case, id=f"{declaration.id}: {case['name']}")
            for case in answers
        ]
    return cases


@pytest.mark.parametrize(("provider", "case"), recorded())
def test_a_recorded_answer_says_what_it_should(
    provider: str, case: dict[str, Any], server: FakeProvider, tmp_path: Path
) -> None:
    cls = next(found for found in adapter_classes() if found.declaration.id == provider)
    path = urlsplit(cls.declaration.base_url).path
    adapter = build(cls, server.base_url(path), tmp_path)
    server.reply = Reply(case.get("status", 200), case["body"])
    ioc = IOC(IOCType(case["type"]), case["value"])
    outcome = adapter.lookup(ioc)
    expected = case["expected"]
    if "kind" in expected:
        assert isinstance(outcome, EnrichmentError)
        assert outcome.kind == expected["kind"]
        return
    assert isinstance(outcome, EnrichmentResult)
    assert (outcome.ioc, outcome.provider, outcome.verdict) == (
        ioc,
        adapter.name,
        expected["verdict"],
    )
    score = outcome.score
    assert (score and [score.value, score.of]) == expected.get("score")
    keys = {detail.key: detail.value for detail in outcome.details}
    assert expected.get("details", {}).items() <= keys.items()
    assert all(keys)
    assert outcome.fresh_until is not None
    assert outcome.fresh_until > outcome.fetched_at


@pytest.mark.parametrize(
    ("provider", "case"),
    [found for found in recorded() if "kind" not in found.values[1]["expected"]],
)
def test_an_answer_about_another_object_does_not_count(
    provider: str, case: dict[str, Any], server: FakeProvider, tmp_path: Path
) -> None:
    """Unless the adapter says why its answers cannot be compared."""
    cls = next(found for found in adapter_classes() if found.declaration.id == provider)
    path = urlsplit(cls.declaration.base_url).path
    adapter = build(cls, server.base_url(path), tmp_path)
    # An error's body counts no more, if it comes with the status of an answer.
    server.reply = Reply(200, case["body"])
    for kind in sorted(adapter.supported_types):
        other = IOC(kind, OTHERS[kind])
        try:
            subject = adapter.subject_of(other, case["body"])
        except BadResponseError:
            subject = Subject(())
        if isinstance(subject, NotCompared):
            assert subject.reason.strip()
            continue
        outcome = adapter.lookup(other)
        assert isinstance(outcome, EnrichmentError)
        assert outcome.kind is ErrorKind.BAD_RESPONSE


def test_each_provider_has_recorded_answers_of_both_kinds() -> None:
    for provider in IDS:
        cases = json.loads((ANSWERS / provider / "answers.json").read_text())
        verdicts = [case["expected"].get("verdict", "error") for case in cases]
        assert "not_found" in verdicts
        assert any(verdict not in ("not_found", "error") for verdict in verdicts)


# Keys and accounts.


def test_accounts_differ_by_key_and_do_not_tell_it(adapter: HTTPAdapter) -> None:
    account = adapter.account()
    if adapter.declaration.key is None:
        assert account.digest == ""
        return
    assert account == adapter.account_of_key(CANARY_KEY) == account_of(adapter)
    assert account != adapter.account_of_key(CANARY_KEY + "x")
    assert CANARY_KEY not in repr(account)
    assert adapter.account_of_key("").digest == ""


def test_without_the_key_that_it_needs_nothing_is_sent(
    adapter_type: type[HTTPAdapter], server: FakeProvider, tmp_path: Path
) -> None:
    adapter = adapter_type(ConfigStore(tmp_path / "keys.json", {}), HTTPClient(server.base_url()))
    assert adapter.is_usable is not adapter.declaration.needs_key
    if adapter.declaration.needs_key:
        outcome = adapter.lookup(iocs(adapter)[0])
        assert isinstance(outcome, EnrichmentError)
        assert outcome.kind is ErrorKind.AUTH
        assert server.received == []


def test_the_check_of_a_refused_key_returns_the_reason(
    asked: HTTPAdapter, server: FakeProvider
) -> None:
    server.reply = Reply(401, {})
    assert asked.check_key(CANARY_KEY).error == f"{asked.name} did not accept the key."


def test_a_404_verifies_a_key_only_if_it_is_the_providers_own_answer(
    asked: HTTPAdapter, server: FakeProvider
) -> None:
    """A gateway that knows no such route answers so for any key."""
    no_route = Answer(404, {"Content-Type": "application/json"}, b"{}")
    is_own = asked.quota_call(CANARY_KEY) is None and asked.is_no_record(no_route)
    server.reply = Reply(404, {})
    assert (asked.check_key(CANARY_KEY).error is None) is is_own


def test_the_product_names_no_provider_outside_of_the_adapters() -> None:
    """So that the next one costs a file and a line: nothing else may treat one as special."""
    app = Path(__file__).parents[3] / "app"
    files = [path for path in app.rglob("*") if path.suffix in (".py", ".html", ".js", ".css")]
    naming = [
        path
        for path in files
        # Links to the reports of many services are read, whether one is a provider or not.
        if path.parent.name != "adapters"
        and path.name != "report_links.py"
        and any(d.name.lower() in path.read_text(encoding="utf-8").lower() for d in declarations())
    ]
    assert naming == []
