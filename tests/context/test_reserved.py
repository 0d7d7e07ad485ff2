from __future__ import annotations

import pytest

from app.context.reserved import reserved_reason
from app.pipeline.models import IOC, IOCType


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("10.0.4.17", "RFC 1918"),
        ("172.31.255.255", "RFC 1918"),
        ("192.168.1.1", "RFC 1918"),
        ("100.64.0.1", "RFC 6598"),
        ("127.0.0.1", "loopback"),
        ("169.254.169.254", "link-local"),
        ("192.0.2.1", "documentation"),
        ("198.51.100.7", "documentation"),
        ("203.0.113.7", "documentation"),
        ("198.18.0.1", "benchmarking"),
        ("224.0.0.251", "multicast"),
        ("255.255.255.255", "broadcast"),
        ("250.1.2.3", "reserved"),
        ("0.0.0.0", "unspecified"),
        ("::1", "loopback"),
        ("::", "unspecified"),
        ("fd00::1", "RFC 4193"),
        ("fe80::1", "link-local"),
        ("ff02::1", "multicast"),
        ("2001:db8::1", "documentation"),
        ("3fff::1", "documentation"),
        ("::ffff:10.0.0.1", "RFC 1918"),
        ("::10.0.0.1", "RFC 1918"),
        ("64:ff9b::a00:1", "RFC 1918"),
        ("2002:a00:1::1", "RFC 1918"),
    ],
)
def test_an_address_of_a_reserved_range_is_held_back(value: str, word: str) -> None:
    kind = IOCType.IPV6 if ":" in value else IOCType.IPV4
    assert word in (reserved_reason(IOC(kind, value)) or "")


@pytest.mark.parametrize(
    "value", ["8.8.8.8", "172.32.0.1", "100.128.0.1", "185.220.101.45", "2a0b:f4c2::10"]
)
def test_a_public_address_is_not_held_back(value: str) -> None:
    kind = IOCType.IPV6 if ":" in value else IOCType.IPV4
    assert reserved_reason(IOC(kind, value)) is None


@pytest.mark.parametrize(
    ("value", "held"),
    [
        ("printer.local", True),
        ("db.corp.internal", True),
        ("localhost", True),
        ("a.test", True),
        ("b.invalid", True),
        ("c.example", True),
        ("c.Example.", True),
        ("nas.home.arpa", True),
        ("1.0.0.10.in-addr.arpa", True),
        ("8.8.8.8.in-addr.arpa", False),
        ("x.in-addr.arpa", False),
        ("example.com", False),
        ("local.com", False),
        ("testing.tests", False),
    ],
)
def test_names_outside_of_the_public_dns_are_held_back(value: str, held: bool) -> None:
    assert (reserved_reason(IOC(IOCType.DOMAIN, value)) is not None) == held


@pytest.mark.parametrize(
    ("value", "held"),
    [
        ("http://10.0.0.1/x", True),
        ("http://user:pw@192.168.0.1:8080/", True),
        ("https://[fd00::1]/x", True),
        ("https://[::ffff:127.0.0.1]/x", True),
        ("http://intranet.internal/", True),
        ("http://localhost:5000/", True),
        ("http://2130706433/", True),
        ("http://0x7f.1/", True),
        ("http://017700000001/", True),
        ("http://10.1/", True),
        ("http://8.8.8.8/10.0.0.1", False),
        ("http://a.example.com/?u=http://10.0.0.1/", False),
        ("http://1e100.net/", False),
        ("http://[broken/", False),
    ],
)
def test_a_url_is_held_back_for_its_host(value: str, held: bool) -> None:
    assert (reserved_reason(IOC(IOCType.URL, value)) is not None) == held


def test_iocs_of_other_types_are_never_held_back() -> None:
    assert reserved_reason(IOC(IOCType.CVE, "CVE-2024-3400")) is None
