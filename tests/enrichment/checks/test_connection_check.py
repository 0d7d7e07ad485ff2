"""The test of the connection, on lines that are whole or broken at each place."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.enrichment.adapters.virustotal import VTAdapter
from app.enrichment.checks.connection_check import STEPS, ConnectionTester, steps_of
from app.enrichment.checks.models import ConnectionStep, StepState
from app.enrichment.checks.probes import (
    Address,
    Resolver,
    UnreachableError,
    blind,
    encrypt,
    system_resolver,
)
from app.enrichment.config_store import ConfigStore
from app.enrichment.http.client import HTTPClient
from app.enrichment.http.deadline import Deadline
from app.jobs.models import TEST_CONNECTION, Job, JobState
from tests.canary import CANARY_KEY, holds_canary
from tests.fakes.kept_jobs import KeptJobs
from tests.fakes.lines import LINES, Line, Settings, Workbench
from tests.fakes.vt_simulator import VTSimulator
from tests.patience import PATIENCE_S


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with ExitStack() as stack:
        yield Workbench(stack, tmp_path)


def adapter_of(settings: Settings, folder: Path) -> VTAdapter:
    keys = ConfigStore(folder / "keys.json", {"TELLTALE_VT_API_KEY": settings["VT_API_KEY"]})
    http = HTTPClient(
        settings["VT_BASE_URL"],
        proxy=settings.get("PROXY", ""),
        ca_bundle=settings.get("CA_BUNDLE", ""),
    )
    return VTAdapter(keys, http)


def resolver_of_this_machine(host: str, port: int) -> Sequence[Address]:
    if host not in ("localhost", "127.0.0.1"):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return system_resolver(host, port)


def run(
    adapter: VTAdapter, step_s: float = 5.0, resolver: Resolver = resolver_of_this_machine
) -> tuple[Job, dict[str, ConnectionStep], KeptJobs]:
    jobs = KeptJobs()
    tester = ConnectionTester([adapter], jobs, lambda job_id: None, resolver, step_s)
    job = tester.begin(adapter.name)
    assert jobs.ended.wait(PATIENCE_S)
    steps = steps_of(jobs.reports[job.id])
    assert tuple(step.name for step in steps) == tuple(STEPS)
    return jobs.kept[job.id], {step.name: step for step in steps}, jobs


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_a_connection_test_names_the_step_that_failed(
    line: Line, bench: Workbench, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = line.build(bench)
    step_s = 0.5 if line.name in ("dropped", "silent") else 5.0
    job, steps, jobs = run(adapter_of(settings, tmp_path), step_s)
    where = tuple(STEPS).index(line.failed) if line.failed else len(STEPS)
    states = [steps[name].state for name in STEPS]
    assert set(states[:where]) <= {StepState.OK, StepState.NOT_NEEDED}, steps
    assert states[where : where + 1] == ([StepState.FAILED] if line.failed else []), steps
    assert set(states[where + 1 :]) <= {StepState.NOT_TRIED}
    sentence = steps[line.failed or "tls"].sentence
    for words in line.says:
        assert words in sentence
    assert job.state is (JobState.ERROR if line.failed else JobState.SUCCESS)
    ending = f"Connection test failed at {STEPS[line.failed]}." if line.failed else ""
    assert job.message == (ending or "VirusTotal can be asked.")
    for step in steps.values():
        is_timed = step.state in (StepState.OK, StepState.FAILED)
        assert (step.took_ms is not None) is is_timed
    for secret in (CANARY_KEY, "s@fe", "s%40fe", "guess9"):
        assert secret not in str(jobs.reports)
        assert secret not in caplog.text
    assert not holds_canary(caplog.text.encode())


def test_the_dns_step_shows_the_addresses_of_the_host(bench: Workbench, tmp_path: Path) -> None:
    simulator = bench.simulator()
    settings = {
        "VT_BASE_URL": simulator.base_url.replace("127.0.0.1", "localhost"),
        "VT_API_KEY": CANARY_KEY,
    }
    _, steps, _ = run(adapter_of(settings, tmp_path))
    assert steps["dns"].state is StepState.OK
    assert steps["dns"].sentence.startswith("localhost is ")
    assert "127.0.0.1" in steps["dns"].sentence


def test_a_name_server_that_never_answers_takes_no_longer_than_a_step(
    bench: Workbench, tmp_path: Path
) -> None:
    asked = threading.Event()

    def silent(host: str, port: int) -> list[tuple[int, tuple[str, int]]]:
        asked.wait(PATIENCE_S)
        return []

    settings = {"VT_BASE_URL": "https://vt.example/api/v3", "VT_API_KEY": CANARY_KEY}
    _, steps, _ = run(adapter_of(settings, tmp_path), 0.2, silent)
    assert not asked.is_set()
    asked.set()
    assert steps["dns"].state is StepState.FAILED
    assert "No name server said" in steps["dns"].sentence


def test_a_handshake_that_never_ends_is_cut(bench: Workbench, tmp_path: Path) -> None:
    settings = {"VT_BASE_URL": bench.raw().replace("http:", "https:"), "VT_API_KEY": CANARY_KEY}
    _, steps, _ = run(adapter_of(settings, tmp_path), 0.3)
    assert steps["tls"].state is StepState.FAILED
    assert "did not answer within" in steps["tls"].sentence


def test_a_socket_that_was_cut_before_the_handshake_is_unreachable() -> None:
    with (
        Deadline(PATIENCE_S) as deadline,
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as cut,
    ):
        peer, _ = server.accept()
        cut.shutdown(socket.SHUT_RDWR)
        peer.close()
        cut.recv(1)  # the peer has closed too: the socket is not connected any more
        with pytest.raises(UnreachableError):
            encrypt(cut, "vt.example", blind(), "vt.example", deadline)


def test_a_proxy_that_never_answers_is_cut(bench: Workbench, tmp_path: Path) -> None:
    settings = {
        "VT_BASE_URL": "https://vt.example/api/v3",
        "VT_API_KEY": CANARY_KEY,
        "PROXY": f"http://127.0.0.1:{bench.full_port()}",
    }
    _, steps, _ = run(adapter_of(settings, tmp_path), 0.3)
    assert steps["proxy"].state is StepState.FAILED
    assert "The proxy 127.0.0.1:" in steps["proxy"].sentence


def test_the_key_is_not_sent_to_a_server_whose_certificate_is_not_accepted(
    bench: Workbench, tmp_path: Path
) -> None:
    simulator = bench.simulator()
    settings = {"VT_BASE_URL": simulator.tls_base_url, "VT_API_KEY": CANARY_KEY}
    _, steps, _ = run(adapter_of(settings, tmp_path))
    assert steps["tls"].state is StepState.FAILED
    assert simulator.requests == []


def test_a_test_costs_one_request_and_no_quota(bench: Workbench, tmp_path: Path) -> None:
    simulator = bench.simulator()
    settings = {"VT_BASE_URL": simulator.base_url, "VT_API_KEY": CANARY_KEY}
    run(adapter_of(settings, tmp_path))
    assert [record.spent for record in simulator.requests] == [0]


def test_a_second_connection_test_returns_the_running_one(bench: Workbench, tmp_path: Path) -> None:
    simulator = bench.simulator()
    simulator.hold()
    adapter = adapter_of({"VT_BASE_URL": simulator.base_url, "VT_API_KEY": CANARY_KEY}, tmp_path)
    jobs = KeptJobs()
    tester = ConnectionTester([adapter], jobs, lambda job_id: None)
    assert tester.begin(adapter.name).id == tester.begin(adapter.name).id
    simulator.release()
    assert jobs.ended.wait(PATIENCE_S)
    assert len(jobs.kept) == 1


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.RUNNING])
def test_a_connection_test_that_a_crash_interrupted_begins_again(
    bench: Workbench, tmp_path: Path, simulator: VTSimulator, state: JobState
) -> None:
    adapter = adapter_of({"VT_BASE_URL": simulator.base_url, "VT_API_KEY": CANARY_KEY}, tmp_path)
    jobs = KeptJobs()
    half = {"steps": [{"name": "proxy", "state": "ok", "sentence": "Old.", "took_ms": 1}]}
    left = Job("left", TEST_CONNECTION, target=adapter.name, state=state)
    jobs.insert(left)
    jobs.update(left, half)
    ConnectionTester([adapter], jobs, lambda job_id: None).resume_unfinished()
    assert jobs.ended.wait(PATIENCE_S)
    assert jobs.kept["left"].state is JobState.SUCCESS
    assert [step.name for step in steps_of(jobs.reports["left"])] == list(STEPS)


def test_a_damaged_key_file_fails_only_the_key_step(bench: Workbench, tmp_path: Path) -> None:
    simulator = bench.simulator()
    adapter = adapter_of({"VT_BASE_URL": simulator.base_url, "VT_API_KEY": ""}, tmp_path)
    (tmp_path / "keys.json").write_text("{")
    _, steps, _ = run(adapter)
    assert steps["http"].state is StepState.OK
    assert "is damaged" in steps["key"].sentence


def test_a_new_test_can_begin_as_soon_as_the_last_one_shows_its_end(
    simulator: VTSimulator, tmp_path: Path
) -> None:
    adapter = adapter_of({"VT_BASE_URL": simulator.base_url, "VT_API_KEY": CANARY_KEY}, tmp_path)
    jobs, second = KeptJobs(), threading.Event()
    started: list[str] = []

    def on_change(job_id: str) -> None:
        if jobs.kept[job_id].finished_at and len(started) == 1:
            started.append(tester.begin(adapter.name).id)
        elif jobs.kept[job_id].finished_at:
            second.set()

    tester = ConnectionTester([adapter], jobs, on_change)
    simulator.hold()
    started.append(tester.begin(adapter.name).id)
    simulator.release()
    assert second.wait(PATIENCE_S)
    assert len(set(started)) == 2
