"""A server that is killed in the middle of an import reads on, and counts nothing twice."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
import requests

from tests.intake.test_life import check_counts
from tests.patience import PATIENCE_S
from tests.programs import forked
from tests.routes.importing import mails

pytestmark = pytest.mark.slow

KILLS = 4
MAILS = 300


def test_killed_while_it_reads_it_goes_on_where_it_was(tmp_path: Path) -> None:
    planted = mails(tmp_path / "cases" / "mails", MAILS)
    settings = {"IMPORT_ROOTS": tmp_path / "cases"}
    job_id, done = "", 0
    for _ in range(KILLS):
        with forked(tmp_path, **settings) as (process, address):
            if not job_id:
                path = str(tmp_path / "cases" / "mails")
                url = f"{address}/api/import-path"
                answer = requests.post(url, json={"path": path}, timeout=PATIENCE_S)
                job_id = answer.json()["job_id"]
            done = wait_for_progress(address, job_id, beyond=done)
            process.kill()
    with forked(tmp_path, **settings) as (_, address):
        job = wait_until_ended(address, job_id)
    assert (job["state"], job["message"]) == ("success", None)
    check_counts(tmp_path / "data" / "telltale.db", planted)


def test_an_upload_survives_a_kill(tmp_path: Path) -> None:
    files = [("files", (f"{n}.txt", f"http://h{n}.evil-kill.com/ 8.8.4.4")) for n in range(120)]
    with forked(tmp_path) as (process, address):
        answer = requests.post(f"{address}/api/upload", files=files, timeout=PATIENCE_S)
        job_id = answer.json()["job_id"]
        wait_for_progress(address, job_id, beyond=0)
        process.kill()
    with forked(tmp_path) as (_, address):
        assert wait_until_ended(address, job_id)["state"] == "success"
        found = requests.get(
            f"{address}/api/jobs/{job_id}/files?state=ok", timeout=PATIENCE_S
        ).json()
        assert found["total"] == 120
        deadline = time.monotonic() + PATIENCE_S
        while list((tmp_path / "data" / "uploads").iterdir()):
            assert time.monotonic() < deadline
            threading.Event().wait(0.05)


def wait_for_progress(address: str, job_id: str, beyond: int) -> int:
    """Returns how many files are done by then."""
    deadline = time.monotonic() + 2 * PATIENCE_S
    while True:
        job = requests.get(f"{address}/api/jobs/{job_id}", timeout=PATIENCE_S).json()
        words = (job["message"] or "").split()
        if len(words) == 4 and int(words[0]) > beyond:
            return int(words[0])
        assert job["state"] in ("queued", "running"), job
        assert time.monotonic() < deadline, job
        threading.Event().wait(0.01)


def wait_until_ended(address: str, job_id: str) -> dict[str, object]:
    deadline = time.monotonic() + 3 * PATIENCE_S
    while True:
        job: dict[str, object] = requests.get(
            f"{address}/api/jobs/{job_id}", timeout=PATIENCE_S
        ).json()
        if job["state"] not in ("queued", "running"):
            return job
        assert time.monotonic() < deadline, job
        threading.Event().wait(0.05)
