"""The life of an import: paused, resumed, cancelled, deleted, started again."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.enrichment.models import Analysis, Mode
from tests.patience import PATIENCE_S
from tests.routes.importing import (
    files_of,
    import_path,
    iocs_of,
    mails,
    upload,
    wait_for,
    wait_until_ended,
    wait_until_gone,
)

pytestmark = pytest.mark.slow

MAILS = 150
Readers = Callable[[], set[int]]
CANCEL_S = 5.0


@pytest.fixture
def root(tmp_path: Path, settings: dict[str, Any]) -> Path:
    folder = tmp_path / "cases"
    folder.mkdir()
    settings["IMPORT_ROOTS"] = str(folder)
    return folder


@pytest.fixture
def endless(root: Path) -> Iterator[Path]:
    """A file that is read for as long as the limits allow."""
    path = root / "endless.bin"
    with path.open("wb") as file:
        file.truncate(64 << 30)
    yield path
    path.unlink()


def control(client: FlaskClient, job_id: str, action: str) -> dict[str, Any]:
    answer = client.post(f"/api/jobs/{job_id}/control", json={"action": action})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.get_json()
    return told


def is_reading(job: dict[str, Any]) -> bool:
    return bool(job["message"]) and not job["message"].startswith("0 of")


@pytest.fixture
def readers() -> Callable[[], set[int]]:
    """Return the sandbox workers of this process, without those of other tests."""
    others = children()
    return lambda: children() - others


def children() -> set[int]:
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = entry.joinpath("stat").read_text().rpartition(")")[2].split()[1]
                words = entry.joinpath("cmdline").read_bytes()
            except OSError:  # it ended meanwhile
                continue
            if int(parent) == os.getpid() and b"app.documents.sandbox.worker" in words:
                found.add(int(entry.name))
    return found


def test_a_running_import_shows_its_progress(root: Path, client: FlaskClient) -> None:
    mails(root / "mails", MAILS)
    job_id = import_path(client, root / "mails")
    job = wait_for(client, job_id, is_reading)
    done, _, total, _ = job["message"].split()
    assert (job["state"], job["phase"], int(total)) == ("running", "reading", MAILS)
    assert job["progress_percent"] == 100 * int(done) // MAILS
    assert job["allowed"] == ["pause", "cancel"]
    assert not client.get(f"/enrichment/status/{job_id}").get_json()["complete"]
    assert wait_until_ended(client, job_id)["state"] == "success"


def test_a_paused_import_reads_nothing_until_it_is_resumed(
    root: Path, client: FlaskClient, readers: Readers
) -> None:
    planted = mails(root / "mails", MAILS)
    job_id = import_path(client, root / "mails")
    wait_for(client, job_id, is_reading)
    assert control(client, job_id, "pause")["state"] == "paused"
    wait_until(lambda: not readers())
    job = client.get(f"/api/jobs/{job_id}").get_json()
    assert (job["state"], job["phase"], job["allowed"]) == (
        "paused",
        "reading",
        ["resume", "cancel"],
    )
    assert "files" in job["message"]
    read = [one for one in files_of(client, job_id).values() if one["state"] == "ok"]
    assert 0 < len(read) < MAILS
    assert control(client, job_id, "resume")["state"] == "running"
    assert wait_until_ended(client, job_id)["state"] == "success"
    assert {one["state"] for one in files_of(client, job_id).values()} == {"ok"}
    assert planted <= set(iocs_of(client, job_id))


def test_a_cancelled_upload_ends_and_leaves_no_file_behind(
    client: FlaskClient, settings: dict[str, Any], readers: Readers
) -> None:
    job_id = upload(client, {f"{n}.txt": b"http://h%d.evil-up.com/" % n for n in range(MAILS)})
    wait_for(client, job_id, is_reading)
    assert control(client, job_id, "cancel")["state"] == "cancelled"
    wait_until_gone(settings["DATA_DIR"] / "uploads")
    wait_until(lambda: not readers())
    states = {one["state"] for one in files_of(client, job_id).values()}
    assert states == {"ok", "failed"}
    reasons = {one["reason"] for one in files_of(client, job_id).values()}
    assert reasons == {None, "It was not read: the import was cancelled."}
    assert client.get(f"/api/jobs/{job_id}").get_json()["allowed"] == ["look_up"]


def test_cancelling_kills_busy_readers(
    endless: Path, client: FlaskClient, readers: Readers
) -> None:
    job_id = import_path(client, endless)
    wait_until(lambda: bool(readers()))
    began = time.monotonic()
    assert control(client, job_id, "cancel")["state"] == "cancelled"
    wait_until(lambda: not readers())
    assert time.monotonic() - began < CANCEL_S  # the limit that is promised
    assert files_of(client, job_id)["endless.bin"]["state"] == "failed"


def test_a_deleted_import_leaves_nothing(
    client: FlaskClient, settings: dict[str, Any], readers: Readers
) -> None:
    job_id = upload(client, {f"{n}.txt": b"http://h%d.evil-up.com/" % n for n in range(MAILS)})
    wait_for(client, job_id, is_reading)
    answer = client.post(f"/results/{job_id}/delete", headers={"Accept": "application/json"})
    assert answer.status_code == 200
    wait_until_gone(settings["DATA_DIR"] / "uploads")
    wait_until(lambda: not readers())
    assert client.get(f"/api/jobs/{job_id}").status_code == 404
    assert client.get(f"/api/jobs/{job_id}/files").status_code == 404


def test_an_import_continues_after_a_restart_and_counts_nothing_twice(
    root: Path, client: FlaskClient, settings: dict[str, Any]
) -> None:
    planted = mails(root / "mails", MAILS)
    job_id = import_path(client, root / "mails")
    wait_for(client, job_id, is_reading)
    client.application.extensions["services"].close()
    app = create_app(settings)
    later = app.test_client()
    job = wait_until_ended(later, job_id)
    assert (job["id"], job["state"]) == (job_id, "success")
    check_counts(settings["DATA_DIR"] / "telltale.db", planted)
    app.extensions["services"].close()


def test_a_paused_upload_keeps_its_files_over_a_restart(
    client: FlaskClient, settings: dict[str, Any]
) -> None:
    names = [f"{n:03}.txt" for n in range(MAILS)]
    job_id = upload(client, {name: b"8.8.4.4" for name in names})
    wait_for(client, job_id, is_reading)
    control(client, job_id, "pause")
    client.application.extensions["services"].close()
    app = create_app(settings)
    later = app.test_client()
    assert later.get(f"/api/jobs/{job_id}").get_json()["state"] == "paused"
    control(later, job_id, "resume")
    wait_until_ended(later, job_id)
    assert {one["state"] for one in files_of(later, job_id).values()} == {"ok"}
    wait_until_gone(settings["DATA_DIR"] / "uploads")
    app.extensions["services"].close()


def test_the_number_of_waiting_imports_is_limited(
    endless: Path, client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.intake.importer.MOST_OPEN", 2)
    jobs = [import_path(client, endless) for _ in range(2)]
    answer = client.post("/api/import-path", json={"path": str(endless)})
    assert answer.status_code == 503
    assert "2 imports wait" in answer.get_json()["error"]
    for job_id in jobs:
        control(client, job_id, "cancel")
    wait_until(
        lambda: client.post("/api/import-path", json={"path": str(endless)}).status_code == 202
    )


def test_a_file_that_is_deleted_before_it_is_read_fails_alone(
    root: Path, client: FlaskClient
) -> None:
    mails(root / "mails", 3)
    services = client.application.extensions["services"]
    sources = services.imports.sources(str(root / "mails"))
    (root / "mails" / "mail0001.eml").unlink()
    services.analyses.begin_import(Analysis("job", (), Mode.OFFLINE), sources)
    job = wait_until_ended(client, "job")
    assert (job["state"], job["message"]) == ("success", "1 of 3 files could not be read.")
    found = files_of(client, "job")
    assert [one["state"] for one in found.values()] == ["ok", "failed", "ok"]


def check_counts(database: Path, planted: set[str]) -> None:
    """Check that each mail has its own URL once, and the common address once for each mail."""
    connection = sqlite3.connect(database)
    try:
        counts = dict(
            connection.execute(
                "SELECT value, sum(count) FROM iocs JOIN sightings USING (job_key, position)"
                " GROUP BY value"
            ).fetchall()
        )
        places = connection.execute(
            "SELECT count(*) FROM places JOIN iocs USING (job_key, position)"
            " WHERE value = '8.8.4.4'"
        ).fetchone()[0]
        outer = connection.execute("SELECT count(*) FROM documents").fetchone()[0]
    finally:
        connection.close()
    assert {url: counts.get(url) for url in planted} == dict.fromkeys(planted, 1)
    assert counts["8.8.4.4"] == places == outer == len(planted)


def wait_until(is_so: Any) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)
