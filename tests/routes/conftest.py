from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

JSON = {"Accept": "application/json"}
PATIENCE_S = 15.0


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

    def poll(job_id: str) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            status: dict[str, Any] = client.get(f"/enrichment/status/{job_id}").get_json()
            if status["complete"]:
                return status
            assert time.monotonic() < deadline, status
            threading.Event().wait(0.02)

    return poll
