"""A database that the version before reason codes wrote is migrated, and shows the same.

`before/` holds a dump of it and what that version answered for it: analyses of pastes and
documents, answered, failed, held back, left out of a plan, planned, paused and cancelled.

What it answered is corrected where it was wrong: the verdict of the address which its import found
in the cache, the progress of the cancelled analysis, and the actions that came later. A second
dump was written by the version that forgot the verdicts of an import which was answered from the
cache: the same mail twice, a mail that repeats a part of it, and its text pasted.
"""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import create_app
from tests.fakes.vt_simulator import closed_port

BEFORE = Path(__file__).parent / "before"
SHOWN: dict[str, Any] = json.loads((BEFORE / "before_reason_codes.json").read_text("utf-8"))
JOBS = SHOWN["by_job"]
# These follow the clock: how old an answer is, and what is left of today's quota.
CLOCK = {"stale", "left_today"}


@contextmanager
def opened(folder: Path, dump: str) -> Iterator[FlaskClient]:
    """The newest version, on a database of that dump."""
    folder.mkdir(mode=0o700)
    with sqlite3.connect(folder / "telltale.db") as database:
        database.executescript((BEFORE / dump).read_text("utf-8"))
    database.close()
    app = create_app({"TESTING": True, "DATA_DIR": folder, "VT_BASE_URL": closed_port()})
    yield app.test_client()
    app.extensions["services"].close()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    with opened(tmp_path_factory.mktemp("older") / "data", "before_reason_codes.sql") as client:
        yield client


def same(old: Any, new: Any, where: str = "") -> None:
    """Everything that was shown is shown as it was; there may be more."""
    if isinstance(old, dict):
        for name in old.keys() - CLOCK:
            assert name in new, f"{where}.{name}"
            same(old[name], new[name], f"{where}.{name}")
    elif isinstance(old, list):
        assert len(old) == len(new), where
        for number, (before, after) in enumerate(zip(old, new, strict=True)):
            same(before, after, f"{where}[{number}]")
    else:
        assert new == old, where


def test_the_list_of_jobs_is_the_same(client: FlaskClient) -> None:
    same(SHOWN["jobs"], client.get("/api/jobs?per_page=200").get_json())


@pytest.mark.parametrize("name", JOBS)
def test_an_analysis_shows_the_same(client: FlaskClient, name: str) -> None:
    job_id = JOBS[name]["id"]
    for part, path in {
        "job": f"/api/jobs/{job_id}",
        "status": f"/enrichment/status/{job_id}",
        "iocs": f"/api/jobs/{job_id}/iocs?per_page=200",
        "files": f"/api/jobs/{job_id}/files",
    }.items():
        same(JOBS[name][part], client.get(path).get_json(), part)


@pytest.mark.parametrize("name", JOBS)
def test_an_analysis_is_exported_as_it_was(client: FlaskClient, name: str) -> None:
    def rows(text: str) -> list[dict[str, str]]:
        return [
            {column: value for column, value in row.items() if column not in CLOCK}
            for row in csv.DictReader(io.StringIO(text))
        ]

    export = f"/results/{JOBS[name]['id']}/export?format="
    before = JOBS[name]["exports"]
    assert client.get(f"{export}txt").text == before["txt"]
    assert rows(client.get(f"{export}csv").text) == rows(before["csv"])


def test_every_lookup_that_was_not_asked_has_the_code_of_its_reason(client: FlaskClient) -> None:
    codes = {
        (row["reason"], row["reason_code"])
        for job in JOBS.values()
        for row in client.get(f"/enrichment/status/{job['id']}").get_json()["results"]
        if row["state"] == "not_asked"
    }
    assert codes == {
        ("private address (RFC 1918)", "held_back"),
        ("carries a secret (parameter token)", "held_back"),
        ("carries a password", "held_back"),
        ("type not supported by any provider", "unsupported_type"),
        ("left out in the plan", "left_out"),
        ("cancelled", "cancelled"),
    }


def test_the_pages_are_drawn(client: FlaskClient) -> None:
    for job in JOBS.values():
        assert client.get(f"/results/{job['id']}").status_code == 200
    assert client.get("/history").status_code == 200


def test_what_was_planned_can_be_started(tmp_path: Path) -> None:
    planned = JOBS["planned"]["id"]
    data = {"type": "ipv4", "ask": "0"}
    with opened(tmp_path / "data", "before_reason_codes.sql") as client:
        answer = client.post(f"/results/{planned}/start", data=data, headers={"Accept": "*/*"})
    assert answer.status_code == 303


def test_verdicts_that_an_import_forgot_are_counted_again(tmp_path: Path) -> None:
    found = {"malicious": 3, "no_detections": 1}
    expected = {
        "asked": found | {"not_found": 5},
        "cached": found | {"not_found": 5},
        "mixed": found | {"not_found": 7},
        "pasted": found | {"not_found": 2},
    }
    with opened(tmp_path / "data", "before_severity.sql") as client:
        jobs = {name: client.get(f"/api/jobs/{name}").get_json() for name in expected}
        history = client.get("/history?verdict=malicious").text
    assert {name: job["verdicts"] for name, job in jobs.items()} == expected
    assert all(f'data-job-id="{name}"' in history for name in expected)
