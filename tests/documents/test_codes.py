"""QR codes are found in pictures of every format, wherever the pictures stand."""

from __future__ import annotations

from base64 import b64encode

import pytest
from PIL import Image, ImageOps

from app.documents.models import State
from tests.documents.conftest import Read
from tests.documents.make import mail, office
from tests.documents.make.archives import zip_of
from tests.documents.make.odf import odf
from tests.documents.make.pictures import code, pdf_of, png, qr, saved, transparent

URL = "https://evil-code.top/mfa?u=x"
PNG = qr(URL)
BLANK = Image.new("L", (300, 300), 255)
IN_HTML = b'<html><p>Scan</p><img src="data:image/png;base64,%s">' % b64encode(PNG)

FILES = {
    "PNG": (PNG, "QR code"),
    "JPEG": (saved(code(URL), "JPEG", quality=40), "QR code"),
    "GIF": (qr(URL, "GIF"), "QR code"),
    "BMP": (qr(URL, "BMP"), "QR code"),
    "TIFF": (qr(URL, "TIFF"), "QR code"),
    "WEBP": (saved(code(URL), "WEBP", lossless=True), "QR code"),
    "one bit": (saved(code(URL).convert("1")), "QR code"),
    "palette": (saved(code(URL).convert("P")), "QR code"),
    "colour": (saved(ImageOps.colorize(code(URL), "navy", "beige")), "QR code"),
    "inverted": (saved(ImageOps.invert(code(URL))), "QR code"),
    "turned": (saved(code(URL).rotate(20, expand=True, fillcolor=255)), "QR code"),
    "transparent": (transparent(URL), "QR code"),
    "white on nothing": (transparent(URL, 255), "QR code"),
    "second frame": (saved(BLANK, "GIF", save_all=True, append_images=[code(URL)]), "QR code"),
    "Data Matrix": (saved(code(URL, kind="DataMatrix")), "Data Matrix code"),
    "Aztec": (saved(code(URL, kind="Aztec")), "Aztec code"),
    "page of a PDF": (pdf_of(code(URL)), "page 1, QR code"),
    "colour in a PDF": (pdf_of(code(URL).convert("RGB")), "page 1, QR code"),
    "one bit in a PDF": (pdf_of(code(URL).convert("1")), "page 1, QR code"),
    "page of HTML": (IN_HTML, "data URI, QR code"),
    "DOCX": (office.docx("", more={"word/media/image1.png": PNG}), "image1.png, QR code"),
    "XLSX": (office.xlsx({}, more={"xl/media/image1.png": PNG}), "image1.png, QR code"),
    "PPTX": (office.pptx([], more={"ppt/media/image1.png": PNG}), "image1.png, QR code"),
    "ODT": (odf("text", "", {"Pictures/a.png": PNG}), "a.png, QR code"),
    "ZIP": (zip_of({"a.png": PNG}), "a.png > QR code"),
    "mail": (mail.mail(mail.body(b"scan"), mail.attachment(b"a.png", PNG)),
             "attachment a.png > QR code"),
    "HTML of a mail": (mail.mail(mail.body(IN_HTML, b"text/html")),
                       "HTML body, data URI, QR code"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_code_is_found_in_its_place(name: str, read: Read) -> None:
    content, place = FILES[name]
    result = read(name, content)
    places = {o.evidence.ioc.value: o.place.part for o in result.occurrences()}
    assert places.get(URL) == place
    assert (result.state, result.reason) == (State.OK, "")


@pytest.mark.parametrize(
    ("image", "state", "reason"),
    [
        (saved(BLANK), State.OK, ""),
        (saved(code("no address")), State.OK, ""),
        (saved(code("5901234123457", kind="EAN13")), State.OK, ""),
        (png(100_000, 100_000), State.FAILED, "too many"),
        (png(3_000_000_000, 3_000_000_000), State.FAILED, ""),
        (PNG[:200], State.FAILED, "damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(90), State.FAILED, ""),
        (b"\xff\xd8\xff" + bytes(90), State.FAILED, "no picture"),
    ],
)
def test_a_picture_without_a_code_says_what_was_not_searched(
    image: bytes, state: State, reason: str, read: Read
) -> None:
    result = read("a.png", image)
    assert result.state is state
    assert reason in result.reason
    assert {o.evidence.ioc.type.value for o in result.occurrences()} <= {"md5", "sha1", "sha256"}
