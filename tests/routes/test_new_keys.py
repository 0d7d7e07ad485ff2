"""A key that is entered while another stands: checked first, and stored if it is accepted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from tests.canary import CANARY_KEY
from tests.factories import key_of, save_key
from tests.fakes.vt_simulator import VTSimulator, closed_port
from tests.patience import PATIENCE_S
from tests.routes.test_verification import JSON, OTHER_KEY, ended, services_of, verify

pytestmark = pytest.mark.slow

WRONG_KEY = "0123456789abcdef-unknown"
REFUSED = "VirusTotal refused the new key; the old one (ending in 9z8y) is still used."
TICK = ">✓</span>Key"


@pytest.fixture
def simulator() -> Iterator[VTSimulator]:
    with VTSimulator(keys={CANARY_KEY: {"user": "canary"}}) as running:
        yield running


def enter(client: FlaskClient, key: str, path: str = "/settings") -> dict[str, Any]:
    """Enter a key as a page does, and wait for the end of the newest check."""
    assert client.post(path, data={"api_key": key}).status_code == 303
    return ended(client, newest_check(client))


def newest_check(client: FlaskClient) -> str:
    found: str = client.get("/api/jobs?job_type=verify_key").get_json()["jobs"][0]["id"]
    return found


@pytest.mark.parametrize("path", ["/settings", "/settings/verify"])
@pytest.mark.parametrize("was_verified", [True, False])
def test_a_refused_key_does_not_replace_the_one_that_stands(
    client: FlaskClient, app: Flask, path: str, was_verified: bool
) -> None:
    if was_verified:
        verify(client)
    job = enter(client, WRONG_KEY, path)
    assert (job["state"], job["message"]) == ("error", REFUSED)
    assert key_of(app) == CANARY_KEY
    page = client.get("/settings").text
    assert f'<p class="flash error" role="alert" data-new-key>{REFUSED}</p>' in page
    assert (TICK in page) is was_verified
    assert "Key ending in 9z8y" in page
    assert WRONG_KEY not in page


@pytest.mark.parametrize("path", ["/settings", "/settings/verify"])
def test_an_accepted_key_replaces_the_old_one_after_its_check(
    client: FlaskClient, app: Flask, simulator: VTSimulator, path: str
) -> None:
    simulator.hold()
    assert client.post(path, data={"api_key": OTHER_KEY}).status_code == 303
    assert key_of(app) == CANARY_KEY
    assert "the old one is used until the new one is accepted" in client.get("/settings").text
    simulator.release()
    assert ended(client, newest_check(client))["state"] == "success"
    assert key_of(app) == OTHER_KEY
    page = client.get("/settings").text
    assert ">Verified</span>" in page
    assert TICK in page


def test_a_used_up_quota_proves_a_key_valid(
    client: FlaskClient, app: Flask, simulator: VTSimulator
) -> None:
    simulator.add_rule("quota", key=OTHER_KEY)
    assert enter(client, OTHER_KEY)["state"] == "success"
    assert key_of(app) == OTHER_KEY


@pytest.mark.parametrize("fault", ["html502", "truncated", "html403"])
@pytest.mark.parametrize("was_verified", [True, False])
def test_a_check_that_fails_keeps_a_verified_key_and_replaces_another(
    client: FlaskClient, app: Flask, simulator: VTSimulator, fault: str, was_verified: bool
) -> None:
    if was_verified:
        verify(client)
    simulator.add_rule(fault)
    message = enter(client, OTHER_KEY)["message"]
    page = client.get("/settings").text
    assert message.split(".")[0] in page
    if was_verified:
        assert message.startswith("The new key was not stored, and the old one (ending in 9z8y) ")
        assert key_of(app) == CANARY_KEY
    else:
        assert message.startswith("The new key was stored, but could not be verified. ")
        assert key_of(app) == OTHER_KEY
        assert "not verified yet" in page
        assert TICK not in page


def test_an_unreachable_provider_refuses_no_key(settings: dict[str, Any]) -> None:
    app = create_app({**settings, "VT_BASE_URL": closed_port()})
    save_key(app, CANARY_KEY)
    job = enter(app.test_client(), OTHER_KEY)
    assert job["message"].startswith("The new key was stored, but could not be verified. ")
    assert key_of(app) == OTHER_KEY
    services_of(app).close()


def test_a_first_key_is_stored_at_once_and_shown_as_rejected_when_it_is(
    client: FlaskClient, app: Flask
) -> None:
    client.post("/settings/delete")
    client.post("/settings", data={"api_key": WRONG_KEY})
    assert key_of(app) == WRONG_KEY
    page = client.get("/settings").text
    assert "This key was not verified yet." in page
    assert TICK not in page
    verify(client)
    page = client.get("/settings").text
    assert "Rejected by VirusTotal" in page
    assert TICK not in page
    assert ">Verified</span>" not in page


def test_a_verified_key_that_is_refused_later_has_no_tick(
    client: FlaskClient, simulator: VTSimulator
) -> None:
    verify(client)
    assert TICK in client.get("/settings").text
    simulator.add_rule("auth_wrong")
    assert verify(client)["message"] == "VirusTotal did not accept the key."
    page = client.get("/settings").text
    assert "Rejected by VirusTotal" in page
    assert TICK not in page


@pytest.mark.parametrize("after", ["another", "the old one", "deleted"])
def test_a_later_decision_wins_over_a_key_that_is_being_checked(
    client: FlaskClient, app: Flask, simulator: VTSimulator, after: str
) -> None:
    simulator.hold()
    client.post("/settings", data={"api_key": OTHER_KEY})
    first = newest_check(client)
    wanted = {"another": "sim-key-premium", "the old one": CANARY_KEY, "deleted": None}[after]
    if wanted:
        client.post("/settings", data={"api_key": wanted})
    else:
        client.post("/settings/delete")
    last = newest_check(client)
    simulator.release()
    assert ended(client, first)["state"] == "error"
    ended(client, last)
    assert key_of(app) == wanted


def test_a_restart_during_the_check_leaves_the_old_key(
    client: FlaskClient, app: Flask, settings: dict[str, Any], simulator: VTSimulator
) -> None:
    simulator.hold()
    client.post("/settings", data={"api_key": OTHER_KEY})
    job_id = newest_check(client)
    services_of(app).close()
    simulator.release()
    later = create_app(settings)
    job = ended(later.test_client(), job_id)
    assert (job["state"], key_of(later)) == ("error", CANARY_KEY)
    assert job["message"] == (
        "The new VirusTotal key was not checked and not stored; enter it again."
    )
    services_of(later).close()


@pytest.mark.parametrize("key", [OTHER_KEY, WRONG_KEY])
def test_a_new_key_is_held_no_longer_than_its_check_and_written_to_no_log(
    client: FlaskClient,
    app: Flask,
    settings: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    key: str,
) -> None:
    caplog.set_level("DEBUG")
    job = enter(client, key)
    for thread in threading.enumerate():
        if thread.name == f"verify_key-{job['id']}":
            thread.join(PATIENCE_S)
    assert services_of(app).key_checks._new_keys == {}
    assert key not in "".join(
        record.getMessage() for record in caplog.records if "app" in record.name
    )
    kept = [
        p for p in settings["DATA_DIR"].rglob("*") if p.is_file() and key.encode() in p.read_bytes()
    ]
    assert [path.name for path in kept] == (["keys.json"] if key == OTHER_KEY else [])


def test_a_program_gets_json_at_once(client: FlaskClient, simulator: VTSimulator) -> None:
    simulator.hold()
    answer = client.post("/settings", data={"api_key": OTHER_KEY}, headers=JSON)
    assert (answer.status_code, set(answer.get_json())) == (200, {"message"})
    answer = client.post("/settings/verify", data={"api_key": "sim-key-premium"}, headers=JSON)
    assert answer.status_code == 202
    simulator.release()
    assert ended(client, answer.get_json()["id"])["state"] == "success"


def test_the_key_of_the_environment_stays_in_use(settings: dict[str, Any]) -> None:
    app = create_app({**settings, "VT_API_KEY": CANARY_KEY})
    save_key(app, "the-files-key-66bb")
    job = enter(app.test_client(), WRONG_KEY)
    assert job["message"].endswith("the old one (ending in 66bb) stays in the file.")
    assert key_of(app) == CANARY_KEY
    enter(app.test_client(), OTHER_KEY)
    assert key_of(app) == CANARY_KEY
    assert services_of(app).providers.keys.get_stored("VT") == OTHER_KEY
    services_of(app).close()
