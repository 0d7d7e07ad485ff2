"""Keys, and what belongs to the accounts they open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.enrichment.timing import Timing
from tests.canary import CANARY_KEY
from tests.enrichment.orchestration import wait_until
from tests.factories import save_key
from tests.fakes.vt_simulator import VTSimulator
from tests.routes.polling import poll

pytestmark = pytest.mark.slow

Analyze = Callable[..., str]
Finished = Callable[[str], dict[str, Any]]
JSON = {"Accept": "application/json"}
TEXT = "185.220.101.45 and files.example.net"


def test_deleting_the_key_deletes_what_its_account_was_answered(
    app: Flask, client: FlaskClient, analyze: Analyze, finished: Finished, simulator: VTSimulator
) -> None:
    finished(analyze(TEXT))
    client.post("/settings/delete")
    save_key(app, CANARY_KEY)
    finished(analyze(TEXT))
    assert len(simulator.requests) == 4


def test_another_keys_answers_are_not_shown(
    app: Flask, client: FlaskClient, analyze: Analyze, finished: Finished, simulator: VTSimulator
) -> None:
    finished(analyze(TEXT))
    save_key(app, "another-users-key-77aa")
    rows = finished(analyze(TEXT))["results"]
    assert {row["kind"] for row in rows} == {"auth"}
    assert not any(row["verdict"] for row in rows)
    save_key(app, CANARY_KEY)
    asked = len(simulator.requests)
    assert all(row["verdict"] for row in finished(analyze(TEXT))["results"])
    assert len(simulator.requests) == asked


def test_deleting_the_files_key_leaves_the_environments_account_alone(
    settings: dict[str, Any], simulator: VTSimulator
) -> None:
    app = create_app({**settings, "VT_API_KEY": CANARY_KEY})
    client = app.test_client()
    save_key(app, "the-files-key-66bb")
    for _ in range(2):
        body = client.post("/analyze", data={"text": TEXT, "mode": "online"}, headers=JSON)
        poll(client, body.get_json()["job_id"])
        client.post("/settings/delete")
    assert len(simulator.requests) == 2
    app.extensions["services"].close()


def test_a_deleted_keys_answer_does_not_come_back_with_a_cancellation(
    app: Flask, client: FlaskClient, analyze: Analyze, finished: Finished, simulator: VTSimulator
) -> None:
    job_id = analyze("185.220.101.45")
    finished(job_id)
    simulator.hold()
    client.post(f"/results/{job_id}/ask-again", headers=JSON)
    client.post("/settings/delete")
    client.post(f"/api/jobs/{job_id}/control", data={"action": "cancel"})
    finished(job_id)
    simulator.release()
    save_key(app, CANARY_KEY)
    body = {"text": "185.220.101.45", "mode": "online", "plan": "1"}
    assert client.post("/analyze", data=body, headers=JSON).get_json()["known"] == 0


def test_lookups_that_wait_for_one_keys_quota_go_on_at_once_with_a_new_key(
    settings: dict[str, Any], simulator: VTSimulator
) -> None:
    timing = Timing(ledger_recheck_s=600.0)
    app = create_app({**settings, "VT_REQUESTS_PER_MINUTE": 1, "TIMING": timing})
    client = app.test_client()
    client.post("/settings", data={"api_key": CANARY_KEY})
    body = client.post("/analyze", data={"text": TEXT, "mode": "online"}, headers=JSON)
    job_id = body.get_json()["job_id"]
    wait_until(lambda: any(row["retry_at"] for row in rows_of(client, job_id)))
    client.post("/settings", data={"api_key": "sim-key-premium"})
    poll(client, job_id)
    assert len([seen for seen in simulator.requests if "/users/" not in seen.path]) == 2
    app.extensions["services"].close()


def rows_of(client: FlaskClient, job_id: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = client.get(f"/enrichment/status/{job_id}").get_json()["results"]
    return rows
