from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.jobs.models import Job
from tests.enrichment.orchestration import wait_until
from tests.fakes.vt_simulator import VTSimulator
from tests.routes.test_status import ROW_FIELDS

pytestmark = pytest.mark.slow

Analyze = Callable[..., str]
Finished = Callable[[str], dict[str, Any]]

JOB_FIELDS = {
    "id", "job_type", "state", "phase", "progress_percent", "total", "done", "done_at",
    "message", "target", "created_at", "started_at", "finished_at",
}  # fmt: skip
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
TEXT = "185.220.101.45 45.137.21.9 45.137.21.10 2a0b:f4c2::10 10.0.0.1 CVE-2024-3400"


def control(client: FlaskClient, job_id: str, **given: str) -> tuple[int, dict[str, Any]]:
    answer = client.post(f"/api/jobs/{job_id}/control", json=given)
    return answer.status_code, answer.get_json()


def test_a_job_in_the_list_has_the_promised_fields(
    client: FlaskClient, analyze: Analyze, finished: Finished
) -> None:
    job_id = analyze(TEXT)
    finished(job_id)
    answer = client.get("/api/jobs").get_json()
    assert {name: answer[name] for name in answer if name != "jobs"} == {
        "page": 1,
        "per_page": 50,
        "total": 1,
    }
    (job,) = answer["jobs"]
    assert set(job) == JOB_FIELDS
    assert (job["id"], job["job_type"], job["state"]) == (job_id, "analysis", "success")
    assert (job["total"], job["done"], job["progress_percent"]) == (4, 4, 100)
    times = [job[name] for name in ("created_at", "started_at", "finished_at")]
    assert all(ISO.fullmatch(time) for time in times)
    assert times == sorted(times)


def test_one_job_has_counts_and_allowed_actions(
    client: FlaskClient, analyze: Analyze, finished: Finished
) -> None:
    job_id = analyze(TEXT)
    finished(job_id)
    job = client.get(f"/api/jobs/{job_id}").get_json()
    assert job.keys() > JOB_FIELDS
    assert job["verdicts"] == {"malicious": 1, "suspicious": 1, "not_found": 1}
    assert job["states"] == {"answered": 3, "not_found": 1, "not_asked": 2}
    assert job["allowed"] == []


def test_jobs_come_newest_first_in_pages(client: FlaskClient, analyze: Analyze) -> None:
    made = [analyze(f"9.9.9.{n}", mode="offline") for n in range(1, 6)]
    first = client.get("/api/jobs?per_page=2").get_json()
    last = client.get("/api/jobs?per_page=2&page=3").get_json()
    assert [job["id"] for job in first["jobs"]] == made[:2:-1]
    assert [job["id"] for job in last["jobs"]] == made[:1]
    assert (last["page"], last["per_page"], last["total"]) == (3, 2, 5)
    assert client.get("/api/jobs?per_page=9999").get_json()["per_page"] == 200


def test_jobs_are_listed_by_state_and_type(
    app: Flask, client: FlaskClient, analyze: Analyze, simulator: VTSimulator
) -> None:
    ended = analyze("9.9.9.1", mode="offline")
    simulator.hold()
    under_way = analyze("9.9.9.2")
    app.extensions["services"].job_rows.insert(Job("check", "verify_key", target="VirusTotal"))

    def ids(query: str) -> list[str]:
        return [job["id"] for job in client.get(f"/api/jobs?{query}").get_json()["jobs"]]

    assert ids("state=success") == [ended]
    assert ids("job_type=analysis") == [under_way, ended]
    assert ids("job_type=verify_key") == ["check"]
    assert ids("state=success&job_type=verify_key") == []
    (job,) = client.get("/api/jobs?job_type=verify_key").get_json()["jobs"]
    assert (job["target"], job["total"], job["state"]) == ("VirusTotal", None, "queued")


@pytest.mark.parametrize(
    "query", ["state=new", "page=0", "page=x", "per_page=0", "per_page=-1", "page=" + "9" * 30]
)
def test_invalid_query_parameters_are_refused(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/api/jobs?{query}")
    assert (answer.status_code, set(answer.get_json())) == (400, {"error"})


@pytest.mark.parametrize("path", ["", "/iocs", "/iocs?group_by=type"])
def test_an_unknown_job_is_404_in_json(client: FlaskClient, path: str) -> None:
    answer = client.get(f"/api/jobs/unknown{path}")
    assert (answer.status_code, set(answer.get_json())) == (404, {"error"})
    assert control(client, "unknown", action="pause")[0] == 404


def test_a_job_is_paused_resumed_and_cancelled(
    client: FlaskClient, analyze: Analyze, finished: Finished, simulator: VTSimulator
) -> None:
    simulator.hold()
    job_id = analyze(" ".join(f"9.9.8.{n}" for n in range(1, 9)))
    code, job = control(client, job_id, action="pause")
    assert (code, job["state"], job["allowed"]) == (200, "paused", ["resume", "cancel"])
    code, job = control(client, job_id, action="resume")
    assert (code, job["state"], job["allowed"]) == (200, "running", ["pause", "cancel"])
    wait_until(lambda: len(simulator.requests) == 4)  # one call for each worker is in flight
    code, job = control(client, job_id, action="cancel")
    assert (code, job["phase"], job["allowed"]) == (200, "cancelling", [])
    simulator.release()
    status = finished(job_id)
    assert (status["state"], status["total"], status["done"]) == ("cancelled", 8, 8)
    reasons = [row["reason"] for row in status["results"] if row["state"] == "not_asked"]
    assert reasons == ["cancelled"] * 4


def test_failed_lookups_are_retried(
    client: FlaskClient, analyze: Analyze, finished: Finished, simulator: VTSimulator
) -> None:
    simulator.add_rule("html502", path="*/45.137.21.*")
    job_id = analyze("185.220.101.45 45.137.21.9 45.137.21.10")
    finished(job_id)
    assert client.get(f"/api/jobs/{job_id}").get_json()["message"] == "2 could not be checked."
    simulator.clear_rules()
    asked = len(simulator.requests)
    one = {"ioc": "45.137.21.9", "provider": "VirusTotal"}
    assert control(client, job_id, action="retry", **one)[0] == 200
    assert finished(job_id)["state"] == "success"
    assert len(simulator.requests) == asked + 1
    code, refusal = control(client, job_id, action="retry", **one)
    assert (code, refusal["allowed"]) == (400, ["retry"])
    assert control(client, job_id, action="retry")[0] == 200
    assert {row["kind"] for row in finished(job_id)["results"]} == {None}
    assert len(simulator.requests) == asked + 2


@pytest.mark.parametrize(
    ("referrer", "back"),
    [
        (None, "/results/{}"),
        ("http://localhost/", "/"),
        ("http://localhost/results/x?q=9", "/results/x?q=9"),
        ("http://localhost.evil.example/", "/results/{}"),
        ("http://evil.example/", "/results/{}"),
        ("http://localhost//evil.example/", "/results/{}"),
    ],
)
def test_a_form_redirects_to_the_page_it_came_from(
    client: FlaskClient,
    analyze: Analyze,
    simulator: VTSimulator,
    referrer: str | None,
    back: str,
) -> None:
    simulator.hold()
    job_id = analyze("9.9.9.1")
    headers = {"Referer": referrer} if referrer else {}
    url = f"/api/jobs/{job_id}/control"
    answer = client.post(url, data={"action": "pause"}, headers=headers)
    assert (answer.status_code, answer.headers["Location"]) == (303, back.format(job_id))


@pytest.mark.parametrize("action", ["pause", "resume", "cancel", "retry", "explode", ""])
def test_an_action_that_is_not_allowed_is_refused_with_the_state(
    client: FlaskClient, analyze: Analyze, action: str
) -> None:
    job_id = analyze("9.9.9.1", mode="offline")
    code, answer = control(client, job_id, action=action)
    assert (code, set(answer)) == (400, {"error", "state", "allowed"})
    assert (answer["state"], answer["allowed"]) == ("success", ["look_up"])


@pytest.mark.parametrize("body", ["[]", "3", '{"action": 7}', "{}"])
def test_a_body_that_is_no_action_is_refused(
    client: FlaskClient, analyze: Analyze, body: str
) -> None:
    url = f"/api/jobs/{analyze('9.9.9.1', mode='offline')}/control"
    answer = client.post(url, data=body, content_type="application/json")
    assert (answer.status_code, set(answer.get_json())) == (400, {"error", "state", "allowed"})
    assert client.post(url, data="{", content_type="application/json").status_code == 400


def test_a_form_without_referrer_redirects_to_the_results(
    client: FlaskClient, analyze: Analyze, simulator: VTSimulator
) -> None:
    simulator.hold()
    job_id = analyze("9.9.9.1")
    answer = client.post(f"/api/jobs/{job_id}/control", data={"action": "pause"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/results/{job_id}")
    assert client.get(f"/api/jobs/{job_id}").get_json()["state"] == "paused"


def test_a_key_check_allows_no_action(app: Flask, client: FlaskClient) -> None:
    app.extensions["services"].job_rows.insert(Job("check", "verify_key"))
    code, answer = control(client, "check", action="cancel")
    assert (code, answer["state"], answer["allowed"]) == (400, "queued", [])


def iocs(client: FlaskClient, job_id: str, query: str = "") -> dict[str, Any]:
    answer = client.get(f"/api/jobs/{job_id}/iocs?{query}")
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


def test_the_iocs_of_a_job_come_with_verdicts_and_rows(
    client: FlaskClient, analyze: Analyze, finished: Finished
) -> None:
    job_id = analyze(TEXT)
    finished(job_id)
    answer = iocs(client, job_id)
    assert (answer["page"], answer["per_page"], answer["total"]) == (1, 50, 6)
    fields = {"ioc", "type", "verdict", "rows", "places"}
    assert all(set(entry) == fields for entry in answer["iocs"])
    assert all(set(row) == ROW_FIELDS for entry in answer["iocs"] for row in entry["rows"])
    verdicts = {entry["ioc"]: entry["verdict"] for entry in answer["iocs"]}
    assert verdicts == {
        "185.220.101.45": "malicious",
        "45.137.21.9": None,
        "45.137.21.10": "not_found",
        "2a0b:f4c2::10": "suspicious",
        "10.0.0.1": None,
        "CVE-2024-3400": None,
    }
    assert [entry["ioc"] for entry in answer["iocs"]] == TEXT.split()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("type=ipv6", "2a0b:f4c2::10"),
        ("verdict=malicious", "185.220.101.45"),
        ("state=not_asked", "10.0.0.1 CVE-2024-3400"),
        ("q=45.137", "45.137.21.9 45.137.21.10"),
        ("q=45[.]137[.]21[.]10", "45.137.21.10"),
        ("q=cve", "CVE-2024-3400"),
        ("q=%25", ""),
        ("q=_", ""),
        ("type=ipv4&state=answered&q=21", "45.137.21.9"),
        ("sort=verdict&per_page=2", "185.220.101.45 2a0b:f4c2::10"),
        ("sort=-first_seen&per_page=1", "CVE-2024-3400"),
        ("sort=value&per_page=2&page=2", "2a0b:f4c2::10 45.137.21.10"),
    ],
)
def test_iocs_are_filtered_and_sorted(
    client: FlaskClient, analyze: Analyze, finished: Finished, query: str, found: str
) -> None:
    job_id = analyze(TEXT)
    finished(job_id)
    assert [entry["ioc"] for entry in iocs(client, job_id, query)["iocs"]] == found.split()


@pytest.mark.parametrize(
    ("query", "sizes"),
    [
        ("group_by=type", {"cve": 1, "ipv4": 4, "ipv6": 1}),
        ("group_by=verdict", {"malicious": 1, "suspicious": 1, "not_found": 1, None: 3}),
        ("group_by=document", {None: 6}),
    ],
)
def test_iocs_are_grouped(
    client: FlaskClient,
    analyze: Analyze,
    finished: Finished,
    query: str,
    sizes: dict[str | None, int],
) -> None:
    job_id = analyze(TEXT)
    finished(job_id)
    answer = iocs(client, job_id, query)
    assert (answer["page"], answer["per_page"], answer["total"]) == (1, 50, 6)
    assert {group["key"]: group["count"] for group in answer["groups"]} == sizes
    assert [group["key"] for group in answer["groups"]] == list(sizes)
    assert {group["key"]: len(group["iocs"]) for group in answer["groups"]} == sizes
    part = iocs(client, job_id, query + "&per_page=1")["groups"]
    assert len(part) == len(part[0]["iocs"]) == 1
    assert part[0]["count"] == next(iter(sizes.values()))


@pytest.mark.parametrize(
    "query", ["type=x", "verdict=bad", "state=x", "sort=x", "group_by=x", "page=0"]
)
def test_an_unknown_filter_is_refused(client: FlaskClient, analyze: Analyze, query: str) -> None:
    answer = client.get(f"/api/jobs/{analyze('9.9.9.1', mode='offline')}/iocs?{query}")
    assert (answer.status_code, set(answer.get_json())) == (400, {"error"})


def test_at_most_200_iocs_come_at_once(client: FlaskClient, analyze: Analyze) -> None:
    job_id = analyze(" ".join(f"9.9.{n}.1" for n in range(210)), mode="offline")
    answer = iocs(client, job_id, "per_page=1000")
    assert (len(answer["iocs"]), answer["per_page"], answer["total"]) == (200, 200, 210)
