"""Waiting for a job as the page does."""

from __future__ import annotations

import threading
import time
from typing import Any

from flask.testing import FlaskClient

from tests.patience import PATIENCE_S


def poll(client: FlaskClient, job_id: str, since: int = 0) -> dict[str, Any]:
    """Until the job is complete; returns its status, with the rows that came after `since`."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        url = f"/enrichment/status/{job_id}?since={since}"
        status: dict[str, Any] = client.get(url).get_json()
        if status["complete"]:
            return status
        assert time.monotonic() < deadline, status
        threading.Event().wait(0.02)
