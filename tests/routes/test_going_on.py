"""The actions `continue` and `look_up`, and what is asked again while lookups are left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from tests.canary import CANARY_KEY
from tests.fakes.vt_simulator import VTSimulator, closed_port
from tests.routes.importing import upload, wait_for, wait_until_ended
from tests.routes.polling import poll

pytestmark = pytest.mark.slow

JSON = {"Accept": "application/json"}
LIMIT = 2
ADDRESSES = [f"45.9.8.{n}" for n in range(1, 7)]
HELD = "10.0.4.17"


def control(client: FlaskClient, job_id: str, action: str) -> tuple[int, dict[str, Any]]:
    answer = client.post(f"/api/jobs/{job_id}/control", json={"action": action})
    return answer.status_code, answer.get_json()


def asked(simulator: VTSimulator) -> list[str]:
    return [request.path.rpartition("/")[2] for request in simulator.requests]


def states(client: FlaskClient, job_id: str) -> dict[str, str]:
    rows = client.get(f"/enrichment/status/{job_id}").get_json()["results"]
    return {row["ioc"]: row["reason_code"] or row["state"] for row in rows}


@pytest.fixture
def limited(settings: dict[str, Any]) -> dict[str, Any]:
    return settings | {"VT_API_KEY": CANARY_KEY, "VT_REQUESTS_PER_MINUTE": LIMIT}


def cancelled(client: FlaskClient, simulator: VTSimulator) -> str:
    """An analysis that was cancelled when the quota of a minute was used up."""
    text = " ".join([*ADDRESSES, HELD])
    data = {"text": text, "mode": "online"}
    job_id: str = client.post("/analyze", data=data, headers=JSON).get_json()["job_id"]
    wait_for(client, job_id, lambda job: job["answered"] == LIMIT)
    assert control(client, job_id, "cancel")[1]["state"] == "cancelled"
    return job_id


def restarted(client: FlaskClient, settings: dict[str, Any]) -> Flask:
    client.application.extensions["services"].close()
    return create_app(settings)


def test_a_cancelled_analysis_tells_programs_what_is_left(
    limited: dict[str, Any], simulator: VTSimulator
) -> None:
    client = create_app(limited).test_client()
    job_id = cancelled(client, simulator)
    job = client.get(f"/api/jobs/{job_id}").get_json()
    assert (job["answered"], job["left"], job["total"]) == (LIMIT, 4, 6)
    assert job["progress_percent"] == 100 * LIMIT // 6
    assert job["allowed"] == ["continue"]
    ticket = client.get(f"/results/{job_id}/export?format=md").text
    assert f"{LIMIT} of 6 lookups answered, cancelled" in ticket
    assert "6 of 6" not in ticket + client.get(f"/results/{job_id}").text
    client.application.extensions["services"].close()


def test_what_is_left_is_asked_once_after_a_restart_and_what_is_held_back_stays(
    limited: dict[str, Any], simulator: VTSimulator
) -> None:
    client = create_app(limited).test_client()
    job_id = cancelled(client, simulator)
    app = restarted(client, limited | {"VT_REQUESTS_PER_MINUTE": 0})
    client = app.test_client()
    client.post("/settings/preferences", data={"own_networks": f"{ADDRESSES[5]}/32"})
    code, job = control(client, job_id, "continue")
    assert (code, job["id"]) == (200, job_id)
    wait_until_ended(client, job_id)
    assert sorted(asked(simulator)) == ADDRESSES[:5]
    now = states(client, job_id)
    assert {now[ioc] for ioc in ADDRESSES[:5]} <= {"answered", "not_found"}
    assert now[ADDRESSES[5]] == now[HELD] == "held_back"
    assert client.get(f"/api/jobs/{job_id}").get_json()["state"] == "success"
    code, refusal = control(client, job_id, "continue")
    assert (code, refusal["state"], refusal["allowed"]) == (400, "success", [])
    app.extensions["services"].close()


def test_what_the_cache_knows_by_now_is_not_asked(
    limited: dict[str, Any], simulator: VTSimulator
) -> None:
    client = create_app(limited).test_client()
    job_id = cancelled(client, simulator)
    app = restarted(client, limited | {"VT_REQUESTS_PER_MINUTE": 0})
    client = app.test_client()
    data = {"text": " ".join(ADDRESSES), "mode": "online"}
    other = client.post("/analyze", data=data, headers=JSON).get_json()["job_id"]
    poll(client, other)
    assert sorted(asked(simulator)) == ADDRESSES
    assert control(client, job_id, "continue")[1]["state"] == "success"
    assert sorted(asked(simulator)) == ADDRESSES
    app.extensions["services"].close()


def test_a_continued_analysis_obeys_the_quota_and_can_be_cancelled_again(
    limited: dict[str, Any], simulator: VTSimulator
) -> None:
    client = create_app(limited).test_client()
    job_id = cancelled(client, simulator)
    first = asked(simulator)
    job = control(client, job_id, "continue")[1]
    assert (job["state"], job["left"], job["states"]["pending"]) == ("running", 0, 4)
    assert control(client, job_id, "cancel")[1]["left"] == 4
    assert asked(simulator) == first
    client.application.extensions["services"].close()


@pytest.mark.parametrize("form", [{}, {"only": "answers"}])
def test_asking_all_again_spends_nothing_on_fresh_answers_while_lookups_are_left(
    limited: dict[str, Any], simulator: VTSimulator, form: dict[str, str]
) -> None:
    client = create_app(limited).test_client()
    job_id = cancelled(client, simulator)
    first = asked(simulator)
    answer = client.post(f"/results/{job_id}/ask-again", data=form, headers=JSON)
    if not form:  # a program, or an old page
        assert answer.status_code == 409
    else:  # the button that says so: but what was never asked goes before it
        assert control(client, job_id, "pause")[0] == 200
        assert control(client, job_id, "cancel")[0] == 200
        assert control(client, job_id, "continue")[0] == 200
        client.post(f"/results/{job_id}/ask-again", data=form, headers=JSON)
    app = restarted(client, limited | {"VT_REQUESTS_PER_MINUTE": 0, "MAX_WORKERS": 1})
    app.extensions["services"].resume_unfinished()
    client = app.test_client()
    if not form:
        control(client, job_id, "continue")
    wait_until_ended(client, job_id)
    rest = sorted(set(ADDRESSES) - set(first))
    assert sorted(asked(simulator)[LIMIT : LIMIT + 4]) == rest
    assert sorted(asked(simulator)[LIMIT + 4 :]) == (sorted(first) if form else [])
    app.extensions["services"].close()


def test_an_offline_analysis_goes_online_through_the_review(
    client: FlaskClient, analyze: Callable[..., str], simulator: VTSimulator
) -> None:
    job_id = analyze(f"185.220.101.45 9.9.9.9 {HELD} CVE-2024-3400", mode="offline")
    assert client.get(f"/api/jobs/{job_id}").get_json()["allowed"] == ["look_up"]
    code, job = control(client, job_id, "look_up")
    assert (code, job["state"], job["phase"], job["allowed"]) == (
        200, "queued", "planned", ["cancel"],
    )  # fmt: skip
    assert "Review before lookup" in client.get(f"/results/{job_id}").text
    assert simulator.requests == []
    chosen = {"type": "ipv4", "ask": ["0"]}
    client.post(f"/results/{job_id}/start", data=chosen, headers=JSON)
    wait_until_ended(client, job_id)
    assert asked(simulator) == ["185.220.101.45"]
    assert states(client, job_id) == {
        "185.220.101.45": "answered",
        "9.9.9.9": "left_out",
        HELD: "held_back",
        "CVE-2024-3400": "unsupported_type",
    }
    assert "online" in client.get(f"/results/{job_id}").text
    assert control(client, job_id, "look_up")[0] == 400


def test_a_lookup_starts_at_once_where_the_analyst_wants_no_review(
    client: FlaskClient, analyze: Callable[..., str], simulator: VTSimulator
) -> None:
    client.post("/settings/preferences", data={"start_at_once": "on"})
    job_id = analyze(f"185.220.101.45 {HELD}", mode="offline")
    assert control(client, job_id, "look_up")[1]["phase"] is None
    assert wait_until_ended(client, job_id)["verdicts"] == {"malicious": 1}
    assert asked(simulator) == ["185.220.101.45"]


def test_what_is_known_already_needs_no_review(
    client: FlaskClient, analyze: Callable[..., str], finished: Callable[[str], object],
    simulator: VTSimulator,
) -> None:  # fmt: skip
    finished(analyze("185.220.101.45"))
    job_id = analyze("185.220.101.45", mode="offline")
    assert control(client, job_id, "look_up")[1]["state"] == "success"
    assert client.get(f"/api/jobs/{job_id}").get_json()["verdicts"] == {"malicious": 1}
    assert len(simulator.requests) == 1


@pytest.mark.parametrize("tlp", ["RED", "AMBER+STRICT"])
def test_what_must_stay_here_is_not_looked_up(
    client: FlaskClient, simulator: VTSimulator, tlp: str
) -> None:
    data = {"text": "9.9.9.9", "mode": "offline", "tlp": tlp}
    job_id = client.post("/analyze", data=data, headers=JSON).get_json()["job_id"]
    code, refusal = control(client, job_id, "look_up")
    assert (code, f"TLP:{tlp}" in refusal["error"]) == (409, True)
    assert client.get(f"/api/jobs/{job_id}").get_json()["allowed"] == []
    assert "Look up" not in client.get(f"/results/{job_id}").text
    assert simulator.requests == []


def test_a_tlp_in_the_text_is_a_warning_also_after_a_restart(
    client: FlaskClient, analyze: Callable[..., str], settings: dict[str, Any]
) -> None:
    job_id = analyze("TLP:RED 9.9.9.9", mode="offline")
    control(client, job_id, "look_up")
    app = restarted(client, settings | {"VT_API_KEY": CANARY_KEY})
    client = app.test_client()
    assert "Your text is marked" in client.get(f"/results/{job_id}").text
    app.extensions["services"].close()


def test_without_a_key_a_sentence_says_where_to_store_one(settings: dict[str, Any]) -> None:
    app = create_app(settings)
    client = app.test_client()
    data = {"text": "9.9.9.9", "mode": "offline"}
    job_id = client.post("/analyze", data=data, headers=JSON).get_json()["job_id"]
    code, refusal = control(client, job_id, "look_up")
    assert (code, "key" in refusal["error"]) == (409, True)
    form = client.post(f"/api/jobs/{job_id}/control", data={"action": "look_up"})
    assert (form.status_code, form.headers["Location"]) == (303, "/settings")
    assert client.get(f"/api/jobs/{job_id}").get_json()["allowed"] == ["look_up"]
    app.extensions["services"].close()


def test_a_declined_lookup_of_an_import_is_reviewed_again(
    client: FlaskClient, simulator: VTSimulator
) -> None:
    job_id = upload(client, {"a.txt": b"185.220.101.45"}, mode="offline")
    wait_until_ended(client, job_id)
    assert control(client, job_id, "look_up")[1]["phase"] == "planned"
    declined = control(client, job_id, "cancel")[1]
    assert (declined["state"], declined["allowed"]) == ("cancelled", ["continue"])
    assert control(client, job_id, "continue")[1]["phase"] == "planned"
    assert simulator.requests == []


@pytest.mark.parametrize("switched_off", [["virustotal"], ["abuseipdb"], []])
def test_run_again_asks_the_providers_that_were_asked(
    tmp_path: Path, settings: dict[str, Any], simulator: VTSimulator, switched_off: list[str]
) -> None:
    other = {
        "ABUSEIPDB_API_KEY": CANARY_KEY,
        "ABUSEIPDB_BASE_URL": closed_port().replace("v3", "v2"),
    }
    app = create_app(settings | other | {"VT_API_KEY": CANARY_KEY})
    client = app.test_client()

    def switch(provider: str, is_on: str) -> None:
        client.post("/settings/providers", data={"provider": provider, "is_on": is_on})

    switch("abuseipdb", "0")
    data = {"text": "185.220.101.45", "mode": "online"}
    job_id = client.post("/analyze", data=data, headers=JSON).get_json()["job_id"]
    poll(client, job_id)
    switch("abuseipdb", "1")
    for provider in switched_off:
        switch(provider, "0")
    answer = client.post(f"/results/{job_id}/again", headers=JSON)
    if switched_off == ["virustotal"]:
        assert (answer.status_code, "settings" in answer.get_json()["error"]) == (409, True)
    else:
        again = poll(client, answer.get_json()["job_id"])
        assert {row["provider"] for row in again["results"]} == {"VirusTotal"}
    app.extensions["services"].close()


def test_the_mode_is_remembered_for_pages_not_for_programs(
    client: FlaskClient, simulator: VTSimulator
) -> None:
    data = {"text": "9.9.9.9", "mode": "online"}
    checked = 'value="online" checked'
    client.post("/analyze", data=data, headers=JSON)
    assert checked not in client.get("/").text
    client.post("/analyze", data=data)
    assert checked in client.get("/").text
    client.post("/settings/delete")
    assert checked not in client.get("/").text


def test_a_button_of_an_old_page_says_that_nothing_was_done(
    client: FlaskClient, analyze: Callable[..., str]
) -> None:
    job_id = analyze("9.9.9.9", mode="offline")
    control(client, job_id, "look_up")
    page = client.post(
        f"/api/jobs/{job_id}/control", data={"action": "look_up"}, follow_redirects=True
    )
    assert (page.status_code, "nothing was done" in page.text) == (200, True)
    assert "Review before lookup" in page.text
