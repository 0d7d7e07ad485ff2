from __future__ import annotations

import pytest

from tests.pipeline.found import found


@pytest.mark.parametrize(
    "text",
    [
        "bob@badshop.com",
        "mailto:bob@badshop.com",
        "<bob@badshop.com>",
        "to=bob@BADSHOP.com,",
        "Bob@badshop.com.",
        "%3Cbob@badshop.com",
        "a@bob@badshop.com",
    ],
)
def test_mail_address_is_found(text: str) -> None:
    assert found(text) == ["email bob@badshop.com"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("foo.bar+tag@a.co.uk", ["email foo.bar+tag@a.co.uk"]),
        ("from=<a@b.com> to=<c@d.com>", ["email a@b.com", "email c@d.com"]),
        ("bob@b\u00fccher.de", ["email bob@xn--bcher-kva.de"]),
        ("http://user:pw@a.com/", ["url http://user:pw@a.com/"]),
        ("http://a.com/?e=bob@b.com", ["url http://a.com/?e=bob@b.com"]),
        ("Message-ID: <abc.1@mail.badshop.com>", []),
        ("bob@nothing", []),
        ("bob@", []),
        ("@", []),
        ("x" * 70 + "@badshop.com", ["domain badshop.com"]),
    ],
)
def test_all_mail_addresses_of_a_text_are_found(text: str, expected: list[str]) -> None:
    assert found(text) == expected


def test_a_quoted_at_sign_makes_no_address_of_its_neighbours() -> None:
    assert found("a=3D1, b=3D2: mail =40user@a.com") == ["email user@a.com"]


@pytest.mark.parametrize(
    "url",
    [
        "amqp://u:p%40x@db.badshop.com:5672/v",
        "redis://:p@ss@db.badshop.com:6379/0",
        "postgres://user:p$x@db.badshop.com/name",
    ],
)
def test_a_password_of_an_address_is_no_mailbox(url: str) -> None:
    assert found(url) == ["domain db.badshop.com"]


@pytest.mark.parametrize("text", ["ftp://a.com/x;bob@badshop.com", "x://y bob@badshop.com"])
def test_a_mailbox_beside_an_address_is_found(text: str) -> None:
    assert "email bob@badshop.com" in found(text)
