"""The shapes in which mails come: encodings, frames, broken lines, folded headers, mailboxes."""

from __future__ import annotations

from base64 import b64encode, encodebytes
from binascii import b2a_uu

import pytest

from app.documents.kinds import Kind, kind_of
from app.documents.models import State
from tests.documents.conftest import Read

HEAD = b"From: a@b.example\nTo: c@d.example\nSubject: x\nMIME-Version: 1.0\n"
LINK = "http://body.evil-mail.com/a"
TEXT = b"see " + LINK.encode() + b"\n"
QUOTED = b"see http://bo=\ndy.evil-mail.com/=61\n"
BASE64 = encodebytes(TEXT)


def uuencoded(content: bytes, name: bytes = b"a.txt") -> bytes:
    lines = (b2a_uu(content[n : n + 45]) for n in range(0, len(content), 45))
    return b"begin 644 " + name + b"\n" + b"".join(lines) + b"`\nend\n"


def encoded(name: bytes, content: bytes) -> bytes:
    return HEAD + b"Content-Transfer-Encoding: " + name + b"\n\n" + content


PART = b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" + BASE64
FRAMED = b"--b1\n" + PART + b"\n--b1--\n"
MIXED = b"Content-Type: multipart/mixed"
MAILS = {
    "base64 with a semicolon": encoded(b"base64;", BASE64),
    "base64 in quotes": encoded(b'"base64"', BASE64),
    "base64 with a comment": encoded(b"base64 (mime)", BASE64),
    "base64 in capitals and blanks": encoded(b" BASE64 ", BASE64),
    "quoted-printable in quotes": encoded(b'"quoted-printable"', QUOTED),
    "quoted-printable with a blank": encoded(b"Quoted-Printable ", QUOTED),
    "quoted-printable with a semicolon": encoded(b"quoted-printable; x=y", QUOTED),
    "soft breaks with blanks": encoded(b"quoted-printable", QUOTED.replace(b"=\n", b"= \t\n")),
    "base64 without its end": encoded(b"base64", BASE64.rstrip(b"=\n")[:-1]),
    "base64 with junk": encoded(b"base64", b"!!\n" + b"*".join((BASE64[:9], BASE64[9:]))),
    "base64 padded in the middle": encoded(b"base64", b64encode(b"see ") + b64encode(TEXT)),
    "base64 above a list's footer": encoded(b"base64", b64encode(b"xy") + b"\n-- \n" + TEXT),
    "uuencoded": encoded(b"x-uuencode", uuencoded(TEXT)),
    "carriage returns": encoded(b"quoted-printable", QUOTED).replace(b"\n", b"\r"),
    "two carriage returns": encoded(b"quoted-printable", QUOTED).replace(b"\n", b"\r\r\n"),
    "no boundary": HEAD + MIXED + b"\n\n" + FRAMED,
    "a wrong boundary": HEAD + MIXED + b'; boundary="b9"\n\n' + FRAMED,
    "a wrong boundary below a preamble": HEAD + MIXED + b"; boundary=b9\n\nMIME.\n\n" + FRAMED,
    "an entity alone": MIXED + b"; boundary=b1\n\n" + FRAMED,
    "a part alone": PART,
    "no frame": FRAMED,
    "a quoted From": b">From someone\n" + encoded(b"base64", BASE64),
    "an answer of a mail server": b"+OK 512 octets\n" + encoded(b"base64", BASE64),
    "Apple Mail": str(len(encoded(b"base64", BASE64))).encode()
    + b"  \n"
    + encoded(b"base64", BASE64)
    + b'<?xml version="1.0"?><plist><string>http://plist.evil-mail.com/</string></plist>',
    "flowed": HEAD
    + b"Content-Type: text/plain; format=flowed; delsp=yes\n\nsee http://body.evil- \nmail.com/a\n",
    "flowed and quoted": HEAD
    + b"Content-Type: text/plain; format=flowed; DelSp=Yes\n\n"
    + b">> http://body.evil- \n>> mail.com/a\n",
    "in brackets": HEAD + b"\nsee <http://body.\nevil-mail.com/a>, please\n",
    "in brackets and quoted": HEAD + b"\n> see <http://body.\r\n> evil-mail.com/a>\r\n",
    "in brackets with a label": HEAD + b"\n<URL:http://body.evil-mail.\n  com/a>\n",
}  # fmt: skip


@pytest.mark.parametrize("name", MAILS)
def test_a_body_is_read_in_every_shape(name: str, read: Read) -> None:
    result = read("a.eml", MAILS[name])
    found = {one.evidence.ioc.value for one in result.occurrences()}
    assert LINK in found
    assert not {one for one in found if "evil-mail" in one} - {LINK, "http://plist.evil-mail.com/"}
    assert (result.state, result.reason) == (State.OK, "")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<http://one.evil-mail.com/\nand two words>", {"http://one.evil-mail.com/"}),
        (
            b"<http://one.evil-mail.com/\nhttp://two.evil-mail.com/>",
            {"http://one.evil-mail.com/", "http://two.evil-mail.com/"},
        ),
        (b"<http://one.evil-mail.com/>\nwords>", {"http://one.evil-mail.com/"}),
        (b"http://one.evil-mail.com/ \nword\n", {"http://one.evil-mail.com/"}),
    ],
)
def test_lines_that_do_not_belong_together_stay_apart(
    body: bytes, expected: set[str], read: Read
) -> None:
    result = read("a.eml", HEAD + b"\n" + body)
    assert expected == {
        one.evidence.ioc.value
        for one in result.occurrences()
        if "evil-mail" in one.evidence.ioc.value
    }


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b"HTTP/1.1 200 OK\nDate: x\nContent-Type: text/html\nContent-Length: 3\n\n<p>", Kind.TEXT),
        (b"Content-Type: text/html\nContent-Length: 3\n\nabc", Kind.TEXT),
        (b"--help\nContent: shows this\n", Kind.TEXT),
        (b"-- a comment\nSELECT 1;\n", Kind.TEXT),
        (b"Minutes\nFrom: Ann\nTo: Bob\n\nDear Bob", Kind.TEXT),
        (b"begin 644 the tale\nof a file\nend\n", Kind.TEXT),
        (b"BEGIN:VISIBLE\nx", Kind.TEXT),
        (b"begin:vcalendar\r\nx", Kind.CALENDAR),
        (b"0 lines were read", Kind.TEXT),
    ],
)
def test_texts_that_begin_like_mails_are_texts(text: bytes, kind: Kind) -> None:
    assert kind_of(text, text) is kind


HEADERS = [
    (b"Reply-To: x@m\xfcller-zahlung.com", {"x@xn--mller-zahlung-wob.com"}),
    (b"From: A <a@ex\xe4mple-bank.com>", {"a@xn--exmple-bank-m8a.com"}),
    ("From: A <a@exämple-bank.com>".encode(), {"a@xn--exmple-bank-m8a.com"}),
    (
        "Subject: für http://a.evil-mail.com/ü =?utf-8?q?=C3=BC?=".encode("latin-1"),
        {"http://a.evil-mail.com/ü"},
    ),
    (
        "Subject: 发票 http://b.evil-mail.com/ =?gbk?b?xOO6ww==?=".encode("gbk"),
        {"http://b.evil-mail.com/"},
    ),
    (b"Subject: =?utf-7?Q?Invoice_+2D0-_http://c.evil-mail.com/?=", {"http://c.evil-mail.com/"}),
    (
        b"Subject: =?utf-8?b?aHR0cDovL2QuZXZp?=\n =?utf-8?b?bC1tYWlsLmNvbS94?=",
        {"http://d.evil-mail.com/x"},
    ),
    (b"Subject: =?x-none?q?http://e.evil-mail.com/?=", {"http://e.evil-mail.com/"}),
    (b"Subject: =?utf-8?q?cut http://f.evil-mail.com/", {"http://f.evil-mail.com/"}),
    (b"Message-ID: <abc.1@id.evil-mail.com>", set()),
    (b"References: <1@id.evil-mail.com> <2@id.evil-mail.com>\n <3@id.evil-mail.com>", set()),
    (b"In-Reply-To: <1@id.evil-mail.com>", set()),
]


@pytest.mark.parametrize(("line", "expected"), HEADERS)
def test_headers_are_read_in_any_encoding(line: bytes, expected: set[str], read: Read) -> None:
    content = b"Received: by mx.d.example\nSubject: y\nMIME-Version: 1.0\n" + line + b"\n\n" + TEXT
    result = read("a.eml", content)
    found = {one.evidence.ioc.value for one in result.occurrences()}
    assert LINK in found
    assert {one for one in found if one != LINK and "d.example" not in one} == expected
    assert result.state is State.OK


ATTACHED = (
    b"\n--b1\nContent-Type: application/octet-stream%s\nContent-Disposition: attachment%s\n\n%s"
)
NAMES = [
    (b"", b'; filename="=?utf-7?Q?inv+2D0-oice.txt?="', "inv\ufffdoice.txt"),
    (b"", b'; filename="rechnung-f\xfcr.txt"', "rechnung-für.txt"),
    (b"", b"; filename*0*=utf-8''http%3A%2F%2Fn; filename*1*=ame.evil-mail.com", None),
    (b'; name="=?utf-8?b?aHR0cDovL25hbWUuZXZpbC1tYWlsLmNvbQ==?="', b"", None),
    (b"", b'; filename="a.txt"', "a.txt"),
]


@pytest.mark.parametrize(("kind", "name", "expected"), NAMES)
def test_a_file_name_in_any_encoding_keeps_its_file(
    kind: bytes, name: bytes, expected: str | None, read: Read
) -> None:
    content = HEAD + MIXED + b"; boundary=b1\n" + ATTACHED % (kind, name, TEXT) + b"\n--b1--\n"
    result = read("a.eml", content)
    found = {one.evidence.ioc.value for one in result.occurrences()}
    assert LINK in found
    if expected is None:
        assert "http://name.evil-mail.com" in found
    else:
        assert result.files[1].name == expected
    assert result.state is State.OK


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (
            b'access-type=URL;\n URL="http://ext.evil-\n mail.com/a.exe"',
            "http://ext.evil-mail.com/a.exe",
        ),
        (b"access-type=anon-ftp; site=ext.evil-mail.com; name=a", "ext.evil-mail.com"),
    ],
)
def test_the_address_of_an_external_body_is_read(
    parameters: bytes, expected: str, read: Read
) -> None:
    part = b"\n--b1\nContent-Type: message/external-body; " + parameters + b"\n\n\n--b1--\n"
    result = read("a.eml", HEAD + MIXED + b"; boundary=b1\n" + part)
    assert expected in {one.evidence.ioc.value for one in result.occurrences()}


FIRST = b"Content-Transfer-Encoding: quoted-printable\n\nhttp://fi=\nrst.evil-mail.com/\n"
SECOND = b"\nhttp://second.evil-mail.com/\n"
TIME = b" Mon Jan  1 10:00:00 2024\n"
BOXES = {
    "no time": b"From a@b.example\n" + HEAD + FIRST,
    "the first without a time": b"From - \n" + HEAD + FIRST + b"\nFrom -" + TIME + HEAD + SECOND,
    "none with a time": b"From a@b\n" + HEAD + FIRST + b"\nFrom c@d\n" + HEAD + SECOND,
    "no blank line": b"From a@b" + TIME + HEAD + FIRST + b"From c@d" + TIME + HEAD + SECOND,
    "CRLF": (
        (b"From -\n" + HEAD + FIRST + b"\nFrom -" + TIME + HEAD + SECOND).replace(b"\n", b"\r\n")
    ),
    "From in a body": b"From a@b" + TIME + HEAD + b"\nFrom here on: read\n\nFrom now on http://"
    + b"first.evil-mail.com/\n",
}  # fmt: skip


@pytest.mark.parametrize("name", BOXES)
def test_every_mail_of_a_mailbox_is_read(name: str, read: Read) -> None:
    result = read("a.mbox", BOXES[name])
    found = {one.evidence.ioc.value: one.place.part for one in result.occurrences()}
    assert found["http://first.evil-mail.com/"] == "message 1 > body"
    assert ("http://second.evil-mail.com/" in found) == (SECOND in BOXES[name].replace(b"\r", b""))
    assert (result.document.kind, result.state) == (Kind.MBOX, State.OK)
    assert len(result.files) == 2 + (b"second" in BOXES[name])


@pytest.mark.parametrize(
    "content",
    [
        uuencoded(TEXT),
        b"Dear all,\n\n" + uuencoded(TEXT) + b"\nBye\n",
        uuencoded(TEXT * 9).replace(b"\n", b"\r\n"),
        uuencoded(TEXT).replace(b"`", b" "),
        HEAD + b"\nhere it is\n" + uuencoded(TEXT),
        uuencoded(b"x") + b"\n" + uuencoded(TEXT, b"second file.txt"),
    ],
)
def test_uuencoded_files_are_read(content: bytes, read: Read) -> None:
    result = read("a.txt", content)
    assert LINK in {one.evidence.ioc.value for one in result.occurrences()}
    assert {file.part for file in result.files[1:]} <= {
        "uuencoded a.txt",
        "uuencoded second file.txt",
    }
    assert result.state is State.OK


def test_the_end_of_an_uuencoded_file_may_be_missing(read: Read) -> None:
    result = read("a.txt", uuencoded(TEXT * 9)[:-40])
    assert LINK in {one.evidence.ioc.value for one in result.occurrences()}
    assert (result.state, result.reason) == (
        State.PARTIAL,
        "uuencoded a.txt: Its end is missing.",
    )
