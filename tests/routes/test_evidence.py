from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

pytestmark = pytest.mark.slow

Analyze = Callable[..., str]
Finished = Callable[[str], dict[str, Any]]
JSON = {"Accept": "application/json"}
TEXT = (
    "Seen:\nhxxp://login[.]files[.]example[.]net/x and 8.8.4.4, again 8.8.4.4; setup.py 999.1.1.1"
)


def post(client: FlaskClient, **fields: str) -> dict[str, Any]:
    answer = client.post("/analyze", data={"text": TEXT} | fields, headers=JSON)
    assert answer.status_code == 202
    return dict(answer.get_json())


def test_near_misses_are_returned_for_a_request_with_the_text(client: FlaskClient) -> None:
    body = post(client, near_misses="1")
    misses = {miss["text"]: miss for miss in body["near_misses"]}
    assert set(misses) == {"setup.py", "999.1.1.1"}
    assert misses["setup.py"]["reason"] == "a file name"
    assert misses["setup.py"]["line"] == 2
    assert TEXT[misses["setup.py"]["offset"] : misses["setup.py"]["end"]] == "setup.py"
    assert body["near_misses_left_out"] == 0
    assert "near_misses" not in post(client)


def test_the_server_keeps_neither_the_text_nor_the_near_misses(
    client: FlaskClient, app: Flask
) -> None:
    job_id = post(client, near_misses="1")["job_id"]
    page = client.get(f"/results/{job_id}").text
    for kept in ("Seen:", "setup.py", "999.1.1.1"):
        assert kept not in page
        assert kept not in repr(app.extensions["services"].orchestrator.changes(job_id))


def test_the_page_says_why_each_ioc_was_found(client: FlaskClient) -> None:
    page = client.get(post(client)["results_url"]).text
    for words in (
        "four numbers",
        "line 2, seen 2 times",
        "hxxp://login[.]files[.]example[.]net/x",
        "registered domain",
        "example[.]net",
    ):
        assert words in page


def test_the_page_tells_the_port_at_which_an_address_was_seen(client: FlaskClient) -> None:
    page = client.get(post(client, text="to 185[.]220[.]101[.]45:4444")["results_url"]).text
    assert "port 4444" in page


def test_a_near_miss_can_be_added_and_looked_up(
    client: FlaskClient, analyze: Analyze, finished: Finished
) -> None:
    job_id = analyze("8.8.4.4 setup.py")
    finished(job_id)
    form = {"type": "domain", "value": "setup.py"}
    assert client.post(f"/results/{job_id}/take-in", data=form, headers=JSON).status_code == 202
    rows = finished(job_id)["results"]
    assert {row["ioc"]: row["state"] for row in rows}["setup.py"] == "not_found"
    assert "setup[.]py" in client.get(f"/results/{job_id}").text
    again = client.post(f"/results/{job_id}/take-in", data=form, headers=JSON)
    assert (again.status_code, set(again.get_json())) == (409, {"error"})


def test_an_offline_analysis_is_not_sent_to_a_provider(
    client: FlaskClient, analyze: Analyze, finished: Finished
) -> None:
    job_id = analyze("8.8.4.4 setup.py", mode="offline")
    answer = client.post(f"/results/{job_id}/take-in", data={"type": "domain", "value": "setup.py"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/results/{job_id}")
    assert finished(job_id)["total"] == 0
    assert "setup[.]py" in client.get(f"/results/{job_id}/export?format=txt&defang=1").text


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"type": "ipv4", "value": "999.1.1.1"}, 409),
        ({"type": "domain", "value": "no such name"}, 409),
        ({"type": "domain", "value": "<script>alert(1)</script>"}, 409),
        ({"type": "md5", "value": "setup.py"}, 409),
        ({"type": "nonsense", "value": "setup.py"}, 400),
        ({}, 400),
    ],
)
def test_text_that_is_no_ioc_cannot_be_added(
    client: FlaskClient, analyze: Analyze, form: dict[str, str], status: int
) -> None:
    job_id = analyze("8.8.4.4", mode="offline")
    answer = client.post(f"/results/{job_id}/take-in", data=form, headers=JSON)
    assert answer.status_code == status


def test_an_added_private_name_is_held_back(
    client: FlaskClient, analyze: Analyze, finished: Finished
) -> None:
    job_id = analyze("8.8.4.4")
    form = {"type": "ipv4", "value": "10.0.0.1"}
    assert client.post(f"/results/{job_id}/take-in", data=form, headers=JSON).status_code == 202
    rows = {row["ioc"]: row for row in finished(job_id)["results"]}
    assert rows["10.0.0.1"]["state"] == "not_asked"
