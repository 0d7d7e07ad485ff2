"""Live streams, over the server that Telltale runs in."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests
import waitress
from flask import Flask
from flask.testing import FlaskClient

from app.jobs.models import Job, JobState
from app.presentation.lookup_texts import LookupTexts
from app.routes.events import JobStream
from app.server import listen, options
from tests.canary import CANARY_KEY
from tests.enrichment.orchestration import wait_until
from tests.fakes.vt_simulator import VTSimulator
from tests.patience import PATIENCE_S
from tests.programs import forked, started
from tests.routes.test_jobs import JOB_FIELDS, control
from tests.routes.test_status import ROW_FIELDS
from tests.streams import Event, Stream

pytestmark = pytest.mark.slow

Analyze = Callable[..., str]
Finished = Callable[[str], dict[str, Any]]
TEXT = "185.220.101.45 45.137.21.9 10.0.0.1 CVE-2024-3400"


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    listener = listen("127.0.0.1", 0)
    server = waitress.create_server(app, sockets=[listener], **options(app))
    thread = threading.Thread(target=server.run)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    app.extensions["services"].events.close()
    server.close()
    server.asyncore.close_all(server._map)
    thread.join(PATIENCE_S)
    server.task_dispatcher.shutdown()


def rows(events: list[Event]) -> list[tuple[int, str]]:
    return [(event.data["seq"], event.data["ioc"]) for event in events if event.name == "result"]


def test_the_stream_of_an_ended_job_sends_all_rows_and_ends(
    address: str, analyze: Analyze, finished: Finished
) -> None:
    job_id = analyze(TEXT)
    status = finished(job_id)
    with Stream(address, job_id) as stream:
        events = list(stream)
        assert stream.answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert stream.answer.headers["Cache-Control"] == "no-store"
    assert [event.name for event in events] == ["result"] * 4 + ["job-update", "end"]
    told = [event.data for event in events if event.name == "result"]
    assert told == [row | {"job_id": job_id} for row in status["results"]]
    assert set(told[0]) == ROW_FIELDS | {"job_id"}
    assert set(events[-2].data) == JOB_FIELDS | {"allowed"}
    assert (events[-2].data["state"], events[-2].data["done"]) == ("success", 2)
    assert events[-1] == Event("end", {}, None)
    ids = [event.id for event in events[:-1]]
    assert all(ids)
    assert len(set(ids)) == len(ids)


def test_changes_are_sent_as_they_happen(
    address: str, client: FlaskClient, analyze: Analyze, simulator: VTSimulator
) -> None:
    simulator.hold()
    job_id = analyze(" ".join(f"9.9.8.{n}" for n in range(1, 9)))
    with Stream(address, job_id) as stream:
        stream.until("job-update", state="running", allowed=["pause", "cancel"])
        control(client, job_id, action="pause")
        stream.until("job-update", state="paused", allowed=["resume", "cancel"])
        control(client, job_id, action="resume")
        stream.until("job-update", state="running")
        wait_until(lambda: len(simulator.requests) == 4)  # one call for each worker is in flight
        control(client, job_id, action="cancel")
        stream.until("job-update", phase="cancelling", allowed=[])
        simulator.release()
        events = stream.until("end")
    assert events[-2].data["state"] == "cancelled"
    assert events[-2].data["total"] == events[-2].data["done"] == 8


def test_a_resumed_stream_skips_and_repeats_no_row(
    address: str, analyze: Analyze, finished: Finished, simulator: VTSimulator
) -> None:
    simulator.hold()
    jobs = [analyze(TEXT), analyze("9.9.9.1 9.9.9.2 9.9.9.3")]
    with Stream(address, *jobs) as stream:
        first = [next(iter(stream)) for _ in range(3)]
        assert [event.name for event in first] == ["result"] * 3
    simulator.release()
    statuses = [finished(job_id) for job_id in jobs]
    for broken in range(1, 4):
        seen, last_id = first[:broken], first[broken - 1].id
        with Stream(address, *jobs, last_id=last_id) as stream:
            later = stream.until("end")
        told = [e for e in seen + later if e.name == "result"]
        for job_id, status in zip(jobs, statuses, strict=True):
            ours = [event.data for event in told if event.data["job_id"] == job_id]
            seqs = [row["seq"] for row in ours]
            assert seqs == sorted(set(seqs))
            latest = {(row["ioc"], row["provider"]): row for row in ours}
            final = {
                (row["ioc"], row["provider"]): row | {"job_id": job_id} for row in status["results"]
            }
            assert latest == final


def test_a_stream_can_be_resumed_from_every_event_id(
    address: str, analyze: Analyze, finished: Finished
) -> None:
    jobs = [analyze(TEXT), analyze("9.9.9.1 9.9.9.2")]
    for job_id in jobs:
        finished(job_id)
    with Stream(address, *jobs) as stream:
        events = list(stream)[:-1]
    for place, event in enumerate(events, start=1):
        with Stream(address, *reversed(jobs), last_id=event.id) as stream:
            left = [e for e in stream if e.name == "result"]
        expected = [e for e in events[place:] if e.name == "result"]
        assert {(e.data["job_id"], e.data["seq"]) for e in left} == {
            (e.data["job_id"], e.data["seq"]) for e in expected
        }
        assert len(left) == len(expected)


@pytest.mark.parametrize("last_id", ["nonsense", ":", "x:-1,!", "\u0661:\u0661".encode().hex()])
def test_an_unknown_event_id_starts_the_stream_from_the_first_row(
    address: str, analyze: Analyze, finished: Finished, last_id: str
) -> None:
    job_id = analyze(TEXT)
    finished(job_id)
    with Stream(address, job_id, last_id=last_id) as stream:
        assert len(rows(stream.until("end"))) == 4


def test_a_stream_can_begin_after_the_rows_that_a_page_shows(
    client: FlaskClient, analyze: Analyze, finished: Finished
) -> None:
    job_id = analyze(TEXT)
    last = finished(job_id)["next"]
    url = f"/api/jobs/events?job_id={job_id}"
    assert client.get(f"{url}&since={last - 1}").data.count(b"event: result") == 1
    assert client.get(f"{url}&since={last}").data.count(b"event: result") == 0
    assert client.get(f"{url}&since=").data.count(b"event: result") == 0
    for query in ("since=x", "since=1&since=2"):
        assert client.get(f"{url}&{query}").status_code == 400


def test_an_event_id_stays_valid_across_a_restart(tmp_path: Path) -> None:
    with VTSimulator(per_minute=None, keys={CANARY_KEY: {}}) as simulator:
        simulator.hold()
        settings = {
            "VT_BASE_URL": simulator.base_url,
            "VT_API_KEY": CANARY_KEY,
            "VT_REQUESTS_PER_MINUTE": 0,
        }
        with forked(tmp_path, **settings) as (_, address):
            form, headers = {"mode": "online", "text": TEXT}, {"Accept": "application/json"}
            answer = requests.post(f"{address}/analyze", form, headers=headers, timeout=PATIENCE_S)
            job_id = answer.json()["job_id"]
            with Stream(address, job_id) as stream:
                before = stream.until("job-update")
        simulator.release()
        with (
            forked(tmp_path, **settings) as (_, address),
            Stream(address, job_id, last_id=before[-1].id) as stream,
        ):
            after = stream.until("end")
        seqs = [seq for seq, _ in rows(before + after)]
        assert seqs == list(range(1, len(seqs) + 1))
        assert [ioc for _, ioc in rows(after)].count("185.220.101.45") == 1


def test_a_key_check_has_a_stream_too(
    app: Flask, address: str, analyze: Analyze, finished: Finished
) -> None:
    services = app.extensions["services"]
    job = Job("check", "verify_key", target="VirusTotal", state=JobState.RUNNING)
    services.job_rows.insert(job)
    with Stream(address, "check") as stream:
        stream.until("job-update", state="running", job_type="verify_key")
        services.job_rows.update(
            Job("check", "verify_key", state=JobState.SUCCESS, message="Good.")
        )
        services.events.changed("check")
        assert stream.until("end")[-2].data["message"] == "Good."


def test_a_job_that_is_deleted_ends_its_stream(
    address: str, client: FlaskClient, analyze: Analyze, simulator: VTSimulator
) -> None:
    simulator.hold()
    job_id = analyze(TEXT)
    with Stream(address, job_id) as stream:
        stream.until("job-update")
        client.post(f"/results/{job_id}/delete")
        assert stream.until("end")[-1].data == {}


@pytest.mark.parametrize("query", ["", "job_id=", "&".join(["job_id=x"] * 101)])
def test_a_stream_names_its_jobs(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/api/jobs/events?{query}")
    assert answer.status_code == (404 if query == "job_id=" else 400)
    assert set(answer.get_json()) == {"error"}


def test_a_stream_of_an_unknown_job_is_404(client: FlaskClient, analyze: Analyze) -> None:
    job_id = analyze(TEXT)
    answer = client.get(f"/api/jobs/events?job_id={job_id}&job_id=unknown")
    assert (answer.status_code, set(answer.get_json())) == (404, {"error"})


def test_a_quiet_stream_sends_heartbeats(
    app: Flask, analyze: Analyze, simulator: VTSimulator
) -> None:
    simulator.hold()
    job_id = analyze("9.9.9.1")
    services = app.extensions["services"]
    with closing(services.events.follow([job_id])) as follower:
        job_stream = JobStream(services, follower, {job_id: 0}, LookupTexts())
        stream = job_stream.events(lambda: False, heartbeat_s=0.01)
        heard = b"".join(next(stream) for _ in range(20))
        assert b": heartbeat\n\n" * 2 in heard
        stream.close()


def is_free(address: str, job_id: str) -> bool:
    with Stream(address, job_id) as stream:
        return stream.answer.ok


class TestPlaces:
    """Streams are capped, and a place is free again when its client goes."""

    @pytest.fixture
    def settings(self, settings: dict[str, Any]) -> dict[str, Any]:
        return settings | {"MAX_STREAMS": 8}

    @pytest.fixture
    def job_id(self, address: str, analyze: Analyze, simulator: VTSimulator) -> str:
        simulator.hold()
        return analyze("9.9.9.1")

    def test_streams_beyond_the_limit_are_refused_until_a_client_disconnects(
        self, address: str, job_id: str
    ) -> None:
        streams = [Stream(address, job_id) for _ in range(8)]
        try:
            assert all(stream.answer.ok for stream in streams)
            with Stream(address, job_id) as refused:
                assert refused.answer.status_code == 503
                assert int(refused.answer.headers["Retry-After"]) > 0
                assert set(refused.answer.json()) == {"error"}
            deadline = time.monotonic() + PATIENCE_S
            streams[0].close()
            while not is_free(address, job_id):
                assert time.monotonic() < deadline
                threading.Event().wait(0.05)
        finally:
            for stream in streams:
                stream.close()

    def test_a_client_that_disconnects_at_once_frees_its_stream(
        self, app: Flask, client: FlaskClient, job_id: str
    ) -> None:
        for _ in range(20):
            client.head(f"/api/jobs/events?job_id={job_id}").close()
            client.get(f"/api/jobs/events?job_id={job_id}", buffered=False).close()
        streams = [app.extensions["services"].events.follow([job_id]) for _ in range(8)]
        assert len(streams) == 8

    def test_pages_are_answered_while_every_stream_is_in_use(
        self, address: str, job_id: str
    ) -> None:
        streams = [Stream(address, job_id) for _ in range(30)]
        try:
            assert sum(stream.answer.ok for stream in streams) == 8
            for _ in range(20):
                url = f"{address}/enrichment/status/{job_id}"
                assert requests.get(url, timeout=PATIENCE_S).status_code == 200
        finally:
            for stream in streams:
                stream.close()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_open_streams_do_not_delay_the_shutdown(tmp_path: Path, name: str) -> None:
    with VTSimulator(per_minute=None, keys={CANARY_KEY: {}}) as simulator:
        simulator.hold()
        with started(tmp_path, VT_BASE_URL=simulator.base_url, VT_API_KEY=CANARY_KEY) as (
            process,
            address,
        ):
            form, headers = {"mode": "online", "text": TEXT}, {"Accept": "application/json"}
            answer = requests.post(f"{address}/analyze", form, headers=headers, timeout=PATIENCE_S)
            streams = [Stream(address, answer.json()["job_id"]) for _ in range(10)]
            for stream in streams:
                stream.until("job-update")
            process.send_signal(getattr(signal, name))
            assert process.wait(3) == 0
            for stream in streams:
                assert "end" not in [event.name for event in stream]
