"""The documents of an analysis on its pages."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.documents.make.archives import zip_of
from tests.routes.importing import upload, wait_for, wait_until_ended

pytestmark = pytest.mark.slow

LINK = b"http://shared.evil-campaign.com/"
EVIL_NAME = "<i>\u202egpj.exe"
FILES = {
    "a.txt": LINK,
    "b.txt": LINK + b" http://only-b.evil-campaign.com/",
    "copy of a.txt": LINK,
    EVIL_NAME: zip_of({"a.txt": b"8.8.4.4"})[:-30],
}


@pytest.fixture
def job_id(client: FlaskClient) -> str:
    job_id = upload(client, FILES)
    wait_until_ended(client, job_id)
    return job_id


def test_the_results_warn_of_files_that_were_not_fully_read(
    client: FlaskClient, job_id: str
) -> None:
    page = client.get(f"/results/{job_id}").text
    assert "not fully read." in page
    assert "Read in part" in page
    assert "‹U+202E›gpj.exe" in page
    assert "<i>‹" not in page


def test_the_results_can_be_limited_to_one_document(client: FlaskClient, job_id: str) -> None:
    page = client.get(f"/results/{job_id}?document=b.txt").text
    assert "only-b[.]evil-campaign[.]com" in page
    assert "8[.]8[.]4[.]4" not in page
    assert "<h1>5 IOCs</h1>" in page
    assert client.get(f"/results/{job_id}?document=unknown").status_code == 200
    rows = client.get(f"/results/{job_id}/rows?document=a.txt").text
    assert "only-b" not in rows
    assert "shared[.]evil-campaign[.]com" in rows


def test_a_page_groups_the_iocs_by_document(client: FlaskClient, job_id: str) -> None:
    page = client.get(f"/results/{job_id}/documents").text
    assert page.count('class="document" data-name') == 4
    assert "Shared IOCs" in page
    assert "a.txt, copy of a.txt" in page
    some = client.get(f"/results/{job_id}/documents?state=partial").text
    assert some.count('class="document" data-name') == 1
    assert client.get(f"/results/{job_id}/documents?state=odd").status_code == 400
    assert client.get(f"/results/{job_id}/documents?page=99").status_code == 200
    assert client.get("/results/unknown/documents").status_code == 404


def test_a_paste_shows_no_files(client: FlaskClient, analyze: Any) -> None:
    page = client.get(f"/results/{analyze('8.8.4.4', 'offline')}").text
    assert "Only the IOCs in" not in page


def test_an_import_is_in_the_history_and_can_be_run_again(client: FlaskClient, job_id: str) -> None:
    assert "a.txt" in client.get("/history").text
    assert "a.txt" in client.get("/").text
    answer = client.post(f"/results/{job_id}/again", headers={"Accept": "application/json"})
    assert answer.status_code == 202
    again = client.get(f"/api/jobs/{answer.get_json()['job_id']}/iocs").get_json()
    assert again["total"] == client.get(f"/api/jobs/{job_id}/iocs").get_json()["total"]


def test_an_import_ends_with_an_error_when_the_key_file_is_damaged_meanwhile(
    client: FlaskClient, settings: dict[str, Any]
) -> None:
    files = {f"{n}.txt": LINK for n in range(120)}
    job_id = upload(client, files, mode="online")
    wait_for(client, job_id, lambda job: job["message"] and not job["message"].startswith("0 of"))
    (settings["DATA_DIR"] / "keys.json").write_bytes(b"{")
    job = wait_for(client, job_id, lambda job: job["state"] not in ("queued", "running"))
    assert job["state"] == "error"
    assert "keys.json" in job["message"]
    assert client.get(f"/api/jobs/{job_id}/iocs").get_json()["total"] == 4
