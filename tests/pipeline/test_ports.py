"""The port behind an address or a host is evidence; the IOC is the same without it."""

from __future__ import annotations

import pytest

from app.pipeline import extract


@pytest.mark.parametrize(
    ("text", "value", "port"),
    [
        ("beacons to 185.220.101.45:443.", "185.220.101.45", 443),
        ("185[.]220[.]101[.]45[:]4444/tcp", "185.220.101.45", 4444),
        ("dst=185.220.101.45:8080,src=", "185.220.101.45", 8080),
        ("inside/185.220.101.45:22 built", "185.220.101.45", 22),
        ("185.220.101.45:443;185.220.101.46:80", "185.220.101.45", 443),
        ("to 185.220.101.45 on TCP port 22", "185.220.101.45", 22),
        ("from 185.220.101.45 port 51234 ssh2", "185.220.101.45", 51234),
        ("185.220.101.45, port 81", "185.220.101.45", 81),
        ("IP 10.0.0.5.51234 > 185.220.101.45.443: Flags [S]", "185.220.101.45", 443),
        ("[2001:db8::7]:53", "2001:db8::7", 53),
        ("IP6 2a02:47::5.54321 > 2a02:47:b::1.443: Flags [S]", "2a02:47:b::1", 443),
        ("IP6 2a02:47::5.54321 > 2a02:47:b::1.443: Flags [S]", "2a02:47::5", 54321),
        ("tcp6 0 0 2a02:47:b::1.22 fe80::1.50000 ESTABLISHED", "2a02:47:b::1", 22),
        ("at 2a02:47:b::1. 22 others", "2a02:47:b::1", None),
        ("evil-shop.com:8443", "evil-shop.com", 8443),
        ("185.220.101.45", "185.220.101.45", None),
        ("185.220.101.45:0", "185.220.101.45", None),
        ("185.220.101.45:70000", "185.220.101.45", None),
        ("185.220.101.45:12:30", "185.220.101.45", None),
        ("185.220.101.45 and a port 443", "185.220.101.45", None),
        ("evil-shop.com: 443 visitors", "evil-shop.com", None),
        ("http://evil-shop.com:8443/x", "http://evil-shop.com:8443/x", None),
        ("CVE-2024-3400:443", "CVE-2024-3400", None),
    ],
)
def test_the_port_at_the_first_place_is_told(text: str, value: str, port: int | None) -> None:
    ports = {evidence.ioc.value: evidence.port for evidence in extract(text).found}
    assert ports[value] == port


def test_a_port_at_a_later_place_is_not_that_of_the_first() -> None:
    (evidence,) = extract("185.220.101.45 and 185.220.101.45:443").found
    assert (evidence.port, evidence.count) == (None, 2)


SERVICE = "duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion"


@pytest.mark.parametrize("host", [SERVICE, f"www.{SERVICE}", SERVICE.upper()])
def test_an_onion_service_of_version_3_is_marked(host: str) -> None:
    (evidence,) = extract(f"leak site {host}").found
    assert evidence.rule == "Tor onion service of version 3, with a correct checksum"


@pytest.mark.parametrize(
    "host", [SERVICE.replace("duck", "dock", 1), "e" * 56 + ".onion", f"{SERVICE[:55]}e.onion"]
)
def test_another_onion_name_is_a_host_name(host: str) -> None:
    (evidence,) = extract(f"leak site {host}").found
    assert evidence.rule == "host name with a known top-level domain"
