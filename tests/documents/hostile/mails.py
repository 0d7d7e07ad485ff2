"""Makes hostile mails."""

from __future__ import annotations

from base64 import b64encode

from tests.documents.hostile.model import TEXT, Hostile, half
from tests.documents.make import mail, ole
from tests.documents.make.archives import aes_zip_of
from tests.documents.samples import EML, MSG


def _nested_mail(depth: int = 60) -> bytes:
    message = mail.mail(mail.body(TEXT))
    for number in range(depth):
        message = mail.mail(mail.inner(message), boundary=b"b%d" % number)
    return message


def _deep_multipart(depth: int = 3_000) -> bytes:
    head = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n)
        for n in range(depth)
    )
    return b"From: a@b.com\r\nSubject: x\r\nMIME-Version: 1.0\r\n" + head + b"\r\n" + TEXT


def _many_parts(count: int = 20_000) -> bytes:
    parts = b"".join(b"--b\r\n\r\n%d\r\n" % n for n in range(count))
    kind = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    return mail.HEADERS + kind + b"--b\r\n\r\n" + TEXT + b"\r\n" + parts + b"--b--\r\n"


MAILS = (
    Hostile("mail nested 60 deep", _nested_mail),
    Hostile("mail of 3,000 multiparts", _deep_multipart),
    Hostile("mail of 20,000 parts", _many_parts),
    Hostile(
        "mail with a header of 5 MB",
        lambda: mail.HEADERS + b"X-A: " + b"=?utf-8?q?a?= " * 350_000 + b"\r\n\r\n" + TEXT,
    ),
    Hostile(
        "mail without its boundary",
        lambda: mail.HEADERS + b'Content-Type: multipart/mixed; boundary="none"\r\n\r\n' + TEXT,
    ),
    Hostile(
        "mail with unknown encodings",
        lambda: (
            mail.HEADERS
            + b'Content-Type: text/plain; charset="x\xff"\r\n'
            + b"Content-Transfer-Encoding: none\r\n\r\n"
            + TEXT
        ),
    ),
    Hostile(
        "mail with a false encoding",
        lambda: mail.HEADERS + b"Content-Type: text/plain; charset=utf-16\r\n\r\n" + TEXT,
    ),
    Hostile(
        "mail with an archive that is encrypted",
        lambda: mail.mail(mail.attachment(b"a.zip", aes_zip_of({"a": TEXT}, "x"))),
    ),
    Hostile("mail cut off", lambda: half(EML)[: 4 * len(EML) // 9] + b"\r\n" + TEXT),
    Hostile(
        "mail of 300,000 From lines",
        lambda: b"From a@b.com 10:00\n" + mail.HEADERS + b"\n" + TEXT + b"\nFrom x\n" * 300_000,
    ),
    Hostile(
        "mail of URLs that are never closed",
        lambda: mail.HEADERS + b"\r\n" + TEXT + b"<http://a\n" * 200_000,
    ),
    Hostile(
        "mail of lines that flow on",
        lambda: (
            mail.HEADERS
            + b"Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\n"
            + TEXT
            + b"\n> x \n>> " * 300_000
        ),
    ),
    Hostile(
        "mail of uuencoded files without an end",
        lambda: mail.HEADERS + b"\r\n" + TEXT + b"\nbegin 644 a\nM" * 200_000,
    ),
    Hostile(
        "mail of uuencoded lines that belong to no file",
        lambda: mail.HEADERS + b"\r\n" + TEXT + b"\nbegin 644 a\n#86)C\n#86)C\n" * 90_000,
    ),
    Hostile(
        "mail of PGP messages",
        lambda: (
            mail.HEADERS
            + b"\r\n"
            + TEXT
            + b"\n-----BEGIN PGP MESSAGE-----\n" * 99_999
            + b"-----END PGP MESSAGE-----"
        ),
    ),
    Hostile(
        "mail of base64 that is padded everywhere",
        lambda: (
            mail.HEADERS
            + b"Content-Transfer-Encoding: base64\r\n\r\n"
            + b64encode(TEXT)
            + b"=A" * 2_000_000
        ),
    ),
    Hostile(
        "mail of multiparts without their boundaries",
        lambda: (
            mail.HEADERS
            + b"Content-Type: multipart/mixed\r\n\r\n"
            + TEXT
            + b"\r\n--b\r\nContent-Type: multipart/mixed\r\n" * 20_000
        ),
    ),
    Hostile(
        "Apple Mail with a false length",
        lambda: b"9" * 40 + b"\n" + mail.HEADERS + b"\r\n" + TEXT,
    ),
    Hostile("MSG cut off", lambda: half(ole.msg({0x1000: "a" * 9000 + TEXT.decode()}))),
    Hostile(
        "MSG without its properties",
        lambda: MSG.replace(b"\x00_\x003\x007\x00", b"\x00_\x009\x009\x00") + TEXT,
    ),
)
