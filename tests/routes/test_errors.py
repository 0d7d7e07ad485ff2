from __future__ import annotations

import logging
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app

JSON = {"Accept": "application/json"}


def test_an_unknown_page_looks_like_the_rest(client: FlaskClient) -> None:
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "telltale.css" in answer.text
    assert client.get("/nowhere", headers=JSON).get_json() == {"error": "There is no such page."}


@pytest.mark.parametrize(
    "path",
    [
        "/static/../config.py",
        "/static/..%2f..%2frun.py",
        "/results/..%2f..%2fetc/passwd",
        "/results/%00",
    ],
)
def test_no_path_leaves_the_static_folder(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_an_internal_error_is_one_sentence_and_a_log_entry(
    settings: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app({**settings, "TESTING": False})

    @app.get("/broken")
    def broken() -> str:
        raise ZeroDivisionError("inside")

    with caplog.at_level(logging.ERROR):
        answer = app.test_client().get("/broken")
    assert answer.status_code == 500
    assert "Something went wrong inside Telltale" in answer.text
    assert "ZeroDivisionError" not in answer.text
    assert "ZeroDivisionError" in caplog.text


def test_the_demo_says_so_on_every_page(settings: dict[str, Any], app: Flask) -> None:
    demo = create_app({**settings, "DEMO": True}).test_client()
    for path in ("/", "/settings", "/nowhere"):
        assert "invented" in demo.get(path).text
        assert "invented" not in app.test_client().get(path).text
