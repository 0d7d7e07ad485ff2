"""winmail.dat: bodies, properties, recipients and attachments."""

from __future__ import annotations

import struct

import pytest

from app.documents.models import State
from tests.documents.conftest import Read
from tests.documents.make import tnef
from tests.documents.make.archives import zip_of

ZIP = zip_of({"a.hta": b"http://zip.evil-tnef.com/a"})
HTML = b"<a href='http://real.evil-tnef.com/'>www.shown-bank.com</a>"
LINK = "http://inner.evil-tnef.com/"
LONG_NAME = tnef.row(tnef.text(0x3707, "long.txt"))
CASES = {
    "body": (tnef.tnef(b"see http://body.evil-tnef.com/"), {"http://body.evil-tnef.com/": "body"}),
    "subject": (
        tnef.tnef(b"x", tnef.attribute(1, tnef.SUBJECT, b"http://subject.evil-tnef.com/\x00")),
        {"http://subject.evil-tnef.com/": "subject"},
    ),
    "attachment": (
        tnef.tnef(b"x", tnef.attachment(b"docs.zip", ZIP), tnef.attachment(b"b.txt", b"x.com")),
        {"http://zip.evil-tnef.com/a": "attachment docs.zip > a.hta"},
    ),
    "HTML body": (
        tnef.tnef(b"", tnef.attribute(1, tnef.OF_MESSAGE, tnef.row(tnef.binary(0x1013, HTML)))),
        {"http://real.evil-tnef.com/": "HTML body, link shown as www.shown-bank.com"},
    ),
    "RTF body": (
        tnef.tnef(
            b"",
            tnef.attribute(
                1,
                tnef.OF_MESSAGE,
                tnef.row(
                    tnef.number(0x0017, 1),
                    tnef.binary(0x1009, tnef.plain_rtf(rb"{\rtf1 http://rtf.evil-tnef.com/}")),
                ),
            ),
        ),
        {"http://rtf.evil-tnef.com/": "RTF body, text"},
    ),
    "recipients": (
        tnef.tnef(
            b"",
            tnef.attribute(
                1,
                tnef.RECIPIENTS,
                tnef.rows(
                    tnef.row(tnef.number(0x0C15, 1)),
                    tnef.row(tnef.text(0x39FE, "a@to.evil-tnef.com"), tnef.number(0x0C15, 2)),
                ),
            ),
        ),
        {"a@to.evil-tnef.com": "recipient"},
    ),
    "named property": (
        tnef.tnef(
            b"",
            tnef.attribute(
                1,
                tnef.OF_MESSAGE,
                tnef.row(
                    tnef.named_text("x-origin", "http://named.evil-tnef.com/"),
                    tnef.text(0x1000, "http://after.evil-tnef.com/"),
                ),
            ),
        ),
        {
            "http://named.evil-tnef.com/": "property 8001",
            "http://after.evil-tnef.com/": "body",
        },
    ),
    "long name": (
        tnef.tnef(
            b"",
            tnef.attachment(
                b"LONGNA~1.TXT", LINK.encode(), tnef.row(tnef.text(0x3707, "long.txt"))
            ),
        ),
        {LINK: "attachment long.txt"},
    ),
    "message inside": (
        tnef.tnef(
            b"",
            tnef.attachment(
                b"Forwarded",
                b"",
                tnef.row(
                    tnef.binary(
                        0x3701, bytes(16) + tnef.tnef(b"", tnef.message({0x1000: LINK})), 0x0D
                    )
                ),
            ),
        ),
        {LINK: "attachment Forwarded > body"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_every_part_is_read(name: str, read: Read) -> None:
    content, expected = CASES[name]
    result = read("winmail.dat", content)
    found = {one.evidence.ioc.value: one.place.part for one in result.occurrences()}
    assert {value: found.get(value) for value in expected} == expected
    assert (result.state, result.reason) == (State.OK, "")


def test_the_hashes_of_attachments_are_told(read: Read) -> None:
    result = read("winmail.dat", tnef.tnef(b"x", tnef.attachment(b"docs.zip", ZIP)))
    assert [file.part for file in result.files] == [
        "",
        "attachment docs.zip",
        "attachment docs.zip > a.hta",
    ]
    assert result.files[1].size == len(ZIP)


FALSE_LENGTH = struct.pack("<BHHI", 2, tnef.FILE, 6, 0xFFFFFFF0) + LINK.encode()
MANY_VALUES = struct.pack("<IHHI", 1, 0x101F, 0x1000, 0xFFFFFFFF) + bytes(400)
MANY_ROWS = struct.pack("<I", 0xFFFFFFFF) + bytes(4000)
HOSTILE = {
    "cut": tnef.tnef(b"x", tnef.attachment(b"a.txt", LINK.encode() * 9))[:-40],
    "cut in a header": tnef.tnef(b"x") + b"\x02\x0f\x80",
    "false length": tnef.tnef(b"x", FALSE_LENGTH),
    "no level": tnef.tnef(b"x", b"\x07" + LINK.encode() * 3),
    "a billion values": tnef.tnef(b"x", tnef.attribute(1, tnef.OF_MESSAGE, MANY_VALUES)),
    "a billion rows": tnef.tnef(b"x", tnef.attribute(1, tnef.RECIPIENTS, MANY_ROWS)),
    "unknown type": tnef.tnef(
        b"x", tnef.attribute(1, tnef.OF_MESSAGE, struct.pack("<IHH", 1, 0x99, 0x1000))
    ),
    "false length of a property": tnef.tnef(
        b"x", tnef.attribute(1, tnef.OF_MESSAGE, tnef.row(tnef.text(0x1000, LINK)[:-9]))
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_damage_is_told(name: str, read: Read) -> None:
    result = read("winmail.dat", HOSTILE[name])
    assert result.state is State.PARTIAL
    assert "damaged" in result.reason or "end is missing" in result.reason


def test_a_million_empty_attributes_end_within_the_limits(read: Read) -> None:
    result = read("winmail.dat", tnef.HEAD + tnef.attribute(2, tnef.RENDERING, b"") * 1_000_000)
    assert result.state is State.OK
    assert len(result.files) == 1
