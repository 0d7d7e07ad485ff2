"""Names of members in any encoding: they never lose the files."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zipfile

import pytest

from app.documents.models import State
from tests.documents.conftest import Read
from tests.documents.make.archives import aes_zip_of, zip_of

LINK = "http://member.evil-pack.com/"


def tar(name: str, encoding: str, form: int = tarfile.USTAR_FORMAT) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", encoding=encoding, format=form) as archive:
        info = tarfile.TarInfo(name)
        info.size = len(LINK)
        archive.addfile(info, io.BytesIO(LINK.encode()))
    return target.getvalue()


def zip_named(name: bytes, claims_utf8: bool) -> bytes:
    """Return an archive whose member has this name, as programs write it that do not convert."""
    plain = zip_of({"N" * len(name): LINK}, zipfile.ZIP_STORED).replace(b"N" * len(name), name)
    if claims_utf8:
        entry = plain.index(b"PK\x01\x02")
        changed = bytearray(plain)
        changed[7] |= 8
        changed[entry + 9] |= 8
        return bytes(changed)
    return plain


ARCHIVES = {
    "tar in Latin-1": (tar("Rechnung-für.txt", "latin-1"), "Rechnung-für.txt"),
    "tar in UTF-8": (tar("発票.txt", "utf-8"), "発票.txt"),
    "tar in GBK": (tar("发票和合同的附件.txt", "gbk"), None),
    "tar in Cyrillic": (tar("счет на оплату.txt", "cp1251"), None),
    "tar.gz in Latin-1": (gzip.compress(tar("für.txt", "latin-1")), "für.txt"),
    "zip in Shift JIS": (zip_named("請求書.txt".encode("shift_jis"), False), None),
    "zip in UTF-8 that does not say so": (zip_named("für.txt".encode(), False), "für.txt"),
    "zip that claims UTF-8": (zip_named(b"\xff\xfe\xfd\xfc.txt", True), None),
    "zip with half a character": (zip_named(b"a\xed\xa0\xbd.txt", True), None),
    "zip behind something else": (b"MZ" + bytes(99) + zip_named(b"\xff\xfe.txt", True), None),
    "zip in UTF-8": (zip_of({"発票.txt": LINK}), "発票.txt"),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_name_in_any_encoding_keeps_the_file(name: str, read: Read) -> None:
    content, expected = ARCHIVES[name]
    result = read("archive", content)
    assert LINK in {one.evidence.ioc.value for one in result.occurrences()}
    assert (result.state, result.reason) == (State.OK, "")
    assert all(file.md5 for file in result.files)
    if expected:
        assert result.files[-1].name == expected


@pytest.mark.parametrize("header", [b"\xff\xff\xff\xff", b"\x8e\x00\x00\x00", b"\x01\x00\x00\x80"])
def test_a_false_offset_in_the_directory_is_told(header: bytes, read: Read) -> None:
    archive = zip_named(b"\xff\xfe.txt", True)
    entry = archive.index(b"PK\x01\x02")
    result = read("a.zip", archive[: entry + 42] + header + archive[entry + 46 :])
    assert result.state in (State.PARTIAL, State.FAILED)
    assert result.reason


def test_one_bad_name_leaves_the_others_as_they_are(read: Read) -> None:
    two = zip_of({"für.txt": LINK, "bü.txt": "x"}).replace("bü".encode(), b"b\xff\xfe")
    result = read("a.zip", two)
    assert [file.name for file in result.files[1:2]] == ["für.txt"]
    assert len(result.files) == 3
    assert result.state is State.OK


def test_an_archive_inside_with_bad_names_keeps_its_bytes(read: Read) -> None:
    inner = zip_named(b"\xff\xfe.txt", True)
    outer = zip_of({"inner.zip": inner, "NN": "x"}, zipfile.ZIP_STORED)
    result = read("a.zip", outer)
    assert result.files[1].sha256 == hashlib.sha256(inner).hexdigest()
    assert LINK in {one.evidence.ioc.value for one in result.occurrences()}


def test_a_damaged_member_of_an_encrypted_archive_leaves_the_others(read: Read) -> None:
    two = aes_zip_of({"first.txt": b"x" * 9, "second.txt": LINK.encode()}, "infected")
    result = read("a.zip", two.replace(b"first.txt", b"fIrst.txt", 1))
    assert LINK in {one.evidence.ioc.value for one in result.occurrences()}
    assert result.state is State.PARTIAL


ODF = '<manifest:manifest xmlns:manifest="urn:m">{}</manifest:manifest>'


@pytest.mark.parametrize(
    ("manifest", "is_encrypted"),
    [
        (ODF.format("<manifest:encryption-data/>"), True),
        (ODF.format("<m:encryption-data m:checksum='x'/>"), True),
        (ODF.format("<manifest:file-entry manifest:full-path='encryption-data'/>"), False),
        ("", False),
        (ODF.format("<a>encryption-data</a>"), False),
    ],
)
def test_an_encrypted_open_document_is_told(manifest: str, is_encrypted: bool, read: Read) -> None:
    document = zip_of(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "META-INF/manifest.xml": manifest,
            "content.xml": bytes(range(128, 255)) if is_encrypted else "<a/>",
        }
    )
    result = read("a.odt", document)
    assert ("encrypted" in result.reason) == is_encrypted
    assert (result.state is State.OK) != is_encrypted
