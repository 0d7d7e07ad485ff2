from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.enrichment.models import Analysis, Mode
from app.errors import ConfigError
from app.intake.roots import LINK, OUTSIDE
from tests.routes.importing import files_of, import_path, iocs_of, wait_until_ended

pytestmark = pytest.mark.slow


@pytest.fixture
def root(tmp_path: Path, settings: dict[str, Any]) -> Path:
    """The one import root; beside it lie secrets."""
    folder = tmp_path / "cases"
    (folder / "deep" / "deeper").mkdir(parents=True)
    (folder / "a.txt").write_text("http://top.evil-root.com/")
    (folder / "deep" / "deeper" / "b.txt").write_text("http://deep.evil-root.com/")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("http://secret.evil-root.com/")
    settings["IMPORT_ROOTS"] = str(folder)
    return folder


def test_a_folder_is_read_in_place_to_any_depth(root: Path, client: FlaskClient) -> None:
    job_id = import_path(client, root)
    assert wait_until_ended(client, job_id)["state"] == "success"
    assert list(files_of(client, job_id)) == ["cases/a.txt", "cases/deep/deeper/b.txt"]
    assert {"http://top.evil-root.com/", "http://deep.evil-root.com/"} <= set(
        iocs_of(client, job_id)
    )
    assert (root / "a.txt").exists()


def test_one_file_can_be_named(root: Path, client: FlaskClient) -> None:
    job_id = import_path(client, root / "a.txt")
    wait_until_ended(client, job_id)
    assert list(files_of(client, job_id)) == ["a.txt"]


def test_a_form_can_name_a_path(root: Path, client: FlaskClient) -> None:
    answer = client.post("/api/import-path", data={"path": str(root), "mode": "offline"})
    assert answer.status_code == 202
    assert set(answer.get_json()) == {"job_id", "file_count", "state"}
    assert answer.get_json()["file_count"] == 2


def test_without_roots_nothing_is_imported(client: FlaskClient, tmp_path: Path) -> None:
    answer = client.post("/api/import-path", json={"path": str(tmp_path)})
    assert answer.status_code == 403
    assert "TELLTALE_IMPORT_ROOTS" in answer.get_json()["error"]


@pytest.mark.parametrize(
    ("existing", "missing"),
    [
        ("{root}/../outside/secret.txt", "{root}/../outside/nothing.txt"),
        ("{root}/deep/../a.txt", "{root}/nothing/../a.txt"),
        ("{outside}", "{outside}x"),
        ("{outside}/secret.txt", "{outside}/nothing.txt"),
        ("{root}/link/secret.txt", "{root}/link/nothing.txt"),
        ("{root}/file-link", "{root}/dangling"),
        ("{root}x", "{root}y"),
        ("/proc/self/environ", "/proc/0/environ"),
        ("/proc/self/root{root}/a.txt", "/proc/self/root{root}/nothing"),
        ("/dev/null", "/dev/nothing"),
        ("/sys/kernel", "/sys/nothing"),
        ("/etc/passwd", "/etc/nothing"),
        ("a.txt", "nothing.txt"),
        ("./cases/a.txt", "~/cases/a.txt"),
        ("{root}/a.txt\0", "{root}/nothing\0"),
    ],
)
def test_every_path_outside_is_refused_alike_whether_it_exists(
    root: Path, client: FlaskClient, tmp_path: Path, existing: str, missing: str
) -> None:
    outside = tmp_path / "outside"
    (tmp_path / "casesx").mkdir()
    (root / "link").symlink_to(outside)
    (root / "file-link").symlink_to(outside / "secret.txt")
    (root / "dangling").symlink_to(outside / "nothing.txt")
    answers = []
    for text in (existing, missing):
        path = text.format(root=root, outside=outside)
        answer = client.post("/api/import-path", json={"path": path})
        answers.append((answer.status_code, answer.get_json()))
    assert answers == [(403, {"error": OUTSIDE})] * 2


def test_device_files_below_a_root_are_refused(root: Path, client: FlaskClient) -> None:
    os.mkfifo(root / "pipe")
    answer = client.post("/api/import-path", json={"path": str(root / "pipe")})
    assert answer.status_code == 403
    job_id = import_path(client, root)
    assert wait_until_ended(client, job_id)["state"] == "success"
    pipe = files_of(client, job_id)["cases/pipe"]
    assert (pipe["state"], pipe["reason"]) == ("failed", "It is no regular file.")


@pytest.mark.parametrize("named", ["/proc", "/dev", "/"])
def test_system_files_and_the_data_directory_are_never_imported(
    settings: dict[str, Any], named: str
) -> None:
    app = create_app(settings | {"IMPORT_ROOTS": named})
    for path in ("/proc/self/environ", "/dev/null", str(settings["DATA_DIR"] / "keys.json")):
        answer = app.test_client().post("/api/import-path", json={"path": path})
        assert (answer.status_code, answer.get_json()) == (403, {"error": OUTSIDE})
    app.extensions["services"].close()


def test_links_in_a_folder_are_not_followed_outside(
    root: Path, client: FlaskClient, tmp_path: Path
) -> None:
    (root / "link").symlink_to(tmp_path / "outside")
    (root / "file-link").symlink_to(tmp_path / "outside" / "secret.txt")
    (root / "dangling").symlink_to(tmp_path / "outside" / "nothing")
    (root / "inside").symlink_to(root / "a.txt")
    (root / "round").symlink_to(root)
    job_id = import_path(client, root)
    wait_until_ended(client, job_id)
    found = files_of(client, job_id)
    for name in ("link", "file-link", "dangling"):
        assert (found[f"cases/{name}"]["state"], found[f"cases/{name}"]["reason"]) == (
            "failed",
            LINK,
        )
    assert found["cases/inside"]["state"] == "ok"
    assert "http://secret.evil-root.com/" not in iocs_of(client, job_id)


def test_a_link_created_after_the_check_is_not_followed(
    root: Path, client: FlaskClient, tmp_path: Path, settings: dict[str, Any]
) -> None:
    services = client.application.extensions["services"]
    sources = services.imports.sources(str(root))
    (root / "a.txt").unlink()
    (root / "a.txt").symlink_to(tmp_path / "outside" / "secret.txt")
    (root / "deep").rename(root / "was")
    (tmp_path / "outside" / "deeper").mkdir()
    (tmp_path / "outside" / "deeper" / "b.txt").write_text("http://secret.evil-root.com/")
    (root / "deep").symlink_to(tmp_path / "outside")
    services.analyses.begin_import(Analysis("job", (), Mode.OFFLINE), sources)
    wait_until_ended(client, "job")
    assert {one["state"] for one in files_of(client, "job").values()} == {"failed"}
    assert iocs_of(client, "job") == {}


def test_file_names_that_are_not_utf8_are_read(root: Path, client: FlaskClient) -> None:
    Path(os.fsdecode(os.fsencode(root) + b"/odd\xff.txt")).write_text("http://odd.evil-root.com/")
    job_id = import_path(client, root)
    wait_until_ended(client, job_id)
    assert files_of(client, job_id)["cases/odd\ufffd.txt"]["state"] == "ok"


@pytest.mark.parametrize("given", [{}, {"path": ""}, {"path": 1}, {"path": None}, [], "x"])
def test_a_request_without_a_path_is_refused(
    root: Path, client: FlaskClient, given: object
) -> None:
    answer = client.post("/api/import-path", json=given)
    assert answer.status_code == 400


def test_a_missing_path_below_a_root_is_named(root: Path, client: FlaskClient) -> None:
    answer = client.post("/api/import-path", json={"path": str(root / "nothing")})
    assert answer.status_code == 400
    assert "no such file" in answer.get_json()["error"]


def test_roots_are_separated_as_paths_are(
    root: Path, settings: dict[str, Any], tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "c.txt").write_text("8.8.4.4")
    app = create_app(settings | {"IMPORT_ROOTS": f"{root}{os.pathsep}{other}"})
    for path in (root, other):
        job_id = import_path(app.test_client(), path)
        wait_until_ended(app.test_client(), job_id)
    app.extensions["services"].close()


def test_an_import_root_that_is_no_folder_is_refused_at_startup(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="TELLTALE_IMPORT_ROOTS.*there is no folder"):
        create_app(settings | {"IMPORT_ROOTS": str(tmp_path / "nothing")})
