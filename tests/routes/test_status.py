from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import create_app
from tests.canary import CANARY_KEY
from tests.factories import save_key
from tests.fakes.vt_simulator import VTSimulator

Analyze = Callable[..., str]
Finished = Callable[[str], dict[str, Any]]

ROW_FIELDS = {
    "seq", "ioc", "type", "provider", "state", "verdict", "detection_count", "total_engines",
    "scan_date", "fetched_at", "error", "kind", "retry_at", "reason", "details", "link",
    "stale", "previous", "provider_id", "score", "reason_code", "host_alone",
}  # fmt: skip
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def test_the_answer_has_the_promised_fields(analyze: Analyze, finished: Finished) -> None:
    status = finished(analyze("185.220.101.45 10.0.0.1 CVE-2024-3400"))
    assert set(status) == {"job_id", "state", "total", "done", "complete", "next", "results"}
    assert all(set(row) == ROW_FIELDS for row in status["results"])
    assert (status["state"], status["total"], status["done"]) == ("success", 1, 1)
    assert status["next"] == max(row["seq"] for row in status["results"])


def rows_of(status: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["ioc"]: row for row in status["results"]}


def test_each_state_has_its_row(
    analyze: Analyze, finished: Finished, simulator: VTSimulator
) -> None:
    simulator.add_rule("html502", path="*/9.9.9.9")
    text = "185.220.101.45 9.9.9.9 45.137.21.9 45.137.21.10 2a0b:f4c2::10 10.0.0.1 CVE-2024-3400"
    rows = rows_of(finished(analyze(text)))

    bad = rows["185.220.101.45"]
    assert (bad["state"], bad["verdict"]) == ("answered", "malicious")
    assert (bad["detection_count"], bad["total_engines"]) == (9, 94)
    assert bad["scan_date"] == "2025-11-20T00:53:20Z"
    assert ISO.fullmatch(bad["fetched_at"])
    assert {"key": "as", "label": "AS", "value": "AS64500"} in bad["details"]
    assert bad["link"] == "https://www.virustotal.com/gui/ip-address/185.220.101.45"

    failed = rows["9.9.9.9"]
    assert (failed["state"], failed["verdict"], failed["kind"]) == (
        "could_not_check",
        None,
        "unavailable",
    )
    assert failed["error"]

    never = rows["45.137.21.9"]
    assert (never["state"], never["verdict"], never["total_engines"]) == ("answered", None, 0)
    absent = rows["45.137.21.10"]
    assert (absent["state"], absent["verdict"]) == ("not_found", "not_found")
    assert rows["2a0b:f4c2::10"]["verdict"] == "suspicious"
    private = rows["10.0.0.1"]
    assert (private["state"], private["provider"]) == ("not_asked", "VirusTotal")
    assert "private" in private["reason"]
    unsupported = rows["CVE-2024-3400"]
    assert (unsupported["state"], unsupported["provider"]) == ("not_asked", None)


def test_since_returns_what_changed_after_it(
    client: FlaskClient, analyze: Analyze, finished: Finished
) -> None:
    job_id = analyze("185.220.101.45 9.9.9.9 45.137.21.9")
    status = finished(job_id)
    seqs = sorted(row["seq"] for row in status["results"])
    later = client.get(f"/enrichment/status/{job_id}?since={seqs[0]}").get_json()
    assert sorted(row["seq"] for row in later["results"]) == seqs[1:]
    end = client.get(f"/enrichment/status/{job_id}?since={status['next']}").get_json()
    assert (end["results"], end["next"], end["total"]) == ([], status["next"], 3)


@pytest.mark.parametrize("since", ["-1", "x", "1.5", "9" * 30, "١", ""])
def test_an_invalid_cursor_is_refused(client: FlaskClient, analyze: Analyze, since: str) -> None:
    answer = client.get(f"/enrichment/status/{analyze('8.8.4.4')}?since={since}")
    assert (answer.status_code, set(answer.get_json())) == (400, {"error"})


@pytest.mark.parametrize("accept", ["application/json", "text/html", "*/*"])
def test_an_unknown_job_is_404_in_json(client: FlaskClient, accept: str) -> None:
    answer = client.get("/enrichment/status/unknown", headers={"Accept": accept})
    assert answer.status_code == 404
    assert set(answer.get_json()) == {"error"}


def test_rows_that_wait_for_quota_say_until_when(
    settings: dict[str, Any], simulator: VTSimulator
) -> None:
    app = create_app({**settings, "VT_REQUESTS_PER_MINUTE": 2})
    save_key(app, CANARY_KEY)
    client = app.test_client()
    data = {"text": "185.220.101.45 9.9.9.9 45.137.21.9 45.137.21.10", "mode": "online"}
    job_id = client.post("/analyze", data=data, headers={"Accept": "application/json"}).get_json()[
        "job_id"
    ]
    rows: list[dict[str, Any]] = []
    while len([r for r in rows if r["state"] == "answered"]) < 2:
        status = client.get(f"/enrichment/status/{job_id}").get_json()
        rows = status["results"]
    waiting = [row for row in rows if row["state"] == "pending"]
    assert (status["state"], status["complete"]) == ("running", False)
    assert [row["ioc"] for row in waiting] == ["45.137.21.9", "45.137.21.10"]
    assert all(ISO.fullmatch(row["retry_at"]) for row in waiting)
    assert "done at" in client.get(f"/results/{job_id}").text
    assert len(simulator.requests) == 2
    app.extensions["services"].close()


def test_a_wrong_key_costs_one_request(
    app: Any, analyze: Analyze, finished: Finished, simulator: VTSimulator
) -> None:
    save_key(app, "not-the-right-key")
    status = finished(analyze(" ".join(f"9.9.9.{n}" for n in range(1, 30))))
    assert {row["kind"] for row in status["results"]} == {"auth"}
    assert len(status["results"]) == 29
    assert len(simulator.requests) <= 4  # those that were under way at once
