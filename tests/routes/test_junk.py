"""Junk for the routes: each answer is a sentence, and nothing is an error of ours."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.fuzz.routes import fuzz

JSON = {"Accept": "application/json"}
NUMBERS = ["9" * 5000, "-1", "0", "1.5", "１", "²", "1e9", str(2**63), "", " ", "\x00", "0x1"]


@pytest.mark.slow
# Werkzeug leaves the files of a broken multipart body to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_no_route_breaks_at_junk(settings: dict[str, Any], app: Flask) -> None:
    statuses = fuzz(app, count=1500, seed=20261128)
    assert statuses[200] > 100
    assert statuses[400] > 50


@pytest.mark.parametrize("number", NUMBERS, ids=lambda text: ascii(text)[:12])
@pytest.mark.parametrize(
    "path",
    [
        "/api/jobs?page=",
        "/api/jobs?per_page=",
        "/api/jobs/{job}/iocs?page=",
        "/api/jobs/{job}/iocs?per_page=",
        "/api/jobs/{job}/files?page=",
        "/enrichment/status/{job}?since=",
    ],
)
def test_what_is_no_number_is_refused(
    client: FlaskClient, path: str, number: str, finished_job: str
) -> None:
    name, _, _ = path.partition("?")
    query = {path.partition("?")[2].removesuffix("="): number}
    answer = client.get(name.format(job=finished_job), query_string=query, headers=JSON)
    if (name.startswith("/enrichment"), number) == (True, "0"):
        assert answer.status_code == 200
    else:
        assert answer.status_code == 400
        assert "whole number" in answer.get_json()["error"]


@pytest.fixture
def finished_job(client: FlaskClient) -> str:
    form = {"text": "8.8.4.4", "mode": "offline"}
    job_id: str = client.post("/analyze", data=form, headers=JSON).get_json()["job_id"]
    return job_id


@pytest.mark.parametrize("number", NUMBERS, ids=lambda text: ascii(text)[:12])
def test_a_page_is_shown_whatever_its_number(
    client: FlaskClient, finished_job: str, number: str
) -> None:
    for path in ("/history", f"/results/{finished_job}", f"/results/{finished_job}/documents"):
        assert client.get(path, query_string={"page": number}).status_code in (200, 400)
    days = client.post("/history/delete-older", data={"days": number}, headers=JSON)
    assert days.status_code == 400


@pytest.mark.parametrize("path", ["/history", "/api/jobs/{job}/iocs"])
def test_a_long_search_is_refused_and_kept_out_of_the_log(
    client: FlaskClient, path: str, finished_job: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    query = {"q": "secret" * 8000}
    answer = client.get(path.format(job=finished_job), query_string=query, headers=JSON)
    assert answer.status_code == 400
    assert "at most 2000 characters" in answer.get_json()["error"]
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    "body",
    ["[" * 200_000, '{"a":' * 100_000, '{"action": ' + "[" * 100_000, "9" * 5000, "\ud800"],
    ids=["lists", "objects", "in a field", "a number", "a surrogate"],
)
@pytest.mark.parametrize(
    "path", ["/api/jobs/{job}/control", "/api/import-path", "/analyze", "/settings"]
)
def test_a_hostile_body_is_a_bad_request(
    client: FlaskClient, path: str, body: str, finished_job: str
) -> None:
    answer = client.post(
        path.format(job=finished_job),
        data=body.encode("utf-8", "surrogatepass"),
        content_type="application/json",
        headers=JSON,
    )
    assert 400 <= answer.status_code < 500
    assert answer.get_json()["error"].endswith(".")


@pytest.mark.parametrize("value", ["\ud800", "a\udfffb", "\x00", "a" * 70_000, ["x"], {"a": 1}, 5])
@pytest.mark.parametrize("field", ["action", "ioc", "provider", "paths", "mode", "tlp"])
def test_a_hostile_field_is_a_bad_request(
    client: FlaskClient, field: str, value: object, finished_job: str
) -> None:
    body = {"action": "retry", "paths": ["/nowhere"]} | {field: value}
    for path in (f"/api/jobs/{finished_job}/control", "/api/import-path"):
        answer = client.post(
            path, data=json.dumps(body), content_type="application/json", headers=JSON
        )
        assert 400 <= answer.status_code < 500, answer.get_data(as_text=True)
        assert answer.get_json()["error"].endswith(".")


@pytest.mark.parametrize("part", ["%ED%A0%80", "%FF", "%00", "%0A%0D", "a" * 8000, "%F0%9F%92%A9"])
def test_a_hostile_path_is_not_found(client: FlaskClient, part: str) -> None:
    for path in (f"/results/{part}", f"/api/jobs/{part}", f"/enrichment/status/{part}", f"/{part}"):
        assert client.get(path, headers=JSON).status_code == 404
