from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient

from tests.fakes.vt_simulator import VTSimulator

JSON = {"Accept": "application/json"}
FORM = {"own_domains": "Corp-Bank.co.uk\n", "own_networks": "185.220.101.0/24"}


def test_saved_domains_are_shown_and_held_back(
    client: FlaskClient,
    analyze: Callable[..., str],
    finished: Callable[[str], dict[str, Any]],
    simulator: VTSimulator,
) -> None:
    answer = client.post("/settings/preferences", data=FORM | {"hold_look_alikes": "on"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/settings")
    page = client.get("/settings").text
    assert ">\ncorp-bank.co.uk</textarea>" in page
    assert 'name="hold_look_alikes" checked' in page
    assert 'name="start_at_once" checked' not in page
    rows = finished(analyze("corpbank.co.uk 185.220.101.45"))["results"]
    assert {row["reason"] for row in rows} == {
        "looks like your domain corp-bank.co.uk",
        "own network 185.220.101.0/24",
    }
    assert simulator.requests == []


def test_an_unticked_box_switches_the_preference_off(client: FlaskClient) -> None:
    client.post("/settings/preferences", data=FORM | {"start_at_once": "on"})
    page = client.get("/settings").text
    assert 'name="hold_look_alikes" checked' not in page
    assert 'name="start_at_once" checked' in page


def test_invalid_preferences_are_refused_and_nothing_changes(client: FlaskClient) -> None:
    client.post("/settings/preferences", data=FORM)
    wrong = {"own_domains": "fine.com\nnot a domain!", "own_networks": ""}
    answer = client.post("/settings/preferences", data=wrong)
    assert answer.status_code == 400
    assert "\u201cnot a domain!\u201d is no domain" in answer.text
    assert ">\nfine.com\nnot a domain!</textarea>" in answer.text  # to be mended
    assert "corp-bank.co.uk" in client.get("/settings").text
    answer = client.post("/settings/preferences", data=wrong, headers=JSON)
    assert (answer.status_code, set(answer.get_json())) == (400, {"error"})


def test_types_that_are_off_by_default_are_found_once_they_are_ticked(
    client: FlaskClient, analyze: Callable[..., str], finished: Callable[[str], dict[str, Any]]
) -> None:
    text = "User-Agent: EvilBot/1.0\n9.9.9.9 dropped a.exe"
    wanted = FORM | {"also_find": ["user_agent", "filename"]}
    assert client.post("/settings/preferences", data=wanted).status_code == 303
    page = client.get("/settings").text
    assert 'value="filename" checked' in page
    assert 'value="user_agent" checked' in page
    rows = finished(analyze(text))["results"]
    assert {row["ioc"]: row["reason"] for row in rows if row["type"] != "ipv4"} == {
        "EvilBot/1.0": "type not supported by any provider",
        "a.exe": "type not supported by any provider",
    }
    client.post("/settings/preferences", data=FORM)
    assert 'value="filename" checked' not in client.get("/settings").text
    assert {row["type"] for row in finished(analyze(text))["results"]} == {"ipv4"}


def test_an_unknown_type_is_refused_and_the_ticks_stay(client: FlaskClient) -> None:
    wrong = FORM | {"also_find": ["filename", "ipv4"]}
    answer = client.post("/settings/preferences", data=wrong)
    assert answer.status_code == 400
    assert "“ipv4” is no type that is off by default" in answer.text
    assert 'value="filename" checked' in answer.text
    assert 'value="filename" checked' not in client.get("/settings").text


def test_programs_can_save_preferences(client: FlaskClient) -> None:
    answer = client.post("/settings/preferences", data=FORM, headers=JSON)
    assert (answer.status_code, set(answer.get_json())) == (200, {"message"})
