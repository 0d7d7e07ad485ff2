"""Disc images, rare methods of packing, and containers that are told because nothing opens them."""

from __future__ import annotations

import sys

import pytest
from pyppmd import Ppmd8Encoder

from app.documents.models import State
from tests.documents.conftest import Read
from tests.documents.make.archives import tar_of, zip_of
from tests.documents.make.images import SECTOR, deflate64, iso_of, zip_packed
from tests.documents.make.pictures import qr

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

URL = "http://inside.evil-box.com/a"
TEXT = (URL + " and more of the same\n").encode()


def ppmd(content: bytes) -> bytes:
    encoder = Ppmd8Encoder(8, 16 << 20, 0)
    packed = bytes(encoder.encode(content)) + bytes(encoder.flush())
    return (7 | 15 << 4).to_bytes(2, "little") + packed


WHOLE = {
    "disc.iso": (iso_of({"invoice.js": TEXT}), "invoice.js"),
    "short.iso": (iso_of({"INVOICE.JS;1": TEXT}, is_wide=False), "INVOICE.JS"),
    "deep.iso": (iso_of({"a": {"b": {"c.txt": TEXT}}}), "a/b/c.txt"),
    "zip.iso": (iso_of({"x.lnk": b"x", "y.zip": zip_of({"c.txt": TEXT})}), "y.zip > c.txt"),
    "many.iso": (iso_of({f"{n}.txt": b"nothing" for n in range(90)} | {"z": TEXT}), "z"),
    "a.zst": (zstd.compress(TEXT), "content"),
    "frames.zst": (zstd.compress(b"first\n") + zstd.compress(TEXT), "content"),
    "a.tar.zst": (zstd.compress(tar_of({"c.txt": TEXT})), "content > c.txt"),
    "zstd.zip": (zip_packed("c.txt", TEXT, zstd.compress(TEXT), 93), "c.txt"),
    "deflate64.zip": (zip_packed("c.txt", TEXT * 99, deflate64(TEXT * 99), 9), "c.txt"),
    "ppmd.zip": (zip_packed("c.txt", TEXT * 99, ppmd(TEXT * 99), 98), "c.txt"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_container_is_read_whole(name: str, read: Read) -> None:
    content, place = WHOLE[name]
    result = read(name, content)
    assert place in {o.place.part for o in result.occurrences() if o.evidence.ioc.value == URL}
    assert (result.state, result.reason) == (State.OK, "")


TOLD = {
    b"\x1f\x9d\x90" + bytes(range(1, 200)): "compress",
    b"\x1b\x00-lh5-" + bytes(90): "LZH",
    b"070701" + b"0" * 104 + b"TRAILER!!!": "cpio",
    b"\xc7\x71" + bytes(90): "cpio",
    b"!<arch>\ndebian-binary   1 ": "Debian",
    b"\xed\xab\xee\xdb\x03" + bytes(90): "RPM",
    b"xar!\x00\x1c\x00\x01" + bytes(90): "XAR",
    b"\x00\x01\x00\x00Standard Jet DB\x00" + bytes(90): "Access",
    b"\x04\x22\x4d\x18" + bytes(90): "LZ4",
    bytes(32769) + b"BEA01\x01" + bytes(5000): "UDF",
    bytes(4096) + b"koly" + bytes(508): "Macintosh",
    b"Rar!\x1a\x07\x01\x00" + bytes(90): "RAR",
}


@pytest.mark.parametrize("content", TOLD, ids=TOLD.values())
def test_what_nothing_opens_is_told(content: bytes, read: Read) -> None:
    result = (
        read("file", content + b"\x00\x01" + TEXT)
        if b"koly" not in content
        else read("file", content)
    )
    assert result.state in (State.PARTIAL, State.FAILED)
    assert TOLD[content] in result.reason


TEXTS = [
    "07070 is a number, 070701 too",
    "!<archive> is no word",
    "a -lh5- of text",
    "xar! she said",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_that_begins_like_a_container_is_a_text(text: str, read: Read) -> None:
    result = read("file", f"{text} {URL}\n".encode())
    assert (result.state, result.document.kind) == (State.OK, "text")


def _looping() -> bytes:
    """Return an image whose folder holds itself."""
    image = bytearray(iso_of({"a.txt": TEXT, "d": {}}))
    at = image.rfind("d".encode("utf-16-be"), 18 * SECTOR) - 33
    root = image[16 * SECTOR + 158 : 16 * SECTOR + 166]
    image[at + 2 : at + 10] = root
    image[at + 10 : at + 18] = image[16 * SECTOR + 166 : 16 * SECTOR + 174]
    return bytes(image)


def _patched(image: bytes, at: int, value: bytes) -> bytes:
    return image[:at] + value + image[at + len(value) :]


ROOT = 16 * SECTOR + 156
CUT = {
    "an image that is cut": iso_of({"a.txt": TEXT * 900})[: 19 * SECTOR],
    "a folder beyond the end": _patched(iso_of({"a": TEXT}), ROOT + 2, b"\xff\xff\xff\x7f"),
    "a folder of 4 GB": _patched(iso_of({"a": TEXT}), ROOT + 10, b"\xff\xff\xff\xff"),
    "a record that is too long": iso_of({"a": TEXT}).replace(b"\x02\x00a", b"\xff\x00a"),
    "a Zstandard file that is cut": zstd.compress(TEXT * 99)[:-9],
    "a Zstandard file that is damaged": zstd.compress(TEXT)[:6] + b"\xff" * 40,
    "Deflate64 that is cut": zip_packed("a", TEXT, deflate64(TEXT * 99)[:-20], 9),
    "PPMd that is cut": zip_packed("a", TEXT * 99, ppmd(TEXT * 99)[:20], 98),
    "PPMd without parameters": zip_packed("a", TEXT, b"\x01", 98),
    "PPMd of noise": zip_packed("a", TEXT * 999, b"\xff\xff" + bytes(range(256)) * 4, 98),
    "a false checksum": zip_packed("a", b"other", zstd.compress(TEXT), 93),
    "a tar cut in a header": tar_of({"a": TEXT, "b": TEXT})[:1300],
    "a tar cut between headers": tar_of({"a": TEXT, "b": TEXT})[:1024],
    "a tar with a damaged header": tar_of({"a": TEXT, "b": TEXT}).replace(b"b\x00", b"c\x00"),
}


@pytest.mark.parametrize("name", CUT)
def test_a_damaged_container_is_told(name: str, read: Read) -> None:
    result = read("file", CUT[name])
    assert result.state in (State.PARTIAL, State.FAILED), name
    assert result.reason


def test_an_image_that_leads_in_circles_is_read_once(read: Read) -> None:
    result = read("file", _looping())
    assert URL in {o.evidence.ioc.value for o in result.occurrences()}


PROGRAM = b"MZ\x90\x00\x03" + bytes(400)
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(90)
NAMED = [
    ("invoice.xlsx", PROGRAM, True),
    ("INVOICE.PDF", PROGRAM, True),
    ("a.b.docm", b"\x7fELF\x02" + bytes(90), True),
    ("scan.pdf", PICTURE, True),
    ("log.txt", PICTURE, True),
    ("setup.exe", PROGRAM, False),
    ("scan.png", qr("no IOC"), False),
    ("xlsx", b"text of it", False),
    ("invoice.xlsx", b"text of it", False),
    ("noname", PROGRAM, False),
]


@pytest.mark.parametrize(("name", "content", "is_told"), NAMED)
def test_what_is_named_as_a_document_and_is_none_is_told(
    name: str, content: bytes, is_told: bool, read: Read
) -> None:
    for result in (read(name, content), read("a.zip", zip_of({name: content}))):
        assert (result.state is not State.OK) is is_told
        assert ("named as a document" in result.reason) is is_told
