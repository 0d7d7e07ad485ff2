"""The health check: asked by supervisors, without a token."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

from app import create_app


def test_it_says_that_all_is_well(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})


def test_it_needs_no_token_and_nothing_else_is_open(settings: dict[str, Any]) -> None:
    app = create_app({**settings, "ACCESS_TOKEN": "open-sesame-7-times"})
    client = app.test_client()
    assert client.get("/healthz").status_code == 200
    for path in ("/", "/healthz/", "/healthz/x", "/api/jobs"):
        assert client.get(path).status_code == 401
    app.extensions["services"].close()


def test_it_answers_to_our_own_names_alone(client: FlaskClient) -> None:
    answer = client.get("/healthz", headers={"Host": "evil.example"})
    assert (answer.status_code, set(answer.get_json())) == (400, {"error"})


def test_it_says_what_is_wrong(client: FlaskClient) -> None:
    (client.application.config["DATA_DIR"] / "telltale.db").unlink()
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.get_json()["status"] == "error"
    assert "telltale.db" in answer.get_json()["error"]
