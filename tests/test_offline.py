"""Offline mode opens no socket."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
import requests  # noqa: F401 (see below)

from app import create_app
from tests.canary import CANARY_KEY

# urllib3 opens a socket when it is imported first, to find out whether this machine has IPv6.
# The app imports it with its first adapter; so it is imported above, before sockets are refused.
TEXT = "hxxp://files[.]example[.]net/x 185.220.101[.]45 anna[at]example[.]net CVE-2024-3400"


def test_the_offline_path_opens_no_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def refuse(*args: Any, **kwargs: Any) -> Any:
        opened.append(f"{args} {kwargs}")
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    app = create_app({"DATA_DIR": tmp_path / "data", "TESTING": True})
    client = app.test_client()
    client.post("/settings", data={"api_key": CANARY_KEY})
    answer = client.post("/analyze", data={"text": TEXT, "mode": "offline"})
    results = answer.headers["Location"]
    paths = [
        "/",
        "/settings",
        results,
        f"{results}?q=files",
        results.replace("results", "enrichment/status"),
    ]
    paths += [f"{results}/export?format={name}" for name in ("csv", "json", "txt", "md")]
    for path in paths:
        with client.get(path) as page:
            assert page.status_code == 200, path
    app.extensions["services"].close()
    assert opened == []
