from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from tests.canary import CANARY_KEY
from tests.factories import key_of, save_key

JSON = {"Accept": "application/json"}
NEW_KEY = "fedcba9876543210-4x4x"


def test_the_stored_key_is_shown_by_its_last_four_characters(client: FlaskClient) -> None:
    page = client.get("/settings").text
    assert "9z8y" in page
    assert CANARY_KEY[-5:] not in page
    assert "keys.json" in page
    assert "commercial" in page


def test_a_first_key_is_used_at_once(client: FlaskClient, app: Flask) -> None:
    client.post("/settings/delete")
    answer = client.post("/settings", data={"api_key": f" {NEW_KEY} "})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/settings")
    page = client.get("/settings").text
    assert "The key was saved" in page
    assert "4x4x" in page
    assert NEW_KEY not in page
    assert key_of(app) == NEW_KEY


@pytest.mark.parametrize("blank", ["", "   ", "\n"])
def test_blank_input_is_refused_and_changes_nothing(
    client: FlaskClient, app: Flask, blank: str
) -> None:
    answer = client.post("/settings", data={"api_key": blank})
    assert answer.status_code == 400
    assert "nothing was changed" in answer.text
    assert key_of(app) == CANARY_KEY


def test_a_refused_key_is_not_put_back_into_the_page(client: FlaskClient) -> None:
    answer = client.post("/settings", data={"api_key": "half-secret with-a-space"})
    assert answer.status_code == 400
    assert "half-secret" not in answer.text


def test_the_key_can_be_deleted(client: FlaskClient, app: Flask) -> None:
    assert client.post("/settings/delete").status_code == 303
    page = client.get("/settings").text
    assert "The key was deleted" in page
    assert "9z8y" not in page
    assert key_of(app) is None


def test_a_key_in_the_environment_wins_and_the_page_says_so(settings: dict[str, Any]) -> None:
    app = create_app({**settings, "VT_API_KEY": "environment-key-6w6w"})
    save_key(app, CANARY_KEY)
    page = app.test_client().get("/settings").text
    assert "TELLTALE_VT_API_KEY" in page
    assert "6w6w" in page
    assert "9z8y" not in page


def test_programs_get_json(client: FlaskClient) -> None:
    answer = client.post("/settings", data={"api_key": NEW_KEY}, headers=JSON)
    assert (answer.status_code, set(answer.get_json())) == (200, {"message"})
    answer = client.post("/settings", data={"api_key": ""}, headers=JSON)
    assert (answer.status_code, set(answer.get_json())) == (400, {"error"})


def test_entering_the_key_again_replaces_a_damaged_key_file(
    client: FlaskClient, app: Flask
) -> None:
    app.extensions["services"].providers.keys.path.write_text("{")
    assert "is damaged" in client.get("/settings").text
    assert client.post("/settings", data={"api_key": NEW_KEY}).status_code == 303
    assert "4x4x" in client.get("/settings").text


def test_a_stored_key_can_be_deleted_though_the_environment_wins(
    settings: dict[str, Any],
) -> None:
    app = create_app({**settings, "VT_API_KEY": "environment-key-6w6w"})
    keys = app.extensions["services"].providers.keys
    keys.set_vt_api_key(CANARY_KEY)
    client = app.test_client()
    assert "Delete the key" in client.get("/settings").text
    client.post("/settings/delete")
    assert keys.get_stored("VT") is None
    assert "Delete the key" not in client.get("/settings").text


def test_a_key_store_that_cannot_be_written_is_one_sentence(
    client: FlaskClient, app: Flask
) -> None:
    path = app.extensions["services"].providers.keys.path
    path.unlink()
    path.mkdir()
    for target in ("/settings", "/settings/delete"):
        answer = client.post(target, data={"api_key": NEW_KEY})
        assert answer.status_code == 500
        assert "keys.json" in answer.text
        assert "Traceback" not in answer.text
