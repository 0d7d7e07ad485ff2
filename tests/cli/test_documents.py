"""The command `telltale extract` with documents and folders."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from tests.cli.conftest import TEXT
from tests.documents.make.archives import aes_zip_of
from tests.documents.samples import DOCX, EML

pytestmark = pytest.mark.slow

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "case"
    (folder / "deeper").mkdir(parents=True)
    (folder / "alert.txt").write_text(TEXT, encoding="utf-8")
    (folder / "deeper" / "mail.txt").write_bytes(EML)
    (folder / "report.pdf").write_bytes(DOCX)
    return folder


def rows(capsys: Captured, *arguments: str) -> list[dict[str, Any]]:
    main(["extract", "--format", "jsonl", *arguments])
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_folder_is_read_to_any_depth_with_any_file_names(folder: Path, capsys: Captured) -> None:
    assert main(["extract", str(folder)]) == 0
    out, err = capsys.readouterr()
    found = out.splitlines()
    assert err == ""
    assert {"evil.net", "body.evil-docx.com", "http://deep.evil-mail.com/"} <= set(found)
    assert len(found) == len(set(found))


def test_each_place_of_an_ioc_in_a_document_is_listed(folder: Path, capsys: Captured) -> None:
    places = [
        (row["value"], row["document"], row["part"], row["line"])
        for row in rows(capsys, str(folder))
    ]
    mail, report = str(folder / "deeper" / "mail.txt"), str(folder / "report.pdf")
    assert ("evil.net", str(folder / "alert.txt"), "", 2) in places
    assert ("relay.hop-one.com", mail, "header Received", 1) in places
    assert ("body.evil-docx.com", report, "body", 1) in places
    assert ("body.evil-docx.com", mail, "attachment report.docx > body", 1) in places


def test_the_hashes_of_a_document_and_its_attachments_are_iocs(
    folder: Path, capsys: Captured
) -> None:
    hashes = [row for row in rows(capsys, "--types", "sha256", str(folder))]
    assert [row["part"] for row in hashes if row["document"].endswith("mail.txt")] == [
        "",
        "attachment note.txt",
        "attachment report.docx",
        "attachment report.docx > embedded word/vbaProject.bin",
        "attachment report.docx > embedded word/embeddings/oleObject1.bin",
        "attachment report.docx > embedded word/embeddings/oleObject1.bin > embedded drop.txt",
        "attachment message.eml",
        "attachment message.eml > attachment deep.zip",
        "attachment message.eml > attachment deep.zip > a/b.txt",
    ]
    assert {row["line"] for row in hashes} == {None}


def test_a_document_is_explained(folder: Path, capsys: Captured) -> None:
    found = rows(capsys, "--explain", str(folder / "report.pdf"))
    (title,) = (row for row in found if row["value"] == "http://title.evil-docx.com/")
    assert (title["part"], title["rule"], title["count"]) == ("core, title", "scheme and host", 1)


def test_incomplete_and_unreadable_documents_are_reported(tmp_path: Path, capsys: Captured) -> None:
    secret, torn = tmp_path / "secret.zip", tmp_path / "torn.docx"
    secret.write_bytes(aes_zip_of({"a.txt": b"evil.com"}, "unknown"))
    torn.write_bytes(DOCX[: len(DOCX) // 2])
    assert main(["extract", "--types", "domain", str(secret), str(torn)]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(f"telltale: read only a part of {secret}: a.txt: It is encrypted")
    assert second.startswith(f"telltale: read only a part of {torn}: ")


def test_symbolic_links_in_a_circle_are_not_followed(folder: Path, capsys: Captured) -> None:
    (folder / "deeper" / "up").symlink_to(folder, target_is_directory=True)
    assert len(rows(capsys, "--types", "ipv4", str(folder))) == 2


def test_a_named_pipe_in_a_folder_is_not_opened(folder: Path, capsys: Captured) -> None:
    os.mkfifo(folder / "pipe")
    assert main(["extract", str(folder)]) == 2
    assert "pipe: It is no regular file" in capsys.readouterr().err


def test_utf_16_without_a_byte_order_mark_is_read_as_text(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "wide.log"
    path.write_bytes(TEXT.encode("utf-16-le"))
    assert main(["extract", str(path)]) == 0
    assert capsys.readouterr().out == "http://evil.example.com/a\nevil.net\n1.2.3.4\n"
