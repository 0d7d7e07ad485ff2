"""The extractor reads whole lines as they stand in reports, logs and mails."""

from __future__ import annotations

import pytest

from app.pipeline import IOC, IOCType, extract_iocs
from tests.pipeline.found import found

MD5 = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            f'2026-01-02,"mal.shop.com",80,10.2.3.4,"http://shop.com/a,b.exe",{MD5}',
            ["domain mal.shop.com", "ipv4 10.2.3.4", "url http://shop.com/a,b.exe", f"md5 {MD5}"],
        ),
        (
            "Received: from mx.shop.biz (unknown [1.2.3.4]) by mx.home.org with ESMTP id 4F2A1B3C",
            ["domain mx.shop.biz", "ipv4 1.2.3.4", "domain mx.home.org"],
        ),
        (
            "client @0x7f01 1.2.3.4#53 (shop.com): query: shop.com IN A + (10.0.0.1)",
            ["ipv4 1.2.3.4", "domain shop.com", "ipv4 10.0.0.1"],
        ),
        (
            "1760000000.123 90 10.0.0.5 TCP_MISS/200 99 GET http://a.com/x - HIER_DIRECT/1.2.3.4",
            ["ipv4 10.0.0.5", "url http://a.com/x", "ipv4 1.2.3.4"],
        ),
        (
            '1.2.3.4 - - [01/Jan/2026:10:21:53 +0000] "GET /a.php HTTP/1.1" 200 12 "-" '
            '"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36"',
            ["ipv4 1.2.3.4"],
        ),
        (
            f"|`{MD5}` | `drop.dll` | Win64/Packed.Thing.OX | loader, see `shop[.]com`",
            [f"md5 {MD5}", "domain shop.com"],
        ),
        (
            "- 1.2.3[.]4 port 80 - shop[.]com - GET /drew/[base64 string].gif",
            ["ipv4 1.2.3.4", "domain shop.com"],
        ),
        (
            "[domain-name:value = 'shop.com'] OR [url:value = 'http://shop.com/']",
            ["domain shop.com", "url http://shop.com/"],
        ),
        (
            "The https://www.shop.org[SHOP] event is in link:misp-x.event.json[`misp-x.json`].",
            ["url https://www.shop.org"],
        ),
        ("dkim=pass header.i=@shop.com smtp.mailfrom=a@shop.com", None),
    ],
)
def test_the_iocs_of_a_real_line_are_found(line: str, expected: list[str] | None) -> None:
    assert found(line) == (expected or ["domain shop.com", "email a@shop.com"])


def test_each_ioc_is_returned_once_as_first_pasted() -> None:
    assert extract_iocs("hxxp://A[.]com/x?a=1&amp;b=2 http://a.com/x?a=1&b=2 1[.]2.3.4") == [
        IOC(IOCType.URL, "http://a.com/x?a=1&b=2"),
        IOC(IOCType.IPV4, "1.2.3.4"),
    ]
    assert [ioc.raw_match for ioc in extract_iocs("hxxp://A[.]com/x?a=1&amp;b=2 1[.]2.3.4")] == [
        "hxxp://A[.]com/x?a=1&amp;b=2",
        "1[.]2.3.4",
    ]


def test_an_empty_text_gives_no_iocs() -> None:
    assert extract_iocs("") == []
    assert extract_iocs(" \n\t") == []
