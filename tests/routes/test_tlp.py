"""What must stay on this machine, and what is told of what left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from tests.canary import CANARY_KEY
from tests.fakes.vt_simulator import VTSimulator
from tests.routes.polling import poll

pytestmark = pytest.mark.slow

JSON = {"Accept": "application/json"}
Analyze = Callable[..., str]
Finished = Callable[[str], dict[str, Any]]
TEXT = "185.220.101.45 and files.example.net"
LOOKUP = {"type": "ipv4", "value": "185.220.101.45", "provider": "VirusTotal"}
ZERO = {"hosts": [], "calls": 0, "bytes_sent": 0, "bytes_received": 0, "iocs": 0}


def paste(client: FlaskClient, tlp: str, **headers: str) -> Any:
    data = {"text": TEXT, "mode": "online", "tlp": tlp}
    return client.post("/analyze", data=data, headers=headers)


@pytest.mark.parametrize("tlp", ["RED", "AMBER+STRICT", "TLP:RED", "amber+strict"])
def test_red_text_is_not_sent_in_any_mode(
    client: FlaskClient, simulator: VTSimulator, tlp: str
) -> None:
    answer = paste(client, tlp, **JSON)
    body = answer.get_json()
    assert (answer.status_code, body["total"]) == (202, 0)
    assert "stays on this machine" in body["message"]
    page = client.get(body["results_url"]).text
    assert "as its TLP requires" in page
    assert "TLP:" in page
    assert simulator.requests == []


def test_red_text_needs_no_key(app: Flask, client: FlaskClient) -> None:
    app.extensions["services"].providers.keys.delete("VT")
    assert paste(client, "RED").headers["Location"].startswith("/results/")
    assert paste(client, "GREEN").headers["Location"] == "/settings"


@pytest.mark.parametrize("action", ["ask", "next", "ask-again", "ask-host"])
def test_red_text_cannot_be_looked_up_later(
    client: FlaskClient, simulator: VTSimulator, action: str
) -> None:
    job_id = paste(client, "RED", **JSON).get_json()["job_id"]
    answer = client.post(f"/results/{job_id}/{action}", data=LOOKUP, headers=JSON)
    assert answer.status_code == 409
    assert "TLP:RED" in answer.get_json()["error"]
    assert "TLP:RED" in client.post(f"/results/{job_id}/{action}", data=LOOKUP).text
    assert simulator.requests == []


def test_iocs_added_to_red_text_are_not_sent(client: FlaskClient, simulator: VTSimulator) -> None:
    job_id = paste(client, "RED", **JSON).get_json()["job_id"]
    taken = {"type": "domain", "value": "a.example.org"}
    assert client.post(f"/results/{job_id}/take-in", data=taken, headers=JSON).status_code == 202
    new_id = client.post(f"/results/{job_id}/again", headers=JSON).get_json()["job_id"]
    assert poll(client, new_id)["total"] == 0
    assert "TLP:RED" in client.get(f"/results/{new_id}").text
    assert simulator.requests == []


@pytest.mark.parametrize("tlp", ["", "none", "CLEAR", "GREEN", "AMBER"])
def test_text_of_other_tlps_is_looked_up(
    client: FlaskClient, simulator: VTSimulator, tlp: str
) -> None:
    body = paste(client, tlp, **JSON).get_json()
    assert set(body) == {"job_id", "total", "status_url", "results_url"}
    poll(client, body["job_id"])
    assert len(simulator.requests) == 2


def test_the_tlp_is_shown_and_exported(client: FlaskClient) -> None:
    job_id = paste(client, "AMBER", **JSON).get_json()["job_id"]
    poll(client, job_id)
    for address in (f"/results/{job_id}", "/history", f"/results/{job_id}/export?format=md"):
        assert "TLP:AMBER" in client.get(address).text
    assert client.get(f"/results/{job_id}/export?format=json").get_json()["tlp"] == "AMBER"


def test_an_unknown_tlp_is_refused(client: FlaskClient) -> None:
    answer = paste(client, "PURPLE", **JSON)
    assert answer.status_code == 400
    assert "AMBER+STRICT" in answer.get_json()["error"]


def test_a_text_marked_red_is_shown_with_a_warning_first(
    client: FlaskClient, simulator: VTSimulator
) -> None:
    data = {"text": f"TLP:AMBER+STRICT\n{TEXT}", "mode": "online"}
    address = client.post("/analyze", data=data).headers["Location"]
    page = client.get(address).text
    assert "Your text is marked" in page
    assert "TLP:AMBER+STRICT" in page
    assert simulator.requests == []
    said = client.post("/analyze", data=data | {"tlp": "GREEN"}).headers["Location"]
    poll(client, said.rpartition("/")[2])  # the analyst has chosen
    assert len(simulator.requests) == 2


def test_the_receipt_counts_what_was_sent(
    client: FlaskClient, analyze: Analyze, finished: Finished, simulator: VTSimulator
) -> None:
    job_id = analyze(f"{TEXT} 10.0.0.1")
    finished(job_id)
    egress = client.get(f"/api/jobs/{job_id}").get_json()["egress"]
    assert (egress["calls"], egress["iocs"]) == (2, 2)
    (host,) = egress["hosts"]
    assert (host["host"].split(":")[0], host["calls"]) == ("127.0.0.1", 2)
    assert egress["bytes_sent"] > 0
    assert egress["bytes_received"] > egress["bytes_sent"]
    page = client.get(f"/results/{job_id}").text
    for words in ("Sent out", "2 requests", "2 IOCs"):
        assert words in page
    assert "2 requests" in client.get(f"/results/{job_id}/receipt").text
    again = analyze(TEXT)  # known: nothing leaves
    finished(again)
    assert client.get(f"/api/jobs/{again}").get_json()["egress"] == ZERO


def test_offline_the_receipt_is_all_zeros(client: FlaskClient, analyze: Analyze) -> None:
    job_id = analyze(TEXT, mode="offline")
    assert client.get(f"/api/jobs/{job_id}").get_json()["egress"] == ZERO
    page = client.get(f"/results/{job_id}").text
    for words in ("Sent out", "no host", "0 requests", "0 IOCs", "0 bytes out"):
        assert words in page


def test_a_failed_connection_counts_no_ioc_as_sent(settings: dict[str, Any]) -> None:
    nowhere = "http://127.0.0.1:9/api/v3"
    app = create_app({**settings, "VT_API_KEY": CANARY_KEY, "VT_BASE_URL": nowhere})
    client = app.test_client()
    data = {"text": "9.9.9.9", "mode": "online"}
    job_id = client.post("/analyze", data=data, headers=JSON).get_json()["job_id"]
    assert poll(client, job_id)["results"][0]["state"] == "could_not_check"
    egress = client.get(f"/api/jobs/{job_id}").get_json()["egress"]
    assert (egress["bytes_sent"], egress["iocs"]) == (0, 0)
    app.extensions["services"].close()


def test_a_missing_key_counts_no_ioc_as_sent(
    app: Flask, client: FlaskClient, analyze: Analyze, finished: Finished
) -> None:
    finished(analyze("185.220.101.45"))
    again = analyze("185.220.101.45")
    finished(again)
    client.post("/settings/delete")
    client.post(f"/results/{again}/ask-again", headers=JSON)
    assert finished(again)["results"][0]["kind"] == "auth"
    assert client.get(f"/api/jobs/{again}").get_json()["egress"] == ZERO
