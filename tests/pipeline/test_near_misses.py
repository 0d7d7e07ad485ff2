from __future__ import annotations

import pytest

from app.pipeline import NearMiss, extract


def near_misses(text: str) -> list[tuple[str, str, str]]:
    """Return text, reason, and type and value of the IOC (empty if there is none) of each."""
    return [(miss.text, miss.reason, _ioc(miss)) for miss in extract(text).near_misses]


def _ioc(miss: NearMiss) -> str:
    return f"{miss.ioc.type} {miss.ioc.value}" if miss.ioc else ""


@pytest.mark.parametrize(
    ("pasted", "reason", "expected_ioc"),
    [
        ("999.1.1.1", "no octet is above 255", ""),
        ("999[.]1[.]1[.]1", "no octet is above 255", ""),
        ("10.0.19041.1", "no octet is above 255", ""),
        ("1.2.3.4.5", "an address has four numbers", ""),
        ("10.010.1.1", "no octet begins with a zero", ""),
        ("v2.4.0.1", "a version number", ""),
        ("setup.exe", "a file name", ""),
        ("invoice_7.pdf", "a file name", ""),
        ("evil.zip", "a file name", "domain evil.zip"),
        ("readme.md", "a file name", "domain readme.md"),
        ("Win32/Spy.Tiny.CL", "a detection name", "domain spy.tiny.cl"),
        ("W64/BURNTCIGAR.CA!tr", "a detection name", "domain burntcigar.ca"),
        ("Trojan:Win32/Agent.QOF", "a detection name", ""),
        ("PSW.Agent.AW", "a detection name", "domain psw.agent.aw"),
        ("socket.io", "a name in program text", "domain socket.io"),
        ("this.name", "a variable of a program", "domain this.name"),
        ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3", "the checksum of a Bitcoin address is wrong", ""),
        ("0" * 32, "digits only, no hash", f"md5 {'0' * 32}"),
        ("a" * 63, "63 hexadecimal digits: no hash has this length", ""),
        ("0x" + "1a" * 16, "a number after 0x, as serial numbers are written", f"md5 {'1a' * 16}"),
        ("{0a1b2c3d-1111-2222-3333-0a1b2c3d4e5f}", "a GUID, no hash", ""),
        ("T1000000", "no ATT&CK technique has this number", ""),
        ("CVE-99-1", "a CVE has a year and four to seven digits", ""),
        ("AS99999999999", "no AS number has this number", ""),
        ("evil[.]corpx", ".corpx is no top-level domain", "domain evil.corpx"),
        ("http://srv01.corpx/a?b", "no known top-level domain", "url http://srv01.corpx/a?b"),
        ("http://srv01:8080/a", "no known top-level domain", "url http://srv01:8080/a"),
        ("12:30:45::", "a time", "ipv6 12:30:45::"),
        ("1::2", "a slice of a list", "ipv6 1::2"),
        ("aa:bb:cc:dd:ee:ff:00:11", "a hardware address", "ipv6 aa:bb:cc:dd:ee:ff:0:11"),
    ],
)
def test_a_near_miss_gives_its_reason_in_words(pasted: str, reason: str, expected_ioc: str) -> None:
    expected = [(pasted.strip("{}"), reason, expected_ioc)]
    assert near_misses(f"see {pasted} there") == expected


@pytest.mark.parametrize(
    ("text", "reason", "expected_ioc"),
    [
        ("version 1.2.3.4", "a version or section number", "ipv4 1.2.3.4"),
        ("call +49.30.12.34", "a telephone number", "ipv4 49.30.12.34"),
        ("from /home/evil-shop.com/x", "a part of a path", "domain evil-shop.com"),
        ("Message-ID: <a.b@evil-shop.com>", "a Message-ID", "email a.b@evil-shop.com"),
    ],
)
def test_the_surrounding_text_can_be_the_reason(text: str, reason: str, expected_ioc: str) -> None:
    ((_, told, ioc),) = near_misses(text)
    assert (told, ioc) == (reason, expected_ioc)


@pytest.mark.parametrize(
    "text",
    [
        "an end.Next sentence, e.g. this one",
        "event.category and process.parent.name1 are fields, 14.6k of them",
        "std::vector<int> and std::string::npos",
        "at 12:30:45 from 00:11:22:33:44:55 on 2026-01-02T10:11:12",
        "C:\\Windows\\System32\\cmd.exe and /usr/lib/libc.so.6",
        "c2hvcCBpcyBhIHNob3AgYW5kIGEgc2hvcCBpcyBhIHNob3A=",
        "1234567890123456789012345678901234567890123",
        "http:// and https://",
        "evil-shop.com/index.php?x=setup.exe",
        "AS400 was",
    ],
)
def test_ordinary_words_are_no_near_misses(text: str) -> None:
    assert [miss for miss in near_misses(text) if miss[0] != "AS400"] == []


def test_an_ioc_found_elsewhere_is_no_near_miss() -> None:
    assert near_misses("evil.zip and later evil[.]zip") == []


def test_each_near_miss_is_listed_once_at_its_first_place_and_cut() -> None:
    extraction = extract("a\n\n setup.exe 1.2.3.4.5\nsetup.exe " + "1.2.3." * 40 + "4.5")
    assert [(miss.text[:9], miss.line, miss.offset) for miss in extraction.near_misses] == [
        ("setup.exe", 3, 4),
        ("1.2.3.4.5", 3, 14),
        ("1.2.3.1.2", 4, 34),
    ]
    assert len(extraction.near_misses[2].text) == 200
    assert extraction.near_misses[2].end == 34 + 243
