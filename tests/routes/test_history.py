from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.enrichment.models import Analysis, Mode
from app.enrichment.orchestrator import EnrichmentOrchestrator
from app.pipeline import extract
from tests.fakes.vt_simulator import VTSimulator

pytestmark = pytest.mark.slow

JSON = {"Accept": "application/json"}
NOW = datetime.now(UTC)
Analyze = Callable[..., str]
Finished = Callable[[str], dict[str, Any]]


def ids(page: str) -> list[str]:
    return re.findall(r'<li data-job-id="([^"]+)"', page)


def add(app: Flask, job_id: str, text: str, created_at: datetime) -> None:
    """An offline analysis of that time."""
    evidence = {item.ioc: item for item in extract(text).found}
    orchestrator: EnrichmentOrchestrator = app.extensions["services"].orchestrator
    orchestrator.begin(
        Analysis(job_id, tuple(evidence), Mode.OFFLINE, created_at, evidence=evidence)
    )


def kept(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


def test_an_empty_history_says_so(client: FlaskClient) -> None:
    page = client.get("/history").text
    assert "Nothing was analysed yet" in page
    assert '<a href="/history" aria-current="page">History</a>' in page


def test_the_history_shows_an_analysis_with_its_counts(
    client: FlaskClient, analyze: Analyze, finished: Finished, simulator: VTSimulator
) -> None:
    simulator.add_rule("html502", path="*/9.9.9.9")
    job_id = analyze("185.220.101.45 unknown.example.org 9.9.9.9 10.0.4.17")
    finished(job_id)
    page = client.get("/history").text
    assert ids(page) == [job_id]
    assert f'href="/results/{job_id}"' in page
    for words in ("185[.]220[.]101[.]45", "4 IOCs", "pasted text", "online · done"):
        assert words in page
    verdicts = re.findall(r"</span>([\w ]+)<span class=\"ratio\"> (\d+)", page)
    assert verdicts == [("Malicious", "1"), ("No record", "1"), ("Could not check", "1")]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["new", "middle", "old"]),
        ("q=EVIL", ["middle"]),
        ("q=hxxps://login[.]evil", ["middle"]),
        ("q=no+such", []),
        ("verdict=malicious", []),
        ("from=2026-03-02", ["new", "middle"]),
        ("to=2026-03-02", ["middle", "old"]),
        ("from=2026-03-02&to=2026-03-02", ["middle"]),
        ("page=2", []),
    ],
)
def test_the_history_is_searched_by_text(
    client: FlaskClient, app: Flask, query: str, found: list[str]
) -> None:
    for n, (job_id, text) in enumerate(
        (("old", "a.example.net"), ("middle", "https://login.evil.com/"), ("new", "45.1.2.3"))
    ):
        add(app, job_id, text, datetime(2026, 3, 1 + n, 23, 59, tzinfo=UTC))
    assert ids(client.get(f"/history?{query}").text) == found


def test_an_analysis_is_found_by_its_verdict(
    client: FlaskClient, analyze: Analyze, finished: Finished
) -> None:
    bad, fine = analyze("185.220.101.45"), analyze("9.9.9.9")
    finished(bad)
    finished(fine)
    assert ids(client.get("/history?verdict=malicious").text) == [bad]
    assert ids(client.get("/history?verdict=no_detections").text) == [fine]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from=yesterday", "write the day as"),
        ("to=9999-12-31", "write the day as"),
        ("from=2026-03-02&to=2026-03-01", "The first day lies after the last one"),
        ("verdict=clean", "The verdict is one of malicious"),
        ("page=0", "The page is a whole number"),
    ],
)
def test_an_invalid_search_is_refused_with_one_sentence(
    client: FlaskClient, query: str, sentence: str
) -> None:
    answer = client.get(f"/history?q=kept&{query}")
    assert answer.status_code == 400
    assert sentence in answer.text
    assert 'value="kept"' in answer.text


def test_the_pages_of_the_history_keep_the_search(client: FlaskClient, app: Flask) -> None:
    for n in range(30):
        add(app, f"job{n}", f"45.1.2.{n + 1}", NOW - timedelta(minutes=n))
    first = client.get("/history?q=45.1&from=2020-01-01").text
    assert ids(first) == [f"job{n}" for n in range(25)]
    assert "30 analyses" in first
    link = re.search(r'rel="next" href="([^"]+)"', first)
    assert link is not None
    second = client.get(link[1].replace("&amp;", "&")).text
    assert ids(second) == [f"job{n}" for n in range(25, 30)]
    assert "page 2 of 2" in second


def test_hostile_values_are_shown_as_text(client: FlaskClient, app: Flask) -> None:
    add(app, "job", "https://evil.com/<script>alert(1)</script>", NOW)
    page = client.get("/history?q=<script>alert").text
    assert "<script>alert" not in page


def test_an_analysis_runs_again_with_the_same_iocs_and_evidence(
    client: FlaskClient, analyze: Analyze, finished: Finished, simulator: VTSimulator
) -> None:
    job_id = analyze("seen at 185[.]220[.]101[.]45, 10.0.4.17 and CVE-2024-3400")
    before = finished(job_id)["results"]
    answer = client.post(f"/results/{job_id}/again")
    assert answer.status_code == 303
    new_id = answer.headers["Location"].rpartition("/")[2]
    assert new_id != job_id
    after = finished(new_id)["results"]
    told = ("ioc", "provider", "state", "verdict", "reason")
    assert [[row[name] for name in told] for row in sorted(after, key=lambda row: row["ioc"])] == [
        [row[name] for name in told] for row in sorted(before, key=lambda row: row["ioc"])
    ]
    assert len(simulator.requests) == 1  # what is known is not asked twice
    both = [
        client.get(f"/results/{i}/export?format=csv").text.splitlines() for i in (job_id, new_id)
    ]
    assert len(both[0]) == len(both[1])
    assert ids(client.get("/history").text) == [new_id, job_id]


def test_programs_can_run_an_analysis_again(client: FlaskClient, analyze: Analyze) -> None:
    job_id = analyze("a.example.net", mode="offline")
    answer = client.post(f"/results/{job_id}/again", headers=JSON)
    assert answer.status_code == 202
    assert client.get(f"/api/jobs/{answer.get_json()['job_id']}").status_code == 200
    assert client.post("/results/unknown/again", headers=JSON).status_code == 404


def test_an_online_analysis_runs_again_only_with_a_key(
    client: FlaskClient, app: Flask, analyze: Analyze, finished: Finished
) -> None:
    job_id = analyze("185.220.101.45")
    finished(job_id)
    app.extensions["services"].providers.keys.delete("VT")
    answer = client.post(f"/results/{job_id}/again")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/settings")
    assert client.post(f"/results/{job_id}/again", headers=JSON).status_code == 409


def test_a_deletion_leads_back_to_the_history(client: FlaskClient, analyze: Analyze) -> None:
    job_id = analyze("a.example.net", mode="offline")
    answer = client.post(f"/results/{job_id}/delete", data={"from": "history"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/history")
    assert ids(client.get("/history").text) == []


@pytest.mark.parametrize("max_jobs", [1, 100])
def test_older_analyses_are_deleted_from_every_file(
    settings: dict[str, Any], max_jobs: int
) -> None:
    app = create_app({**settings, "MAX_JOBS": max_jobs})
    for n in range(5):
        add(app, f"old{n}", f"files{n}.deleted-example.com", NOW - timedelta(days=31 + n))
    add(app, "new", "files.kept-example.com", NOW - timedelta(days=29))
    client = app.test_client()
    answer = client.post("/history/delete-older", data={"days": "30"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/history")
    page = client.get("/history").text
    assert "5 analyses were deleted." in page
    assert ids(page) == ["new"]
    for n in range(5):
        for path in (f"/results/old{n}", f"/enrichment/status/old{n}", f"/api/jobs/old{n}"):
            assert client.get(path).status_code == 404
    assert b"deleted-example" not in kept(settings["DATA_DIR"])
    assert b"kept-example" in kept(settings["DATA_DIR"])
    app.extensions["services"].close()


def test_running_analyses_are_not_deleted(
    client: FlaskClient, analyze: Analyze, simulator: VTSimulator, app: Flask
) -> None:
    simulator.hold()
    job_id = analyze("185.220.101.45")
    assert app.extensions["services"].job_rows.older_than(NOW + timedelta(days=1)) == []
    simulator.release()
    assert client.get(f"/api/jobs/{job_id}").status_code == 200


@pytest.mark.parametrize("days", ["", "0", "-1", "ten", "1e3", "99999"])
def test_the_age_must_be_a_number_of_days(client: FlaskClient, days: str) -> None:
    answer = client.post("/history/delete-older", data={"days": days}, headers=JSON)
    assert answer.status_code == 400
    assert "how many days" in answer.get_json()["error"]
