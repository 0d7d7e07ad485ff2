"""S/MIME and PGP: what is signed is read, what is encrypted is told."""

from __future__ import annotations

from base64 import encodebytes
from collections.abc import Callable

import pytest

from app.documents.kinds import Kind
from app.documents.models import State
from tests.documents.conftest import Read
from tests.documents.make import signed
from tests.documents.make.archives import zip_of

BODY = (
    b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + encodebytes(b"see http://inside.evil-mail.com/a")
)  # fmt: skip
INSIDE = "http://inside.evil-mail.com/a"
ARMOR = (
    b"-----BEGIN PGP MESSAGE-----\nVersion: 1\n\n" + encodebytes(bytes(range(130, 255))) +
    b"=abcd\n-----END PGP MESSAGE-----\n"
)  # fmt: skip
HEAD = b"From: a@b.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"


def in_mail(content: bytes) -> bytes:
    return (
        HEAD
        + b'Content-Type: application/pkcs7-mime; name="smime.p7m"\r\n'
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + encodebytes(content)
    )


@pytest.mark.parametrize(
    "content",
    [
        signed.signed(BODY),
        signed.signed_in_pieces(BODY),
        signed.signed(signed.signed(BODY)),
        signed.compressed(BODY),
        signed.signed(zip_of({"a.txt": INSIDE})),
        in_mail(signed.signed(BODY)),
        in_mail(signed.signed_in_pieces(signed.compressed(BODY))),
        b"-----BEGIN PKCS7-----\n" + encodebytes(signed.signed(BODY)) + b"-----END PKCS7-----\n",
    ],
    ids=["der", "pieces", "twice", "compressed", "zip", "mail", "mail and pieces", "armor"],
)
def test_what_is_signed_or_compressed_is_read_whole(content: bytes, read: Read) -> None:
    result = read("smime.p7m", content)
    assert INSIDE in {one.evidence.ioc.value for one in result.occurrences()}
    assert (result.state, result.reason) == (State.OK, "")


def test_a_signature_that_stands_beside_its_text_has_certificates_only(read: Read) -> None:
    result = read("smime.p7s", signed.detached())
    assert [(one.place.part, one.evidence.ioc.value) for one in result.occurrences()] == [
        ("certificates", "http://crl.evil-mail.com/list.crl")
    ]
    assert result.state is State.OK


PGP_MAIL = (
    HEAD
    + b'Content-Type: multipart/encrypted; boundary="b"; protocol="application/pgp-encrypted"\r\n'
    + b"\r\n--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
    + b'--b\r\nContent-Type: application/octet-stream; name="encrypted.asc"\r\n\r\n'
    + ARMOR
    + b"\r\n--b--\r\n"
)


@pytest.mark.parametrize(
    "content",
    [
        signed.encrypted(),
        signed.encrypted(signed.ENCRYPTED),
        signed.encrypted(signed.AUTHENTICATED),
        in_mail(signed.encrypted()),
        signed.signed(signed.encrypted()),
        PGP_MAIL,
        HEAD + b"\r\nHello,\n" + ARMOR,
        ARMOR,
        b"my answer\n" + ARMOR.replace(b"\n", b"\r\n"),
        b"\x85\x01\x0c\x03" + bytes(range(256)),
        b"\x8c\x0d\x04\x09\x03\x08" + bytes(range(256)),
    ],
    ids=[
        "enveloped", "encrypted", "authenticated", "mail", "signed outside", "PGP/MIME", "PGP body",
        "PGP file", "PGP text", "PGP key", "PGP password",
    ],
)  # fmt: skip
def test_what_is_encrypted_is_told(content: bytes, read: Read) -> None:
    result = read("message", content)
    assert result.state in (State.PARTIAL, State.FAILED)
    assert "encrypted" in result.reason


@pytest.mark.parametrize(
    "content",
    [
        b"Mails begin with -----BEGIN PGP MESSAGE----- and end with -----END PGP MESSAGE-----.",
        b"-----BEGIN PGP MESSAGE-----\n(your text)\n-----END PGP MESSAGE-----\n",
        b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nhttp://a.evil-mail.com/\n",
        b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n" + encodebytes(bytes(range(130, 255))),
        HEAD + b"\r\nthe body says: encrypted\r\n",
    ],
)
def test_what_only_speaks_of_encryption_is_read_whole(content: bytes, read: Read) -> None:
    assert read("note.txt", content).state is State.OK


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (signed.signed(BODY)[:-60], "end is missing"),
        (signed.signed_in_pieces(BODY)[:-60], "end is missing"),
        (signed.compressed(BODY)[:-20], "end is missing"),
        (signed.signed(b"")[:20], "no content"),
        (signed.detached()[:-20], "end is missing"),
        (b"0\x80\x06\x09" + signed.SIGNED + b"\xa0\x80" * 60, "damaged"),
        (signed.message(signed.SIGNED, b"\x30\x88" + b"\xff" * 8), "no content"),
        (signed.message(signed.SIGNED, b"\x1f\x81\x80\x00"), "damaged"),
        (signed.message(signed.DATA, b""), "no content"),
        (lambda: signed.compressed(bytes(90 << 20)), "unpacks to more"),
    ],
    ids=[
        "cut", "cut in pieces", "cut and compressed", "nothing left",
        "cut beside its text", "endless nesting",
        "huge length", "long tag", "data alone", "bomb",
    ],
)  # fmt: skip
def test_a_damaged_message_says_what_was_lost(
    content: bytes | Callable[[], bytes], reason: str, read: Read
) -> None:
    result = read("smime.p7m", content if isinstance(content, bytes) else content())
    assert result.document.kind == Kind.SMIME
    assert result.state in (State.PARTIAL, State.FAILED)
    assert reason in result.reason
