"""Documents that are encrypted: well-known passwords open them, and of others it is told."""

from __future__ import annotations

import pytest

from app.documents.models import State
from tests.documents.conftest import Read
from tests.documents.make import office, ole
from tests.documents.make.encrypted import office_encrypted, pdf_encrypted, workbook
from tests.documents.make.pdf import pdf

URL = "http://hidden.evil-crypt.com/a"
FILLER = office.paragraph(office.run("more of the same text ")) * 90
DOCX = office.docx(office.paragraph(office.run(URL)) + FILLER)
XLSX = office.xlsx({"Q1": office.sheet(f'<row r="1">{office.inline("A1", URL)}</row>')})
PPTX = office.pptx([office.slide(f"<a:r><a:t>{URL}</a:t></a:r>")])
PDF = pdf(text=URL.encode(), link=URL.encode(), title=b"title of it")
OPENED = {
    "excel.xlsx": (lambda: office_encrypted(XLSX, "VelvetSweatshop"), "decrypted document > sheet"),
    "excel2.xlsx": (lambda: office_encrypted(XLSX, "infected"), "decrypted document > sheet"),
    "word.docx": (lambda: office_encrypted(DOCX, "infected"), "decrypted document > body"),
    "slides.pptx": (lambda: office_encrypted(PPTX, "infected"), "decrypted document > slide"),
    "old.xls": (lambda: workbook(URL, "VelvetSweatshop"), "decrypted document > stream Workbook"),
    "old2.xls": (lambda: workbook(URL, "infected"), "decrypted document > stream Workbook"),
    **{
        f"{algorithm} {word or 'empty'}.pdf": (
            lambda word=word, algorithm=algorithm: pdf_encrypted(PDF, word, algorithm), "page 1",
        )
        for algorithm in ("RC4-128", "AES-128", "AES-256-R5", "AES-256")
        for word in ("", "infected")
    },
}  # fmt: skip


@pytest.mark.parametrize("name", OPENED)
def test_a_well_known_password_opens_a_document(name: str, read: Read) -> None:
    make, place = OPENED[name]
    result = read(name, make())
    places = {o.place.part for o in result.occurrences() if o.evidence.ioc.value == URL}
    assert any(part.startswith(place) for part in places), places
    if name != "old.xls" and name != "old2.xls":  # it has no sheets, which is told
        assert (result.state, result.reason) == (State.OK, "")


UNOPENED = {
    "word.docx": lambda: office_encrypted(DOCX, "hunter2-unknown"),
    "old.xls": lambda: workbook(URL, "hunter2-unknown"),
    "old.doc": lambda: ole.ole_of({"WordDocument": b"\xec\xa5" + bytes(9) + b"\x01" + bytes(900)}),
    "old.ppt": lambda: ole.ole_of({
        "PowerPoint Document": b"\x0f\x00\x14\x2f" + bytes(400), "Current User": bytes(40)}),
    "aes.pdf": lambda: pdf_encrypted(PDF, "hunter2-unknown", "AES-256"),
    "rc4.pdf": lambda: pdf_encrypted(PDF, "hunter2-unknown", "RC4-128"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNOPENED)
def test_an_unknown_password_is_told(name: str, read: Read) -> None:
    result = read(name, UNOPENED[name]())
    assert result.state in (State.PARTIAL, State.FAILED)
    assert "encrypted" in result.reason
    assert URL not in {o.evidence.ioc.value for o in result.occurrences()}


PLAIN = {
    "old.doc": ole.ole_of({"WordDocument": b"\xec\xa5" + bytes(30) + URL.encode()}),
    "old.ppt": ole.ole_of({"PowerPoint Document": bytes(30) + URL.encode()}),
}


@pytest.mark.parametrize("name", PLAIN)
def test_an_old_document_without_a_loss_is_read_whole(name: str, read: Read) -> None:
    result = read(name, PLAIN[name])
    assert (result.state, result.reason) == (State.OK, "")
    assert URL in {o.evidence.ioc.value for o in result.occurrences()}


INFO = b'<encryption xmlns="x"><p:encryptedKey spinCount="%d" saltValue="AAAA"/></encryption>'
HOSTILE = {
    "a billion rounds": lambda: ole.ole_of({
        "EncryptedPackage": bytes(900),
        "EncryptionInfo": b"\x04\x00\x04\x00\x40\x00\x00\x00" + INFO % 1_000_000_000}),
    "no package": lambda: ole.ole_of({
        "EncryptedPackage": b"", "EncryptionInfo": b"\x04\x00\x04\x00"}),
    "no info": lambda: ole.ole_of({"EncryptedPackage": bytes(900)}),
    "cut": lambda: office_encrypted(DOCX, "infected")[:6000],
    "a false size": lambda: office_encrypted(DOCX, "infected").replace(
        b"keyBits=\"256\"", b"keyBits=\"999\""),
    "a record without an end": lambda: ole.ole_of({
        "Workbook": b"\x09\x08\xff\xff" + b"\x2f\x00" * 90}),
    "empty records": lambda: ole.ole_of({"Workbook": b"\x09\x08\x00\x00" * 50_000}),
    "a cut header": lambda: ole.ole_of({"WordDocument": b"\xec\xa5"}),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_encryption_ends_with_a_reason(name: str, read: Read) -> None:
    result = read("document", HOSTILE[name]())
    if name != "a cut header":
        assert result.state in (State.PARTIAL, State.FAILED)
        assert result.reason
