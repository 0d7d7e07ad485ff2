from __future__ import annotations

import pytest

from app.pipeline import extract_iocs
from app.pipeline.defang import defang
from app.pipeline.models import IOC, IOCType


@pytest.mark.parametrize(
    ("kind", "value", "defanged"),
    [
        ("ipv4", "8.8.4.4", "8[.]8[.]4[.]4"),
        ("ipv6", "2a0b:f4c2::10", "2a0b[:]f4c2[:][:]10"),
        ("cidr", "10.0.0.0/8", "10[.]0[.]0[.]0/8"),
        ("cidr", "2a0b:f4c2::/32", "2a0b[:]f4c2[:][:]/32"),
        ("domain", "files.example.net", "files[.]example[.]net"),
        ("email", "a.b@example.net", "a.b[@]example[.]net"),
        ("url", "http://a.example.net/x.php?u=b.c", "hxxp://a[.]example[.]net/x.php?u=b.c"),
        ("url", "https://a.example.net:8080", "hxxps://a[.]example[.]net:8080"),
        ("url", "http://u:p@a.example.net/", "hxxp://u:p[@]a[.]example[.]net/"),
        ("url", "http://a.example.net?x=/y", "hxxp://a[.]example[.]net?x=/y"),
        ("url", "ftp://a.example.net/x", "ftp[:]//a[.]example[.]net/x"),
        ("url", "http://[2a0b:f4c2::10]:80/x", "hxxp://[2a0b:f4c2::10]:80/x"),
        ("url", "http://10.0.0.1/", "hxxp://10[.]0[.]0[.]1/"),
        ("md5", "0" * 32, "0" * 32),
        ("cve", "CVE-2024-3400", "CVE-2024-3400"),
    ],
)
def test_the_host_is_defanged_and_the_path_stays_readable(
    kind: str, value: str, defanged: str
) -> None:
    assert defang(IOC(IOCType(kind), value)) == defanged


@pytest.mark.parametrize(
    "value",
    [
        "http://a.example.net/x.php?u=b.c",
        "https://files.example.net:8443/a_(b)",
        "http://[2a0b:f4c2::10]:80/x",
        "files.example.net",
        "anna@example.net",
        "8.8.4.4",
        "2a0b:f4c2::10",
    ],
)
def test_a_defanged_ioc_is_found_again(value: str) -> None:
    (ioc,) = extract_iocs(f"see {value} there")
    assert ioc.value == value
    assert [found.value for found in extract_iocs(f"see {defang(ioc)} there")] == [value]
