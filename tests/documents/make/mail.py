"""Makes mails, as bytes."""

from __future__ import annotations

from base64 import encodebytes
from quopri import encodestring

HEADERS = (
    b"Received: from relay.hop-one.com (relay.hop-one.com [61.5.5.5])\r\n"
    b"\tby mx.victim.org with ESMTP; Mon, 1 Jan 2024 10:00:00 +0000\r\n"
    b"Return-Path: <bounce@return-path.com>\r\n"
    b"From: =?utf-8?q?Your_Bank?= <service@from-header.com>\r\n"
    b"To: you@victim.org\r\n"
    b"Subject: =?utf-8?b?aHh4cDovL3N1YmplY3QtbGluZS5jb20vYQ==?=\r\n"
    b"Message-ID: <1@message-id.com>\r\n"
    b"MIME-Version: 1.0\r\n"
)


def mail(*parts: bytes, boundary: bytes = b"frontier", headers: bytes = HEADERS) -> bytes:
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary, part) for part in parts)
    kind = b'Content-Type: multipart/mixed; boundary="%s"\r\n\r\n' % boundary
    return headers + kind + body + b"--%s--\r\n" % boundary


def body(text: bytes, kind: bytes = b"text/plain") -> bytes:
    quoted = encodestring(text).replace(b"\n", b"\r\n")
    return (
        b"Content-Type: %s; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n%s" % (kind, quoted)
    )


def attachment(name: bytes, content: bytes, kind: bytes = b"application/octet-stream") -> bytes:
    return (
        b"Content-Type: %s\r\n"
        b'Content-Disposition: attachment; filename="%s"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n%s" % (kind, name, encodebytes(content))
    )


def inner(message: bytes) -> bytes:
    return b"Content-Type: message/rfc822\r\n\r\n" + message
