"""Each setting does what its name says, through the whole app."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.enrichment.models import Analysis, Mode
from app.pipeline.models import IOC, IOCType
from tests.canary import CANARY_KEY
from tests.fakes.proxy import ForwardProxy
from tests.fakes.vt_simulator import VTSimulator
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.slow

JSON = {"Accept": "application/json"}
ADDRESS = "185.220.101.45"
Build = Callable[..., FlaskClient]


@pytest.fixture
def build(settings: dict[str, Any]) -> Iterator[Build]:
    apps = []

    def make(**changes: Any) -> FlaskClient:
        apps.append(create_app({**settings, "VT_API_KEY": CANARY_KEY, **changes}))
        return apps[-1].test_client()

    yield make
    for app in apps:
        app.extensions["services"].close()


def analyze(client: FlaskClient, text: str = ADDRESS) -> str:
    data = {"text": text, "mode": "online"}
    return str(client.post("/analyze", data=data, headers=JSON).get_json()["job_id"])


def rows(client: FlaskClient, job_id: str) -> list[dict[str, Any]]:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        status = client.get(f"/enrichment/status/{job_id}").get_json()
        if status["complete"]:
            return list(status["results"])
        threading.Event().wait(0.02)
    raise AssertionError("the job did not end")


def test_base_url_says_where_to_ask(build: Build, simulator: VTSimulator) -> None:
    client = build(VT_BASE_URL=simulator.base_url)
    (row,) = rows(client, analyze(client))
    assert row["verdict"] == "malicious"
    assert [request.path for request in simulator.requests] == [f"/api/v3/ip_addresses/{ADDRESS}"]


def test_lookup_deadline_ends_a_lookup(build: Build, simulator: VTSimulator) -> None:
    simulator.add_rule("hang")
    client = build(LOOKUP_DEADLINE_S=0.3)
    (row,) = rows(client, analyze(client))
    assert row["kind"] == "timeout"


def test_proxy_is_what_lookups_go_through(build: Build, simulator: VTSimulator) -> None:
    with ForwardProxy() as proxy:
        client = build(PROXY=proxy.url)
        (row,) = rows(client, analyze(client))
    assert row["verdict"] == "malicious"
    assert len(proxy.asked) == 1


def test_ca_bundle_makes_a_certificate_accepted(build: Build, simulator: VTSimulator) -> None:
    for bundle, state in (("", "could_not_check"), (simulator.ca_file, "answered")):
        client = build(VT_BASE_URL=simulator.tls_base_url, CA_BUNDLE=bundle)
        (row,) = rows(client, analyze(client))
        assert row["state"] == state


@pytest.mark.parametrize("workers", [1, 3])
def test_max_workers_bounds_the_lookups_under_way(
    build: Build, simulator: VTSimulator, workers: int
) -> None:
    simulator.add_rule("hang")
    client = build(MAX_WORKERS=workers, LOOKUP_DEADLINE_S=60)
    for n in range(3):
        analyze(client, f"9.9.9.{n + 1} 9.9.8.{n + 1}")
    deadline = time.monotonic() + PATIENCE_S
    while len(simulator.requests) < workers and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    assert len(simulator.requests) == workers


def test_requests_per_minute_paces_lookups(build: Build, simulator: VTSimulator) -> None:
    client = build(VT_REQUESTS_PER_MINUTE=2)
    job_id = analyze(client, "9.9.9.1 9.9.9.2 9.9.9.3")
    deadline = time.monotonic() + PATIENCE_S
    waiting: list[dict[str, Any]] = []
    while time.monotonic() < deadline and not waiting:
        results = client.get(f"/enrichment/status/{job_id}").get_json()["results"]
        waiting = [row for row in results if row["retry_at"]]
    assert [row["ioc"] for row in waiting] == ["9.9.9.3"]


def test_past_max_jobs_an_analysis_is_read_from_the_database(build: Build) -> None:
    client = build(MAX_JOBS=2)
    jobs = []
    for n in range(3):
        jobs.append(analyze(client, f"9.9.9.{n + 1}"))
        rows(client, jobs[-1])
    statuses = [client.get(f"/results/{job_id}").status_code for job_id in jobs]
    assert statuses == [200, 200, 200]


def test_max_streams_bounds_the_streams_that_are_open(build: Build, simulator: VTSimulator) -> None:
    simulator.hold()
    client = build(MAX_STREAMS=9)
    job_id = analyze(client)
    answers = [client.get(f"/api/jobs/events?job_id={job_id}") for _ in range(10)]
    assert [answer.status_code for answer in answers] == [200] * 9 + [503]
    for answer in answers:
        answer.close()
    assert client.get(f"/api/jobs/events?job_id={job_id}").status_code == 200


def test_data_dir_holds_everything_that_is_written(build: Build, settings: dict[str, Any]) -> None:
    client = build()
    client.post("/settings", data={"api_key": CANARY_KEY})
    names = {path.name for path in settings["DATA_DIR"].iterdir()}
    database = {f"telltale.db{suffix}" for suffix in ("", "-wal", "-shm")}
    assert names == {"keys.json", "secret_key", "server.lock"} | database


def test_the_port_is_part_of_the_cookie_names(build: Build) -> None:
    client = build(PORT=5123, ACCESS_TOKEN="open-sesame-7-times")
    assert (
        "telltale-5123-access=" in client.get("/?token=open-sesame-7-times").headers["Set-Cookie"]
    )


def test_retention_deletes_at_the_start_what_is_too_old(build: Build) -> None:
    client = build()
    services = client.application.extensions["services"]
    for name, days in (("old", 8), ("new", 6)):
        made_at = datetime.now(UTC) - timedelta(days=days)
        iocs = (IOC(IOCType.DOMAIN, f"{name}-example.com"),)
        services.orchestrator.begin(Analysis(name, iocs, Mode.OFFLINE, made_at))
    services.close()
    later = build(RETENTION_DAYS=7)
    assert later.get("/results/old").status_code == 404
    assert later.get("/results/new").status_code == 200
    folder = later.application.config["DATA_DIR"]
    assert b"old-example" not in b"".join(path.read_bytes() for path in folder.iterdir())
    assert "older than 7 days" in later.get("/history").text
