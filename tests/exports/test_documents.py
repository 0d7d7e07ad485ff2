"""What exports say of documents."""

from __future__ import annotations

import csv
import io
import json

import pytest
from flask.testing import FlaskClient

from app.exports import EXPORTS
from tests.documents.make.archives import zip_of
from tests.routes.importing import upload, wait_until_ended

pytestmark = pytest.mark.slow

FILES = {
    "a.txt": b"x\nhttp://evil.example.net/\n",
    "=cut.zip": zip_of({"a.txt": b"8.8.4.4"})[:-30],
    "gone`s.pdf": b"%PDF-1.7\nnothing",
}


@pytest.fixture
def job_id(client: FlaskClient) -> str:
    job_id = upload(client, FILES)
    wait_until_ended(client, job_id)
    return job_id


def export(client: FlaskClient, job_id: str, name: str) -> str:
    answer = client.get(f"/results/{job_id}/export?format={name}")
    assert answer.status_code == 200
    return answer.text


def test_json_has_unread_documents_and_the_places_of_each_ioc(
    client: FlaskClient, job_id: str
) -> None:
    content = json.loads(export(client, job_id, "json"))
    assert content["documents"]["count"] == 3
    unread = {one["name"]: one for one in content["documents"]["not_ok"]}
    assert set(unread) == {"=cut.zip", "gone`s.pdf"}
    assert all(one["reason"] and one["state"] in ("partial", "failed") for one in unread.values())
    places = {one["value"]: one["places"] for one in content["iocs"]}
    assert places["http://evil.example.net/"] == [{"document": "a.txt", "part": "", "line": 2}]


def test_csv_has_unread_documents_in_cells_that_are_no_formulas(
    client: FlaskClient, job_id: str
) -> None:
    rows = list(csv.DictReader(io.StringIO(export(client, job_id, "csv"))))
    documents = {row["ioc"]: row["places"] for row in rows if row["type"] == "document"}
    assert set(documents) == {"'=cut.zip", "gone`s.pdf"}
    assert all(text.startswith(("partial: ", "failed: ")) for text in documents.values())
    (url,) = (row for row in rows if row["type"] == "url")
    assert url["places"] == "a.txt, line 2"


def test_a_ticket_begins_with_unread_documents(client: FlaskClient, job_id: str) -> None:
    ticket = export(client, job_id, "md")
    assert "**2 of 3 files were not read whole**" in ticket
    assert "`` gone`s.pdf ``: " in ticket
    assert "(url), in `a.txt, line 2`" in ticket


def test_the_export_of_a_pasted_text_has_no_documents(client: FlaskClient) -> None:
    answer = client.post(
        "/analyze", data={"text": "8.8.4.4"}, headers={"Accept": "application/json"}
    )
    job_id = answer.get_json()["job_id"]
    for name in EXPORTS:
        assert "places" not in export(client, job_id, name if name != "defanged" else "txt")
