from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from tests.fakes.vt_simulator import VTSimulator

pytestmark = pytest.mark.slow

Form = Callable[[str], dict[str, Any]]
JSON = {"Accept": "application/json"}
TEXT = "Beacon to 185[.]220[.]101[.]45 and hxxp://files[.]example[.]net/invoice/update.exe"


def test_the_start_page_has_the_form(client: FlaskClient) -> None:
    page = client.get("/").text
    assert 'name="text"' in page
    assert 'value="offline"' in page
    assert 'value="online"' in page
    assert "autofocus" in page


def test_the_example_fills_the_box(client: FlaskClient) -> None:
    assert "micros0ft-support" in client.get("/?example=1").text


@pytest.mark.parametrize("mode", ["offline", "online"])
def test_a_paste_leads_to_its_results(client: FlaskClient, mode: str) -> None:
    answer = client.post("/analyze", data={"text": TEXT, "mode": mode})
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/results/")
    assert client.get(answer.headers["Location"]).status_code == 200


def test_a_program_gets_the_urls_of_status_and_results(client: FlaskClient) -> None:
    answer = client.post("/analyze", data={"text": TEXT, "mode": "online"}, headers=JSON)
    body = answer.get_json()
    assert answer.status_code == 202
    assert set(body) == {"job_id", "total", "status_url", "results_url"}
    assert body["total"] == 2
    assert body["status_url"] == f"/enrichment/status/{body['job_id']}"
    assert body["results_url"] == f"/results/{body['job_id']}"


def test_a_client_that_accepts_anything_gets_the_page(client: FlaskClient) -> None:
    answer = client.post("/analyze", data={"text": TEXT}, headers={"Accept": "*/*"})
    assert answer.status_code == 303


def test_nothing_found_keeps_the_text(client: FlaskClient) -> None:
    answer = client.post("/analyze", data={"text": "Nothing <b>here</b>.", "mode": "online"})
    assert answer.status_code == 422
    assert "Nothing &lt;b&gt;here&lt;/b&gt;." in answer.text
    assert "No IOCs found" in answer.text
    answer = client.post("/analyze", data={"text": "Nothing."}, headers=JSON)
    assert (answer.status_code, set(answer.get_json())) == (422, {"error"})


def test_an_unknown_mode_is_refused(client: FlaskClient) -> None:
    assert client.post("/analyze", data={"text": TEXT, "mode": "maybe"}).status_code == 400


def test_online_mode_without_a_key_redirects_to_the_settings(settings: dict[str, Any]) -> None:
    client = create_app(settings).test_client()
    answer = client.post("/analyze", data={"text": TEXT, "mode": "online"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/settings")
    assert "Online lookups need a key" in client.get("/settings").text
    answer = client.post("/analyze", data={"text": TEXT, "mode": "online"}, headers=JSON)
    assert (answer.status_code, set(answer.get_json())) == (409, {"error"})


def test_offline_analysis_works_with_a_damaged_key_store(app: Flask, client: FlaskClient) -> None:
    app.extensions["services"].providers.keys.path.write_text("{")
    assert client.get("/").status_code == 200
    assert client.post("/analyze", data={"text": TEXT}).status_code == 303
    assert client.post("/analyze", data={"text": TEXT, "mode": "online"}).status_code == 303
    assert "is damaged" in client.get("/settings").text


def multipart(text: str) -> dict[str, Any]:
    """A form as browsers send it; the test client would put a large one on disk."""
    part = f'--cut\r\nContent-Disposition: form-data; name="text"\r\n\r\n{text}\r\n--cut--\r\n'
    return {"data": part.encode(), "content_type": "multipart/form-data; boundary=cut"}


def urlencoded(text: str) -> dict[str, Any]:
    return {"data": {"text": text}}


@pytest.mark.parametrize("form", [multipart, urlencoded])
def test_a_paste_of_megabytes_is_analyzed(client: FlaskClient, form: Form) -> None:
    text = "word " * 600_000 + "185.220.101.45"
    assert client.post("/analyze", **form(text)).status_code == 303


@pytest.mark.parametrize("form", [multipart, urlencoded])
def test_a_text_that_is_too_large_is_refused_with_the_limit(
    settings: dict[str, Any], form: Form
) -> None:
    client = create_app({**settings, "MAX_CONTENT_LENGTH": 200_000}).test_client()
    text = "8.8.4.4 " * 30_000
    answer = client.post("/analyze", **form(text))
    assert answer.status_code == 413
    assert "larger than 0.191 MiB" in answer.text
    answer = client.post("/analyze", **form(text), headers=JSON)
    assert (answer.status_code, set(answer.get_json())) == (413, {"error"})


def test_the_start_page_lists_recent_analyses(
    client: FlaskClient, analyze: Callable[..., str], finished: Callable[[str], dict[str, Any]]
) -> None:
    job_id = analyze(TEXT)
    finished(job_id)
    page = client.get("/").text
    assert f"/results/{job_id}" in page
    assert "185[.]220[.]101[.]45" in page


def test_the_start_page_never_loses_a_running_job(
    client: FlaskClient, analyze: Callable[..., str], simulator: VTSimulator
) -> None:
    simulator.add_rule("hang")
    running = analyze("185.220.101.45")
    for n in range(12):
        analyze(f"9.9.9.{n + 1}", mode="offline")
    assert f"/results/{running}" in client.get("/").text


def test_offline_asks_no_provider(
    client: FlaskClient, analyze: Callable[..., str], simulator: VTSimulator
) -> None:
    status = client.get(f"/enrichment/status/{analyze(TEXT, mode='offline')}").get_json()
    assert (status["total"], status["results"], status["complete"]) == (0, [], True)
    assert status["state"] == "success"
    assert simulator.requests == []
