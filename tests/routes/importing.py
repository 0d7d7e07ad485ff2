"""Imports as programs make them."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from tests.patience import PATIENCE_S

ENDED = ("success", "error", "cancelled")


def upload(client: FlaskClient, files: Mapping[str, bytes], **fields: str) -> str:
    """Returns the job's id."""
    given = [(io.BytesIO(content), name) for name, content in files.items()]
    answer = client.post("/api/upload", data={"files": given} | fields)
    assert answer.status_code == 202, answer.text
    return str(answer.get_json()["job_id"])


def import_path(client: FlaskClient, path: Path, **fields: str) -> str:
    answer = client.post("/api/import-path", json={"path": str(path)} | fields)
    assert answer.status_code == 202, answer.text
    return str(answer.get_json()["job_id"])


def wait_for(client: FlaskClient, job_id: str, is_it: Callable[[Any], bool]) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        job: dict[str, Any] = client.get(f"/api/jobs/{job_id}").get_json()
        if is_it(job):
            return job
        assert time.monotonic() < deadline, job
        threading.Event().wait(0.02)


def wait_until_ended(client: FlaskClient, job_id: str) -> dict[str, Any]:
    return wait_for(client, job_id, lambda job: job["state"] in ENDED)


def wait_until_gone(folder: Path) -> None:
    """Until nothing is left in the folder."""
    deadline = time.monotonic() + PATIENCE_S
    while folder.is_dir() and any(folder.iterdir()):
        assert time.monotonic() < deadline, list(folder.rglob("*"))
        threading.Event().wait(0.02)


def files_of(client: FlaskClient, job_id: str) -> dict[str, dict[str, Any]]:
    """By their names."""
    found = client.get(f"/api/jobs/{job_id}/files?per_page=200").get_json()["files"]
    return {one["name"]: one for one in found}


def iocs_of(client: FlaskClient, job_id: str, query: str = "") -> dict[str, dict[str, Any]]:
    """By their values."""
    found: dict[str, dict[str, Any]] = {}
    page = 1
    while True:
        url = f"/api/jobs/{job_id}/iocs?per_page=200&page={page}{query}"
        answer = client.get(url).get_json()
        found |= {one["ioc"]: one for one in answer["iocs"]}
        if page * 200 >= answer["total"]:
            return found
        page += 1


def mails(folder: Path, count: int) -> set[str]:
    """Writes so many, and returns the hosts that stand in them."""
    folder.mkdir(parents=True, exist_ok=True)
    for n in range(count):
        text = f"Subject: mail {n}\r\n\r\nhttp://host{n}.evil-mails.com/ and 8.8.4.4\r\n"
        (folder / f"mail{n:04}.eml").write_text(text)
    return {f"http://host{n}.evil-mails.com/" for n in range(count)}
