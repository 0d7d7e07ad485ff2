"""The connection's test on the settings page and for programs."""

from __future__ import annotations

import re
import threading
import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.jobs.models import Job, JobState
from app.services import Services
from tests.fakes.vt_simulator import VTSimulator
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.slow

JSON = {"Accept": "application/json"}
URL = "/settings/test-connection"


def services_of(app: Flask) -> Services:
    services: Services = app.extensions["services"]
    return services


def ended(client: FlaskClient) -> dict[str, Any]:
    """The newest test, when it has ended."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found: dict[str, Any] = client.get(URL, headers=JSON).get_json()
        if found["job"]["finished_at"]:
            return found
        threading.Event().wait(0.02)
    raise AssertionError("the test did not end")


def steps_on(page: str) -> list[tuple[str, str]]:
    return re.findall(r'data-step="(\w+)" data-state="(\w+)"', page)


def test_before_the_first_test_the_page_offers_it(client: FlaskClient) -> None:
    page = client.get("/settings").text
    assert f'<form method="post" action="{URL}"' in page
    assert steps_on(page) == []
    assert client.get(URL, headers=JSON).get_json() == {"job": None, "steps": []}


def test_a_browser_is_redirected_to_the_page_with_the_steps(client: FlaskClient) -> None:
    answer = client.post(URL)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/settings")
    found = ended(client)
    assert found["job"]["job_type"] == "test_connection"
    assert (found["job"]["state"], found["job"]["message"]) == (
        "success",
        "VirusTotal can be asked.",
    )
    page = client.get("/settings").text
    assert steps_on(page) == [
        ("proxy", "not_needed"),
        ("dns", "not_needed"),
        ("tcp", "ok"),
        ("tls", "not_needed"),
        ("http", "ok"),
        ("key", "ok"),
    ]
    assert "VirusTotal accepts the key." in page
    assert client.get(URL).headers["Location"] == "/settings"


def test_a_program_gets_the_job_and_then_the_steps(
    client: FlaskClient, simulator: VTSimulator
) -> None:
    simulator.hold()
    answer = client.post(URL, headers=JSON)
    assert answer.status_code == 202
    job = answer.get_json()
    assert job["state"] in ("queued", "running")
    assert client.post(URL, headers=JSON).get_json()["id"] == job["id"]
    assert '<noscript><meta http-equiv="refresh"' in client.get("/settings").text
    simulator.release()
    found = ended(client)
    assert found["job"]["id"] == job["id"]
    assert [step["name"] for step in found["steps"]] == [
        "proxy",
        "dns",
        "tcp",
        "tls",
        "http",
        "key",
    ]
    assert all(set(step) == {"name", "state", "sentence", "took_ms"} for step in found["steps"])
    assert client.get("/settings").text.count('http-equiv="refresh"') == 0


@pytest.mark.parametrize(
    ("fault", "step", "words"),
    [
        ("auth_wrong", "key", "did not accept the key"),
        ("quota", "http", "rate limit is reached"),
        ("html502", "http", "is out of order (HTTP 502)"),
    ],
)
def test_the_page_shows_the_step_that_failed(
    client: FlaskClient, simulator: VTSimulator, fault: str, step: str, words: str
) -> None:
    simulator.add_rule(fault)
    client.post(URL)
    found = ended(client)
    assert found["job"]["state"] == "error"
    (failed,) = [s for s in found["steps"] if s["state"] == "failed"]
    assert failed["name"] == step
    assert words in failed["sentence"]
    assert words in client.get("/settings").text


def test_a_connection_test_cannot_be_retried_but_deleted(client: FlaskClient) -> None:
    client.post(URL)
    job_id = ended(client)["job"]["id"]
    answer = client.post(f"/api/jobs/{job_id}/control", json={"action": "retry"})
    assert answer.status_code == 400
    assert client.post(f"/results/{job_id}/delete", headers=JSON).status_code == 200
    assert client.get(URL, headers=JSON).get_json() == {"job": None, "steps": []}


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.RUNNING])
def test_a_connection_test_that_a_crash_interrupted_is_resumed(
    client: FlaskClient, app: Flask, settings: dict[str, Any], state: JobState
) -> None:
    services_of(app).job_rows.insert(
        Job("left", "test_connection", target="VirusTotal", state=state)
    )
    services_of(app).close()
    later = create_app(settings)
    found = ended(later.test_client())
    assert (found["job"]["id"], found["job"]["state"]) == ("left", "success")
    services_of(later).close()


def test_a_page_of_another_site_cannot_begin_a_connection_test(
    client: FlaskClient, simulator: VTSimulator
) -> None:
    answer = client.post(URL, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert simulator.requests == []
