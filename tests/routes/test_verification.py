"""The key is verified by a job: what the page says before, meanwhile and after."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.jobs.models import Job, JobState
from app.services import Services
from tests.canary import CANARY_KEY
from tests.fakes.vt_simulator import VTSimulator, closed_port
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.slow

JSON = {"Accept": "application/json"}
OTHER_KEY = "sim-key-public"


@pytest.fixture
def simulator() -> Iterator[VTSimulator]:
    with VTSimulator(keys={CANARY_KEY: {"user": "canary"}}) as running:
        yield running


def services_of(app: Flask) -> Services:
    services: Services = app.extensions["services"]
    return services


def ended(client: FlaskClient, job_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        job: dict[str, Any] = client.get(f"/api/jobs/{job_id}").get_json()
        if job["finished_at"]:
            return job
        threading.Event().wait(0.02)
    raise AssertionError("the job did not end")


def verify(client: FlaskClient, **form: str) -> dict[str, Any]:
    answer = client.post("/settings/verify", data=form, headers=JSON)
    assert answer.status_code == 202
    return ended(client, answer.get_json()["id"])


def test_the_page_offers_it_without_a_script(client: FlaskClient, app: Flask) -> None:
    page = client.get("/settings").text
    page = page[: page.index("</details>")]  # the panel of the first provider
    assert page.count('<form method="post" action="/settings/verify"') == 2
    for words in (">Verify key<", ">Save and verify<", "not verified yet"):
        assert words in page
    services_of(app).providers.keys.delete("VT")
    page = client.get("/settings").text
    assert ">Verify key<" not in page
    assert ">Save and verify<" in page


def test_a_key_that_is_accepted_is_kept_as_verified_with_its_quotas(
    client: FlaskClient, simulator: VTSimulator, settings: dict[str, Any]
) -> None:
    answer = client.post("/settings/verify")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/settings")
    (job,) = client.get("/api/jobs?job_type=verify_key").get_json()["jobs"]
    job = ended(client, job["id"])
    assert (job["state"], job["target"], job["allowed"]) == ("success", "VirusTotal", [])
    assert job["message"] == "VirusTotal accepts the key."
    assert (job["total"], job["done"]) == (None, None)
    page = client.get("/settings").text
    assert ">Verified</span>" in page
    for label, quota in (("This hour", "240"), ("Today", "500"), ("This month", "15,500")):
        assert label in page
        assert f"<b>0</b> of {quota} used" in page
    assert len(simulator.requests) == 1
    kept = (settings["DATA_DIR"] / "verified.json").read_bytes()
    assert CANARY_KEY.encode() not in kept
    assert (settings["DATA_DIR"] / "verified.json").stat().st_mode & 0o777 == 0o600


def test_the_page_shows_the_used_part_of_each_quota(client: FlaskClient) -> None:
    data = {"text": "185.220.101.45 9.9.9.9", "mode": "online"}
    job_id = client.post("/analyze", data=data, headers=JSON).get_json()["job_id"]
    ended(client, job_id)
    verify(client)
    assert "<b>2</b> of 500 used" in client.get("/settings").text


def test_a_key_check_does_not_wait_for_the_answer(
    client: FlaskClient, simulator: VTSimulator
) -> None:
    simulator.hold()
    answer = client.post("/settings/verify", headers=JSON)
    page = client.get("/settings").text
    assert answer.get_json()["state"] in ("queued", "running")
    assert '<noscript><meta http-equiv="refresh"' in page
    again = client.post("/settings/verify", headers=JSON)
    assert again.get_json()["id"] == answer.get_json()["id"]
    simulator.release()
    assert ended(client, answer.get_json()["id"])["state"] == "success"
    assert 'http-equiv="refresh"' not in client.get("/settings").text


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("html502", "VirusTotal is out of order (HTTP 502)."),
        ("truncated", "VirusTotal sent an answer that Telltale cannot read."),
    ],
)
def test_a_failed_check_says_why_and_leaves_the_earlier_time(
    client: FlaskClient, simulator: VTSimulator, fault: str, reason: str
) -> None:
    verify(client)
    simulator.add_rule(fault)
    job = verify(client)
    assert (job["state"], job["message"]) == ("error", reason)
    page = client.get("/settings").text
    assert reason in page
    assert ">Verified</span>" in page


def test_the_same_key_entered_again_keeps_the_time(client: FlaskClient) -> None:
    verify(client)
    client.post("/settings", data={"api_key": f" {CANARY_KEY} "})
    assert ">Verified</span>" in client.get("/settings").text


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_key_is_refused_and_nothing_is_asked(
    client: FlaskClient, simulator: VTSimulator, blank: str
) -> None:
    answer = client.post("/settings/verify", data={"api_key": blank})
    assert answer.status_code == 400
    assert "nothing was changed" in answer.text
    assert simulator.requests == []


def test_without_a_key_and_with_a_damaged_store_the_job_says_so(
    client: FlaskClient, app: Flask
) -> None:
    keys = services_of(app).providers.keys
    keys.delete("VT")
    assert verify(client)["message"] == "No VirusTotal key is stored."
    keys.path.write_text("{")
    assert "is damaged" in verify(client)["message"]


def test_a_provider_that_is_not_there_is_a_reason(settings: dict[str, Any]) -> None:
    app = create_app({**settings, "VT_BASE_URL": closed_port(), "VT_API_KEY": CANARY_KEY})
    message = verify(app.test_client())["message"]
    assert message.startswith("VirusTotal could not be asked.")
    assert CANARY_KEY not in message
    services_of(app).close()


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.RUNNING])
def test_a_key_check_that_a_crash_interrupted_is_resumed(
    client: FlaskClient, app: Flask, settings: dict[str, Any], state: JobState
) -> None:
    services_of(app).job_rows.insert(Job("left", "verify_key", target="VirusTotal", state=state))
    services_of(app).close()
    later = create_app(settings)
    assert ended(later.test_client(), "left")["state"] == "success"
    assert ">Verified</span>" in later.test_client().get("/settings").text
    services_of(later).close()


def test_a_key_check_that_a_shutdown_interrupts_is_resumed_at_the_next_start(
    client: FlaskClient, app: Flask, settings: dict[str, Any], simulator: VTSimulator
) -> None:
    simulator.hold()
    job_id = client.post("/settings/verify", headers=JSON).get_json()["id"]
    services_of(app).close()
    simulator.release()
    later = create_app(settings)
    assert ended(later.test_client(), job_id)["state"] == "success"
    services_of(later).close()


def test_a_key_check_allows_no_action_while_it_runs(
    client: FlaskClient, simulator: VTSimulator
) -> None:
    simulator.hold()
    job_id = client.post("/settings/verify", headers=JSON).get_json()["id"]
    answer = client.post(f"/api/jobs/{job_id}/control", json={"action": "cancel"})
    assert (answer.status_code, answer.get_json()["allowed"]) == (400, [])
    simulator.release()
    ended(client, job_id)


def test_a_deleted_key_check_does_not_come_back(
    client: FlaskClient, app: Flask, simulator: VTSimulator
) -> None:
    simulator.hold()
    job_id = client.post("/settings/verify", headers=JSON).get_json()["id"]
    assert client.post(f"/results/{job_id}/delete", headers=JSON).status_code == 200
    threads = [t for t in threading.enumerate() if t.name == f"verify_key-{job_id}"]
    simulator.release()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert client.get(f"/api/jobs/{job_id}").status_code == 404


def test_a_stream_follows_it(client: FlaskClient, simulator: VTSimulator) -> None:
    job_id = client.post("/settings/verify", headers=JSON).get_json()["id"]
    text = client.get(f"/api/jobs/events?job_id={job_id}").text
    assert '"state":"success"' in text
    assert "event: end" in text
