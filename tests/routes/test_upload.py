from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.enrichment.models import TLP, Analysis
from app.errors import StorageError
from tests.disks import mounted
from tests.documents.make.archives import zip_of
from tests.documents.make.mail import attachment, body, mail
from tests.fakes.vt_simulator import VTSimulator
from tests.routes.importing import (
    files_of,
    iocs_of,
    upload,
    wait_for,
    wait_until_ended,
    wait_until_gone,
)

pytestmark = pytest.mark.slow

NOTE = b"hxxp://evil[.]example[.]net/a\nand 8.8.4.4\n"
MAIL = mail(
    body(b"see http://link.evil-mail.com/ now"),
    attachment(b"list.zip", zip_of({"inner.txt": b"x\nhttp://packed.evil-zip.com/\n"})),
)


@pytest.fixture
def uploads(settings: dict[str, Any]) -> Path:
    return Path(settings["DATA_DIR"]) / "uploads"


def test_an_upload_becomes_one_job(client: FlaskClient) -> None:
    answer = client.post(
        "/api/upload", data={"files": [(io.BytesIO(NOTE), "a.txt"), (io.BytesIO(MAIL), "b.eml")]}
    )
    assert answer.status_code == 202
    told = answer.get_json()
    assert set(told) == {"job_id", "file_count", "state"}
    assert told["file_count"] == 2
    assert told["state"] in ("queued", "running", "success")
    job = wait_until_ended(client, told["job_id"])
    assert (job["job_type"], job["state"], job["phase"]) == ("import", "success", None)
    assert (job["progress_percent"], job["message"]) == (100, None)
    page = client.get(f"/results/{told['job_id']}")
    assert page.status_code == 200
    assert "evil[.]example[.]net" in page.text


def test_types_that_are_off_by_default_are_found_in_documents_on_request(
    client: FlaskClient,
) -> None:
    note = {"a.txt": b"C:\\x\\y.exe and 8.8.4.4"}
    job_id = upload(client, note)
    wait_until_ended(client, job_id)
    assert "C:\\x\\y.exe" not in iocs_of(client, job_id)
    client.post("/settings/preferences", data={"also_find": "filename"})
    job_id = upload(client, note)
    wait_until_ended(client, job_id)
    found = iocs_of(client, job_id)["C:\\x\\y.exe"]
    assert found["type"] == "filename"


def test_each_file_has_its_kind_and_state(client: FlaskClient) -> None:
    job_id = upload(client, {"a.txt": NOTE, "b.eml": MAIL, "c.png": b"\x89PNG\r\n\x1a\nxx"})
    wait_until_ended(client, job_id)
    answer = client.get(f"/api/jobs/{job_id}/files").get_json()
    assert {name: answer[name] for name in ("page", "per_page", "total")} == {
        "page": 1,
        "per_page": 50,
        "total": 3,
    }
    assert [one["name"] for one in answer["files"]] == ["a.txt", "b.eml", "c.png"]
    assert answer["files"][0] == {
        "name": "a.txt",
        "size": len(NOTE),
        "md5": hashlib.md5(NOTE, usedforsecurity=False).hexdigest(),
        "sha1": hashlib.sha1(NOTE, usedforsecurity=False).hexdigest(),
        "sha256": hashlib.sha256(NOTE).hexdigest(),
        "state": "ok",
        "reason": None,
        "ioc_count": 5,
    }


def test_every_ioc_names_its_documents(client: FlaskClient) -> None:
    job_id = upload(client, {"a.txt": NOTE, "b.eml": MAIL})
    wait_until_ended(client, job_id)
    found = iocs_of(client, job_id)
    assert found["8.8.4.4"]["places"] == [{"document": "a.txt", "part": "", "line": 2}]
    assert found["http://packed.evil-zip.com/"]["places"] == [
        {"document": "b.eml", "part": "attachment list.zip > inner.txt", "line": 2}
    ]
    inner = hashlib.sha256(b"x\nhttp://packed.evil-zip.com/\n").hexdigest()
    assert found[inner]["places"] == [
        {"document": "b.eml", "part": "attachment list.zip > inner.txt", "line": None}
    ]


def test_iocs_are_filtered_and_grouped_by_document(client: FlaskClient) -> None:
    job_id = upload(client, {"a.txt": NOTE, "b.eml": MAIL})
    wait_until_ended(client, job_id)
    every, first = iocs_of(client, job_id), iocs_of(client, job_id, "&document=a.txt")
    assert set(first) < set(every)
    assert {"8.8.4.4", "http://evil.example.net/a"} < set(first)
    assert iocs_of(client, job_id, "&document=unknown") == {}
    groups = client.get(f"/api/jobs/{job_id}/iocs?group_by=document").get_json()["groups"]
    assert {group["key"]: group["count"] for group in groups} == {
        "a.txt": len(first),
        "b.eml": len(every) - len(first),
    }


def test_a_job_succeeds_though_some_files_failed_and_says_which(client: FlaskClient) -> None:
    broken = {"cut.zip": zip_of({"a.txt": NOTE})[:-30], "odd.pdf": b"%PDF-1.7\nnothing"}
    job_id = upload(client, {"a.txt": NOTE} | broken)
    job = wait_until_ended(client, job_id)
    assert job["state"] == "success"
    assert "files" in job["message"]
    found = files_of(client, job_id)
    assert found["a.txt"]["state"] == "ok"
    for name in broken:
        assert found[name]["state"] in ("partial", "failed")
        assert found[name]["reason"].endswith(".")
    incomplete = client.get(f"/api/jobs/{job_id}/files?state=ok").get_json()
    assert [one["name"] for one in incomplete["files"]] == ["a.txt"]


def test_identical_files_count_once_and_shared_iocs_name_their_documents(
    client: FlaskClient,
) -> None:
    shared = b"http://shared.evil-campaign.com/"
    job_id = upload(
        client,
        {"a.txt": shared, "copy of a.txt": shared, "b.txt": shared + b" more", "c.txt": NOTE},
    )
    wait_until_ended(client, job_id)
    answer = client.get(f"/api/jobs/{job_id}/duplicates").get_json()
    assert answer == {
        "files": [
            {"sha256": hashlib.sha256(shared).hexdigest(), "names": ["a.txt", "copy of a.txt"]}
        ],
        "iocs": [
            {
                "ioc": shared.decode(),
                "type": "url",
                "documents": ["a.txt", "copy of a.txt", "b.txt"],
            }
        ],
    }


def test_an_attachment_belongs_to_its_mail_and_is_not_shared_with_it(client: FlaskClient) -> None:
    link = b"http://twice.evil-mail.com/"
    one = mail(body(link), attachment(b"a.txt", link))
    other = mail(body(b"nothing"), attachment(b"b.txt", link))
    job_id = upload(client, {"one.eml": one})
    wait_until_ended(client, job_id)
    assert client.get(f"/api/jobs/{job_id}/duplicates").get_json() == {"files": [], "iocs": []}
    job_id = upload(client, {"one.eml": one, "other.eml": other})
    wait_until_ended(client, job_id)
    answer = client.get(f"/api/jobs/{job_id}/duplicates").get_json()
    (same,) = answer["files"]
    assert same["names"] == ["one.eml > attachment a.txt", "other.eml > attachment b.txt"]
    shared = {entry["ioc"]: entry["documents"] for entry in answer["iocs"]}
    assert shared[link.decode()] == ["one.eml", "other.eml"]


def test_no_file_of_an_upload_stays_on_the_disk(client: FlaskClient, uploads: Path) -> None:
    job_id = upload(client, {"a.txt": NOTE, "../../b.txt": NOTE, "/etc/c.txt": NOTE})
    wait_until_ended(client, job_id)
    wait_until_gone(uploads)


def test_uploads_are_stored_under_generated_names_and_private(
    app: Flask, uploads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def look(analysis: Analysis, sources: Any) -> None:
        for source in sources:
            status = source.path.stat()
            seen.append((source.path.relative_to(uploads), oct(status.st_mode & 0o777)))
            assert source.path.read_bytes() == NOTE
        assert oct(source.path.parent.stat().st_mode & 0o777) == "0o700"
        raise StorageError("The disk is full.")

    services = app.extensions["services"]
    monkeypatch.setattr(services.analyses, "begin_import", look)
    app.test_client().post(
        "/api/upload", data={"files": [(io.BytesIO(NOTE), "../../evil\u202etxt.exe")]}
    )
    ((path, mode),) = seen
    assert (path.name, mode) == ("000001", "0o600")
    assert list(uploads.iterdir()) == []


def test_an_online_upload_looks_up_the_iocs_it_found(
    client: FlaskClient, simulator: VTSimulator
) -> None:
    job_id = upload(client, {"a.txt": NOTE}, mode="online")
    job = wait_until_ended(client, job_id)
    # The URL, the address, and the file's three hashes, which are one call: they are of one file.
    assert (job["id"], job["state"], job["total"], job["done"]) == (job_id, "success", 5, 5)
    sha256 = hashlib.sha256(NOTE).hexdigest()
    asked = sorted(record.path.rpartition("/")[2] for record in simulator.requests)
    assert [name for name in asked if name in (sha256, "8.8.4.4")] == sorted((sha256, "8.8.4.4"))
    assert len(asked) == 3


def test_an_upload_with_decisions_shows_the_plan_first(
    client: FlaskClient, simulator: VTSimulator
) -> None:
    client.post("/settings/preferences", data={"own_domains": "example.net"})
    at_once = upload(client, {"a.txt": NOTE}, mode="online")
    wait_until_ended(client, at_once)
    asked = len(simulator.requests)
    job_id = upload(client, {"b.txt": NOTE + b"9.9.9.9"}, mode="online", show_plan="1")
    job = wait_for(client, job_id, lambda job: job["phase"] == "planned")
    assert (job["state"], job["allowed"]) == ("queued", ["cancel"])
    assert len(simulator.requests) == asked
    client.post(f"/results/{job_id}/start", data={"type": ["ipv4"], "ask": [0, 1, 2, 3, 4, 5]})
    assert wait_until_ended(client, job_id)["state"] == "success"
    assert [record.path[-8:] for record in simulator.requests[asked:]] == ["/9.9.9.9"]


def test_red_documents_are_not_sent_in_any_mode(
    client: FlaskClient, simulator: VTSimulator
) -> None:
    job_id = upload(client, {"a.txt": NOTE}, mode="online", tlp="RED")
    job = wait_until_ended(client, job_id)
    assert (job["state"], job["total"], simulator.requests) == ("success", 0, [])


def test_the_tlp_of_an_upload_is_stored(client: FlaskClient, app: Flask) -> None:
    job_id = upload(client, {"a.txt": NOTE}, tlp="TLP:GREEN")
    wait_until_ended(client, job_id)
    analysis = app.extensions["services"].orchestrator.changes(job_id).analysis
    assert analysis.tlp is TLP.GREEN


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"mode": "elsewhere"}, "The mode is either offline or online."),
        ({"tlp": "PURPLE"}, "The TLP is one of"),
    ],
)
def test_an_invalid_field_is_refused_and_no_file_stays(
    client: FlaskClient, uploads: Path, fields: dict[str, str], sentence: str
) -> None:
    answer = client.post("/api/upload", data={"files": [(io.BytesIO(NOTE), "a.txt")]} | fields)
    assert answer.status_code == 400
    assert sentence in answer.get_json()["error"]
    assert list(uploads.iterdir()) == []


@pytest.mark.parametrize("data", [{}, {"files": []}, {"other": (io.BytesIO(NOTE), "a.txt")}])
def test_an_upload_without_files_is_refused(
    client: FlaskClient, uploads: Path, data: dict[str, Any]
) -> None:
    answer = client.post("/api/upload", data=data, content_type="multipart/form-data")
    assert answer.status_code == 400
    assert "No files came" in answer.get_json()["error"]
    assert list(uploads.iterdir()) == []


def test_an_online_upload_without_a_key_is_refused_and_no_file_stays(
    settings: dict[str, Any], uploads: Path
) -> None:
    app = create_app(settings)
    answer = app.test_client().post(
        "/api/upload", data={"files": [(io.BytesIO(NOTE), "a.txt")], "mode": "online"}
    )
    assert answer.status_code == 409
    assert list(uploads.iterdir()) == []
    app.extensions["services"].close()


@pytest.mark.parametrize(
    ("limits", "files", "sentence"),
    [
        ({"MAX_UPLOAD_FILES": 2}, {"a": b"1", "b": b"2", "c": b"3"}, "more than 2 files"),
        ({"MAX_UPLOAD_FILES": 2}, {f"{n}.txt": b"1" for n in range(60)}, "more than 2 files"),
        ({"MAX_UPLOAD_FILE_SIZE": 10}, {"a": b"1", "big.txt": b"2" * 11}, "big.txt is larger than"),
        ({"MAX_UPLOAD_SIZE": 20}, {"a": b"1" * 11, "b": b"2" * 11}, "larger than 20 bytes in all"),
    ],
)
def test_an_upload_beyond_a_limit_is_refused_with_the_setting(
    settings: dict[str, Any],
    uploads: Path,
    limits: dict[str, int],
    files: dict[str, bytes],
    sentence: str,
) -> None:
    app = create_app(settings | limits)
    given = [(io.BytesIO(content), name) for name, content in files.items()]
    answer = app.test_client().post("/api/upload", data={"files": given})
    assert answer.status_code == 413
    assert sentence in answer.get_json()["error"]
    assert next(iter(limits)) in answer.get_json()["error"]
    assert not uploads.is_dir() or list(uploads.iterdir()) == []
    app.extensions["services"].close()


def test_a_length_that_is_too_large_is_refused_before_anything_is_read(
    settings: dict[str, Any],
) -> None:
    class Unreadable(io.BytesIO):
        def read(self, *args: Any) -> bytes:
            raise AssertionError("the body was read")

        readline = readinto = read  # type: ignore[assignment]

    app = create_app(settings)
    answer = app.test_client().post(
        "/api/upload",
        input_stream=Unreadable(),
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(200 << 20)},
    )
    assert answer.status_code == 413
    assert "64 MiB" in answer.get_json()["error"]
    app.extensions["services"].close()


def test_the_limits_allow_a_hundred_files_and_64_megabytes(app: Flask) -> None:
    assert app.config["MAX_UPLOAD_FILES"] >= 100
    assert app.config["MAX_UPLOAD_SIZE"] >= 64_000_000
    assert app.config["MAX_UPLOAD_FILE_SIZE"] >= 64_000_000


def test_a_hundred_files_at_once_are_read(client: FlaskClient) -> None:
    job_id = upload(client, {f"{n}.txt": b"http://h%d.evil-many.com/" % n for n in range(100)})
    wait_until_ended(client, job_id)
    found = files_of(client, job_id)
    assert len(found) == 100
    assert {one["state"] for one in found.values()} == {"ok"}


def test_a_form_without_javascript_redirects_to_the_results(client: FlaskClient) -> None:
    answer = client.post(
        "/api/upload",
        data={"files": [(io.BytesIO(NOTE), "a.txt")]},
        headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"},
    )
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/results/")


def test_another_site_cannot_upload(client: FlaskClient) -> None:
    answer = client.post(
        "/api/upload",
        data={"files": [(io.BytesIO(NOTE), "a.txt")]},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 403


def test_files_left_by_a_crash_are_deleted_at_the_next_start(
    settings: dict[str, Any], uploads: Path
) -> None:
    left = uploads / "0123456789abcdef"
    left.mkdir(parents=True, mode=0o700)
    (left / "000001").write_bytes(NOTE)
    settings["DATA_DIR"].chmod(0o700)
    app = create_app(settings)
    assert list(uploads.iterdir()) == []
    app.extensions["services"].close()


def test_a_full_disk_refuses_the_upload_and_no_file_stays(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    with mounted(tmp_path / "small", "size=4m"):
        app = create_app(settings | {"DATA_DIR": tmp_path / "small" / "data"})
        head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
        body = b"\r\n".join([head + b"y" * 400_000] * 20 + [b"--x--\r\n"])
        answer = app.test_client().post(
            "/api/upload", data=body, content_type="multipart/form-data; boundary=x"
        )
        assert answer.status_code == 503
        assert "No space left" in answer.get_json()["error"]
        assert list((tmp_path / "small" / "data" / "uploads").iterdir()) == []
        app.extensions["services"].close()


def test_files_and_duplicates_of_an_unknown_job_are_not_found(client: FlaskClient) -> None:
    for name in ("files", "duplicates"):
        assert client.get(f"/api/jobs/unknown/{name}").status_code == 404


def test_a_paste_has_no_documents(client: FlaskClient, analyze: Any) -> None:
    job_id = analyze("8.8.4.4", "offline")
    assert client.get(f"/api/jobs/{job_id}/files").get_json()["files"] == []
    assert client.get(f"/api/jobs/{job_id}/duplicates").get_json() == {"files": [], "iocs": []}
    assert iocs_of(client, job_id)["8.8.4.4"]["places"] == []
