"""Hosts with a slash behind them that are no URLs: ports, Java addresses, images, settings."""

from __future__ import annotations

import pytest

from app.pipeline import extract
from tests.pipeline.found import found

SHA256 = "9b2a1f0c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9.8.7.6:443/tcp open https", ["ipv4 9.8.7.6"]),
        ("0.0.0.0:443->443/tcp 9.8.7.5:53/udp", ["ipv4 0.0.0.0", "ipv4 9.8.7.5"]),
        ("9.8.7.6/443/tcp, 9.8.7.5/UDP.", ["ipv4 9.8.7.6", "ipv4 9.8.7.5"]),
        ("badshop.com:53/udp", ["domain badshop.com"]),
        ("refused: db.badshop.com/9.8.7.6:443", ["domain db.badshop.com", "ipv4 9.8.7.6"]),
        ("unknown host db.badshop.com/9.8.7.6.", ["domain db.badshop.com", "ipv4 9.8.7.6"]),
        (
            f"hub.badshop.com:5000/team/app@sha256:{SHA256}",
            ["domain hub.badshop.com", f"sha256 {SHA256}"],
        ),
        ("hub.badshop.com/team/app:v1.2-alpine", ["domain hub.badshop.com"]),
        ("image: hub.badshop.com/team/app", ["domain hub.badshop.com"]),
        ('pulling image "hub.badshop.com/team/app:dev"', ["domain hub.badshop.com"]),
        ("docker pull hub.badshop.com/team/app", ["domain hub.badshop.com"]),
        ("FROM hub.badshop.com/base/os AS build", ["domain hub.badshop.com"]),
        ("ghcr.io/team/app", ["domain ghcr.io"]),
    ],
)
def test_a_host_stands_alone_where_no_path_follows(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: networking.badshop.io/v1\nkind: Ingress",
        '{"apiVersion":"badshop.io/v1beta1","kind":"Issuer"}',
        "  badshop.io/v1alpha1\n  kind: Issuer",
        'metadata:\n  labels:\n    badshop.com/team: "y"',
        "app.kubernetes.io/name: x",
        "issuer.cert.badshop.io/ca configured",
        "cmp=com.badshop.mm/.ui.LauncherUI",
        "com.badshop.mm/com.badshop.mm.ui.LauncherUI",
        '"/Applications/Bad Tool.app/Contents/Info.plist" was changed',
        "/Users/bob/Bad Tool.app/x",
    ],
)
def test_names_of_settings_and_programs_are_no_hosts(text: str) -> None:
    assert found(text) == []
    assert [miss.reason for miss in extract(text).near_misses] == ["a name in program text"]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("9.8.7.6:8080/tcp/x", "/tcp/x"),
        ("badshop.com/tcp", "/tcp"),
        ("9.8.7.6:80/https.php", "/https.php"),
        ("badshop.com/1.2.3.4/x", "/1.2.3.4/x"),
        ("badshop.com/1.2.3.400", "/1.2.3.400"),
        ("badshop.com/a.js:10:5", "/a.js:10:5"),
        ("en.badshop.com/wiki/Category:Foo", "/wiki/Category:Foo"),
        ("badshop.com/a: payload", "/a"),
        ("badshop.com/a created by them", "/a"),
        ("image: badshop.com/evil.png", "/evil.png"),
        ("the docker host asked badshop.com/a", "/a"),
        ("badshop.com/.git/config", "/.git/config"),
        ("com.badshop.mm/.env", "/.env"),
        ("see badshop.com/v1 and", "/v1"),
        ("badshop.app/x", "/x"),
    ],
)
def test_a_path_makes_a_url(text: str, path: str) -> None:
    (url,) = found(text)
    assert url.startswith("url http://")
    assert url.endswith(path)
