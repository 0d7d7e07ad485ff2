from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.routes.polling import poll

JSON = {"Accept": "application/json"}


@pytest.fixture
def analyze(client: FlaskClient) -> Callable[..., str]:
    """Paste a text; returns the job's id."""

    def post(text: str, mode: str = "online") -> str:
        answer = client.post("/analyze", data={"text": text, "mode": mode}, headers=JSON)
        assert answer.status_code == 202, answer.text
        return str(answer.get_json()["job_id"])

    return post


@pytest.fixture
def finished(client: FlaskClient) -> Callable[[str], dict[str, Any]]:
    """Poll, as the page does, until the job is complete; returns its status with every row."""
    return partial(poll, client)
