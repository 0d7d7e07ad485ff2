"""Random ids that look like hashes, and marks of files that stand far from their beginning."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli.sources import is_document
from app.documents.models import State
from tests.documents.conftest import Read
from tests.documents.make import pdf as make_pdf

HEAD = "From: Anna\r\nTo: Ben\r\nSubject: x\r\n"
MD5 = "d41d8cd98f00b204e9800998ecf8427e"


def values(read: Read, name: str, content: bytes) -> list[str]:
    return [one.evidence.ioc.value for one in read(name, content).occurrences()]


@pytest.mark.parametrize("boundary", [f"b1_{MD5}", f"=_{MD5}", f"----{MD5.upper()}", MD5])
def test_the_boundary_of_a_mail_is_no_hash(boundary: str, read: Read) -> None:
    mail = (
        f'{HEAD}Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n'
        f"--{boundary}\r\nContent-Type: text/plain\r\n\r\nhttp://in.evil-mail.com/ x\r\n"
        f"--{boundary}--\r\n"
    )
    assert values(read, "a.eml", mail.encode()) == ["http://in.evil-mail.com/"]


@pytest.mark.parametrize("field", ["Message-ID", "Content-ID", "X-Entity-ID", "References"])
def test_an_id_in_a_header_is_no_hash(field: str, read: Read) -> None:
    mail = f"{HEAD}{field}: <{MD5}@swift.generated>\r\n\r\nhttp://in.evil-mail.com/ x\r\n"
    assert values(read, "a.eml", mail.encode()) == ["http://in.evil-mail.com/"]


def test_the_id_of_a_damaged_pdf_is_no_hash(read: Read) -> None:
    document = make_pdf.pdf(text=b"http://page.evil-pdf.com/")
    damaged = document.replace(b"xref", b"xxxx").replace(
        b"trailer", f"trailer << /ID [<{MD5}><{MD5}>] /O <{MD5}{MD5}> >> trailer".encode()
    )
    result = read("a.pdf", damaged)
    assert result.state in (State.OK, State.PARTIAL)
    assert MD5 not in [one.evidence.ioc.value for one in result.occurrences()]


def test_a_disc_image_is_a_document_for_the_command_line(tmp_path: Path) -> None:
    image = tmp_path / "a.iso"
    image.write_bytes(bytes(16 * 2048) + b"\x01CD001\x01" + bytes(4000))
    assert is_document(str(image))
    (tmp_path / "b.bin").write_bytes(bytes(40_000))
    assert not is_document(str(tmp_path / "b.bin"))
