"""Everything that can go wrong on the wire, against a real server: typed, in time, bounded."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.enrichment.adapters.virustotal import VTAdapter
from app.enrichment.config_store import ConfigStore
from app.enrichment.http.client import HTTPClient
from app.enrichment.models import EnrichmentError, EnrichmentResult, ErrorKind, Outcome, Verdict
from app.enrichment.orchestrator import EnrichmentOrchestrator
from app.pipeline.models import IOC, IOCType
from tests.canary import CANARY_KEY
from tests.fakes.vt_simulator import FAULTS, VTSimulator, closed_port
from tests.fakes.vt_simulator.faults.bomb import nested_gzip_bomb
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.slow

SHORT_DEADLINE_S = 1.0
# The deadline, and what a busy machine may take to notice.
SOON_S = SHORT_DEADLINE_S + 4.0

ADDRESS = IOC(IOCType.IPV4, "185.220.101.45")
URL = IOC(IOCType.URL, "http://files.example.net/invoice/update.exe")

ERRORS = {
    "auth_missing": "auth",
    "auth_wrong": "auth",
    "inactive": "auth",
    "forbidden": "refused",
    "bad_argument": "refused",
    "not_yet": "unavailable",
    "quota": "rate_limited",
    "too_many": "rate_limited",
    "transient": "unavailable",
    "deadline": "unavailable",
    "html500": "unavailable",
    "html502": "unavailable",
    "html403": "refused",
    "empty204": "bad_response",
    "error_no_code": "bad_response",
    "error_string": "bad_response",
    "error_empty": "bad_response",
    "no_attributes": "bad_response",
    "not_modified304": "bad_response",
    "html200": "bad_response",
    "plain200": "bad_response",
    "truncated": "bad_response",
    "short_body": "unavailable",
    "json_null": "bad_response",
    "json_list": "bad_response",
    "json_string": "bad_response",
    "no_data": "bad_response",
    "data_list": "bad_response",
    "attributes_null": "bad_response",
    "stats_strings": "bad_response",
    "stats_negative": "bad_response",
    "nan": "bad_response",
    "deep": "bad_response",
    "dup_keys": "bad_response",
    "bom": "bad_response",
    "invalid_utf8": "bad_response",
    "utf16": "bad_response",
    "oversized": "bad_response",
    "oversized_chunked": "bad_response",
    "endless": "bad_response",
    "gzip_bomb": "bad_response",
    "gzip_bomb_nested": "bad_response",
    "mislabelled_gzip": "rate_limited",
    "redirect_same": "bad_response",
    "redirect_cross": "bad_response",
    "redirect_loop": "bad_response",
    "redirect_http": "bad_response",
    "reset": "unavailable",
    "reset_mid": "unavailable",
}
TIMEOUTS = ("slow_headers", "slow_body", "drip", "drip_headers", "hang")
NOT_FOUND = ("not_found",)
# What spoils a detail leaves the verdict as it is; without counts there is none.
ANSWERED = {
    "null_dates": Verdict.MALICIOUS,
    "string_dates": Verdict.MALICIOUS,
    "negative_date": Verdict.MALICIOUS,
    "huge_date": Verdict.MALICIOUS,
    "stats_extra_key": Verdict.MALICIOUS,
    "attr_collision": Verdict.MALICIOUS,
    "xss": Verdict.MALICIOUS,
    "stats_missing": None,
}


@pytest.fixture(scope="module", autouse=True)
def _bombs_are_built() -> None:
    """The simulator keeps them: building one takes seconds on a busy machine."""
    nested_gzip_bomb()


@pytest.fixture
def adapter(simulator: VTSimulator, tmp_path: Path) -> Iterator[VTAdapter]:
    built = make_adapter(tmp_path, simulator.base_url)
    yield built
    built.close()
    assert simulator.violations == []
    assert simulator.foreign_requests == []


def make_adapter(
    folder: Path, base_url: str, deadline_s: float = PATIENCE_S, **options: str
) -> VTAdapter:
    keys = ConfigStore(folder / "keys" / "keys.json", environ={})
    keys.set_vt_api_key(CANARY_KEY)
    return VTAdapter(keys, HTTPClient(base_url, deadline_s=deadline_s, **options))  # type: ignore[arg-type]


def timed(call: Callable[[IOC], Outcome], ioc: IOC) -> Outcome:
    start = time.monotonic()
    outcome = call(ioc)
    assert time.monotonic() - start < SOON_S
    return outcome


def test_every_fault_of_the_simulator_has_its_row() -> None:
    assert set(FAULTS) == {*ERRORS, *TIMEOUTS, *NOT_FOUND, *ANSWERED}


@pytest.mark.parametrize(("fault", "kind"), ERRORS.items())
def test_a_fault_is_an_error_of_its_kind_and_never_a_verdict(
    adapter: VTAdapter, simulator: VTSimulator, fault: str, kind: str
) -> None:
    simulator.add_rule(fault)
    outcome = adapter.lookup(ADDRESS)
    assert isinstance(outcome, EnrichmentError)
    assert outcome.kind == kind
    assert outcome.error.endswith(".")
    assert not any(word in outcome.error for word in ("<", "http://", "Error(", CANARY_KEY))


@pytest.mark.parametrize("fault", TIMEOUTS)
def test_a_slow_answer_is_cut_at_the_deadline(
    simulator: VTSimulator, tmp_path: Path, fault: str
) -> None:
    simulator.add_rule(fault)
    adapter = make_adapter(tmp_path, simulator.base_url, SHORT_DEADLINE_S)
    outcome = timed(adapter.lookup, ADDRESS)
    adapter.close()
    assert isinstance(outcome, EnrichmentError)
    assert outcome.kind == "timeout"
    assert outcome.error.endswith(".")
    assert CANARY_KEY not in outcome.error


@pytest.mark.parametrize("fault", NOT_FOUND)
def test_404_is_not_found(adapter: VTAdapter, simulator: VTSimulator, fault: str) -> None:
    simulator.add_rule(fault)
    outcome = adapter.lookup(ADDRESS)
    assert isinstance(outcome, EnrichmentResult)
    assert outcome.verdict is Verdict.NOT_FOUND


@pytest.mark.parametrize(("fault", "verdict"), ANSWERED.items())
def test_an_odd_detail_leaves_the_verdict(
    adapter: VTAdapter, simulator: VTSimulator, fault: str, verdict: Verdict | None
) -> None:
    simulator.add_rule(fault)
    outcome = adapter.lookup(ADDRESS)
    assert isinstance(outcome, EnrichmentResult)
    assert outcome.verdict is verdict
    assert all(len(detail.value) < 10_000 for detail in outcome.details)
    assert all(detail.value.isprintable() for detail in outcome.details)


def test_after_each_fault_the_next_answer_is_right(
    adapter: VTAdapter, simulator: VTSimulator
) -> None:
    """A connection kept alive must not carry the rest of a bad answer into the next one."""
    for fault in sorted(ERRORS):
        simulator.clear_rules()
        simulator.add_rule(fault, times=1)
        adapter.lookup(ADDRESS)
        outcome = adapter.lookup(URL)
        assert isinstance(outcome, EnrichmentResult), fault
        assert (outcome.verdict, outcome.detection_count) == (Verdict.MALICIOUS, 11), fault


def test_a_closed_port_is_unavailable(tmp_path: Path) -> None:
    outcome = make_adapter(tmp_path, closed_port()).lookup(ADDRESS)
    assert isinstance(outcome, EnrichmentError)
    assert outcome.kind is ErrorKind.UNAVAILABLE


def test_a_self_signed_certificate_is_refused_and_named(
    simulator: VTSimulator, tmp_path: Path
) -> None:
    outcome = make_adapter(tmp_path, simulator.tls_base_url).lookup(ADDRESS)
    assert isinstance(outcome, EnrichmentError)
    assert outcome.kind is ErrorKind.UNAVAILABLE
    assert "certificate" in outcome.error
    assert simulator.requests == []


def test_the_configured_ca_bundle_is_trusted(simulator: VTSimulator, tmp_path: Path) -> None:
    adapter = make_adapter(tmp_path, simulator.tls_base_url, ca_bundle=simulator.ca_file)
    outcome = adapter.lookup(ADDRESS)
    adapter.close()
    assert isinstance(outcome, EnrichmentResult)
    assert outcome.verdict is Verdict.MALICIOUS


@pytest.mark.parametrize("fault", ["drip_headers", "drip", "hang"])
def test_the_deadline_holds_over_tls_too(
    simulator: VTSimulator, tmp_path: Path, fault: str
) -> None:
    simulator.add_rule(fault)
    base_url, ca_bundle = simulator.tls_base_url, simulator.ca_file
    adapter = make_adapter(tmp_path, base_url, SHORT_DEADLINE_S, ca_bundle=ca_bundle)
    outcome = timed(adapter.lookup, ADDRESS)
    assert isinstance(outcome, EnrichmentError)
    assert outcome.kind is ErrorKind.TIMEOUT


def test_a_reset_connection_is_not_retried_by_the_http_library(
    adapter: VTAdapter, simulator: VTSimulator
) -> None:
    simulator.add_rule("reset")
    adapter.lookup(ADDRESS)
    assert len(simulator.requests) == 1


def test_the_key_travels_in_its_header_only(adapter: VTAdapter, simulator: VTSimulator) -> None:
    adapter.lookup(URL)
    (request,) = simulator.requests
    assert request.key_ok
    assert CANARY_KEY not in request.path
    assert CANARY_KEY not in json.dumps(request.as_json())


PROBE = "tests.enrichment.adapters.virustotal.memory_probe"
LARGE = (
    "oversized",
    "oversized_chunked",
    "endless",
    "gzip_bomb",
    "gzip_bomb_nested",
    "deep",
    "xss",
)


def test_hostile_answers_to_all_workers_at_once_stay_within_200_mb(tmp_path: Path) -> None:
    """In a process of its own, so that the server's memory and the tests' does not count."""
    with VTSimulator(per_minute=None, per_day=None, per_month=None) as simulator:
        for fault in LARGE:
            simulator.clear_rules()
            simulator.add_rule(fault)
            run = subprocess.run(
                [sys.executable, "-m", PROBE, simulator.base_url, str(tmp_path / fault)],
                check=True,
                capture_output=True,
                text=True,
                timeout=60,
                cwd=Path(__file__).parents[4],
            )
            report = json.loads(run.stdout)
            assert report["grown_mb"] < 200, (fault, report)
            assert report["done"] == report["total"] == 8


def test_the_job_over_a_failing_provider_completes(
    adapter: VTAdapter, simulator: VTSimulator
) -> None:
    simulator.add_rule("html502")
    orchestrator = EnrichmentOrchestrator(adapter)
    orchestrator.enrich_all("job", [ADDRESS, URL])
    status = orchestrator.get_status("job")
    orchestrator.close()
    assert status is not None
    assert status["complete"]
    assert len(simulator.requests) == 4  # each asked, and retried exactly once


def test_closing_cuts_a_lookup_that_hangs(simulator: VTSimulator, tmp_path: Path) -> None:
    simulator.add_rule("hang")
    keys = ConfigStore(tmp_path / "keys.json", environ={"TELLTALE_VT_API_KEY": CANARY_KEY})
    adapter = VTAdapter(keys, HTTPClient(simulator.base_url, deadline_s=60))
    outcomes: list[Outcome] = []
    thread = threading.Thread(target=lambda: outcomes.append(adapter.lookup(ADDRESS)))
    thread.start()
    while not simulator.requests:
        thread.join(0.01)
    adapter.close()
    thread.join(PATIENCE_S)
    assert [o.kind for o in outcomes if isinstance(o, EnrichmentError)] == ["unavailable"]
