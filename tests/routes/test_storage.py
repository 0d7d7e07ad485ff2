"""What the pages say when the database cannot be used."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.errors import StorageError
from app.storage.database import sqlite
from tests.disks import mounted

JSON = {"Accept": "application/json"}


def fill(client: FlaskClient) -> tuple[list[str], Any]:
    """Paste until it is refused; returns the jobs that were made, and the refusal."""
    made: list[str] = []
    text = " ".join(f"9.{n // 250}.{n % 250}.1" for n in range(1000))
    while True:
        answer = client.post("/analyze", data={"text": text}, headers=JSON)
        if answer.status_code != 202:
            return made, answer
        made.append(answer.get_json()["job_id"])


def test_a_full_disk_loses_nothing_and_the_job_says_why(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    folder = settings["DATA_DIR"] = tmp_path / "small disk"
    with mounted(folder, "size=2m,mode=700"):
        app = create_app(settings)
        client = app.test_client()
        made, refusal = fill(client)
        assert (refusal.status_code, set(refusal.get_json())) == (503, {"error"})
        sentence = refusal.get_json()["error"]
        assert str(folder / "telltale.db") in sentence
        page = client.post("/analyze", data={"text": "9.9.9.9 " * 5000 + "8.8.8.8"})
        assert page.status_code in (303, 503)  # a small one may still find its place
        assert made
        for job_id in made:
            assert client.get(f"/api/jobs/{job_id}/iocs").get_json()["total"] == 1000
        assert client.get("/").status_code == 200
        app.extensions["services"].close()


def test_a_damaged_database_is_refused_at_the_start(settings: dict[str, Any]) -> None:
    app = create_app(settings)
    for _ in range(3):
        app.test_client().post("/analyze", data={"text": "files.example.net 9.9.9.9"})
    app.extensions["services"].close()
    path = settings["DATA_DIR"] / "telltale.db"
    with path.open("r+b") as file:  # all but the header and the schema
        file.seek(8192)
        file.write(b"\xff" * (path.stat().st_size - 8192))
    with pytest.raises(StorageError, match=f"{path} is damaged"):
        create_app(settings)


def test_pages_are_read_while_another_program_writes(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_S", 0.1)
    app = create_app(settings)
    client = app.test_client()
    path = settings["DATA_DIR"] / "telltale.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = client.post("/analyze", data={"text": "9.9.9.9"}, headers=JSON)
    assert answer.status_code == 503
    assert answer.get_json() == {"error": f"The database {path} is locked by another program."}
    assert "is locked by another" in client.post("/analyze", data={"text": "9.9.9.9"}).text
    assert client.get("/").status_code == client.get("/api/jobs").status_code == 200
    other.close()
    assert client.post("/analyze", data={"text": "9.9.9.9"}).status_code == 303
    app.extensions["services"].close()
