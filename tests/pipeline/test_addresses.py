from __future__ import annotations

import pytest

from tests.pipeline.found import found


@pytest.mark.parametrize(
    "text",
    [
        "999.1.1.1",
        "256.1.1.1",
        "1.2.3.4.5",
        "194.156.98.259",
        "1.2.3",
        "01.02.03.04",
        "1..2.3.4",
        "1.2.3.4a",
        "a1.2.3.4",
        "+1.23.45.67",
        "OID 1.3.6.1.4.1.311.2.1.12",
        "oid: 1.2.3.4",
        "2.5.29.15",
        "version 10.0.0.1",
        "FileVersion=1.2.3.4",
        "Version: 6.1.7.2",
        "mscorlib, Version=4.0.0.0, Culture=neutral",
        "versions 1.2.3.4, 1.2.3.5 and 1.2.3.6",
        "prior to 9.1.3.4",
        "section 3.2.1.4",
        "v2.4.0.1",
        'v="8.0.0.0"',
        "Chrome/126.0.0.0 Safari/537.36",
        "OPR/106.0.0.0",
        "10.0.19041.1",
        "kernel 5.4.0.1",
    ],
)
def test_other_dotted_numbers_are_not_found_as_addresses(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "1.2.3.4",
        "1.2.3.4.",
        "1.2.3.4...",
        '"1.2.3.4"',
        "[1.2.3.4]",
        "<1.2.3.4>",
        "1.2.3.4:8080",
        "ip=1.2.3.4;",
        "srcip:1.2.3.4",
        "user@1.2.3.4",
        "1.2.3.4/33",
        "inside:1.2.3.4/443",
        "outside/1.2.3.4(53)",
        "HIER_DIRECT/1.2.3.4",
        "tcp://1.2.3.4:443",
        "\\\\1.2.3.4\\share",
        "first:\\n1.2.3.4\\n",
        "1.2.3.4#53",
    ],
)
def test_address_is_found(text: str) -> None:
    assert found(text) == ["ipv4 1.2.3.4"]


@pytest.mark.parametrize(
    "text",
    ["1.2.3.4-1.2.3.9", "1.2.3.4,1.2.3.9", "1.2.3.4/1.2.3.9", "1[.]2[.]3[.]4/1[.]2[.]3[.]9"],
)
def test_addresses_side_by_side_are_found(text: str) -> None:
    assert found(text) == ["ipv4 1.2.3.4", "ipv4 1.2.3.9"]


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("185.220.101.0/24", "185.220.101.0/24"),
        ("10[.]0[.]0[.]0/8.", "10.0.0.0/8"),
        ("10.1.2.3/24", "10.1.2.0/24"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("::/0", "::/0"),
        ("2001:db8:0:0:1::/64,", "2001:db8:0:0::/64"),
    ],
)
def test_network_is_found(text: str, network: str) -> None:
    expected = network.replace("2001:db8:0:0::", "2001:db8::")
    assert found(text) == [f"cidr {expected}"]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::1", "::1"),
        ("fe80::", "fe80::"),
        ("IPv6:2001:db8::1]", "2001:db8::1"),
        ("src:2001:db8::5,", "2001:db8::5"),
        ("2001:db8::1.", "2001:db8::1"),
        ("::ffff:192.0.2.128", "::ffff:192.0.2.128"),
        ("::ffff:c000:280", "::ffff:192.0.2.128"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
        ("dead:beef::cafe", "dead:beef::cafe"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
    ],
)
def test_ipv6_is_found(text: str, address: str) -> None:
    assert found(text) == [f"ipv6 {address}"]


@pytest.mark.parametrize(
    "text",
    [
        "10:21:53",
        "12:30::45",
        "0::ffff",
        "1:0::",
        "00:1a:2b:3c:4d:5",
        "00:11:22:33:44:55:66:77",
        "aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99",
        "std::vector",
        "a::b",
        "Foo::Bar::baz",
        "foo::1",
        "std::abc::dad",
        "::",
        "0::",
        "x[1::2]",
        "y[::4]",
        "01:02:03::",
        "1:2:3:4:5:6:7:8:9",
        "2001:db8::1::2",
        "::ffff:1.2.3.256",
        "2001:db8::12345",
    ],
)
def test_other_text_with_colons_is_not_found_as_ipv6(text: str) -> None:
    assert found(text) == []


def test_text_right_after_a_network_is_not_found_as_a_host() -> None:
    assert found("see 1.2.3.4/24[.]badshop[.]com") == ["cidr 1.2.3.0/24"]


def test_an_address_is_found_after_a_network_or_url_that_begins_with_it() -> None:
    assert found("10.9.8.0/24 10.9.8.0") == ["cidr 10.9.8.0/24", "ipv4 10.9.8.0"]
    assert found("shop.com/x shop.com") == ["url http://shop.com/x", "domain shop.com"]


def test_a_percent_sign_before_a_defanged_address_is_not_read_as_percent_encoding() -> None:
    assert found("at %12[.]3[.]4[.]5") == ["ipv4 12.3.4.5"]


def test_four_numbers_after_a_version_word_are_no_address_even_if_found_before() -> None:
    assert found("1.2.3.4 called; update to version 1.2.3.4, 1.2.3.5") == ["ipv4 1.2.3.4"]


def test_a_plus_sign_separates_addresses() -> None:
    assert found("9.9.9.1+9.9.9.2") == ["ipv4 9.9.9.1", "ipv4 9.9.9.2"]
    assert found("call +49.30.12.34") == []


@pytest.mark.parametrize("before", ["+", "\xa7", "v.", "v: ", "ver ", "build=", "Chrome/"])
def test_what_stands_at_the_begin_of_a_text_speaks_against_an_address_too(before: str) -> None:
    assert found(f"{before}9.8.7.6") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NetScaler 13.1.49.13 is affected", []),
        ("F5 BIG-IP 15.1.10.2, 16.1.2.1 and 17.1.0.3", []),
        ("the plugin 1.2.3.4 for WordPress", []),
        ("Chrome 203.0.113.7 visited", ["ipv4 203.0.113.7"]),
        ("Chrome: 9.8.7.6", ["ipv4 9.8.7.6"]),
        ("an oddbig-ip 15.1.10.2", ["ipv4 15.1.10.2"]),
    ],
)
def test_a_small_number_behind_a_product_begins_a_version(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("docker pull ghcr.io/group/name:1.2.3.4", ["domain ghcr.io"]),
        ("FROM name:1.2.3.4", []),
        ('image: "group/name:1.2.3.4"', []),
        ("docker pull badshop.com:5000/x:1.2.3.4", ["domain badshop.com"]),
        ("inside/dmz:9.8.7.6", ["ipv4 9.8.7.6"]),
        ("LOGIN FROM host:9.8.7.6", ["ipv4 9.8.7.6"]),
        ("git push origin:9.8.7.6", ["ipv4 9.8.7.6"]),
        ("fw.badshop.com/outside:203.0.113.7", ["domain fw.badshop.com", "ipv4 203.0.113.7"]),
        ("source:9.8.7.6", ["ipv4 9.8.7.6"]),
        ("Mozilla/5.0 (compatible; bot/1.2.3.4; x)", []),
        ('"Mozilla/5.0 (compatible)" via proxy/9.8.7.6', ["ipv4 9.8.7.6"]),
    ],
)
def test_tags_of_images_and_versions_of_robots_are_no_addresses(
    text: str, expected: list[str]
) -> None:
    assert found(text) == expected
