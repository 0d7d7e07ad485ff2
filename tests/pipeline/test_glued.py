"""IOCs to which the next sentence, an arrow or a mark is glued; ports, ids and wrapped hashes."""

from __future__ import annotations

import pytest

from tests.pipeline.found import found

SHA256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
MD5 = "5d41402abc4b2a76b9719d911017c592"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The IP was 9.8.7.6.It is hosted", "ipv4 9.8.7.6"),
        ("IP 9.8.7.6.El servidor", "ipv4 9.8.7.6"),
        ("9[.]8[.]7[.]6.The server", "ipv4 9.8.7.6"),
        ("badshop[.]top.The site", "domain badshop.top"),
        ("badshop[.]com.In case", "domain badshop.com"),
        ("info@badshop[.]com.The next", "email info@badshop.com"),
        ("mail info@badshop.com.In case", "email info@badshop.com"),
        ("anna@badshop.top.Please reply", "email anna@badshop.top"),
        ("https://badshop.top/b->x", "url https://badshop.top/b"),
        ("https://badshop.top/c=>x", "url https://badshop.top/c"),
        ("_https://badshop.top/b_", "url https://badshop.top/b"),
        ("~~https://badshop.top/c~~", "url https://badshop.top/c"),
        ("https://badshop.top:/a x", "url https://badshop.top/a"),
        ("dst inside:9.8.7.6/22 src outside:9.8.7.6/40512", "ipv4 9.8.7.6"),
        ("redis://:p4ss@9.8.7.6:6379/0", "ipv4 9.8.7.6"),
        ("mysql://root:root@9.8.7.6/app", "ipv4 9.8.7.6"),
        ("ASN: 57678", "asn AS57678"),
        ("AS: 57678", "asn AS57678"),
        (f"SHA-256\n{SHA256[:32]}\n{SHA256[32:]}", f"sha256 {SHA256}"),
        (f"sha256: {SHA256[:32]} {SHA256[32:]}", f"sha256 {SHA256}"),
        (f"| sha256 | {SHA256[:32]}<br>{SHA256[32:]} |", f"sha256 {SHA256}"),
        (f"SHA256: {SHA256[:63]}\n{SHA256[63:]}\nSize", f"sha256 {SHA256}"),
        ("mal\u2010ware\u2010c2.top", "domain mal-ware-c2.top"),
        ("http://nb\u2011hyphen.top/c", "url http://nb-hyphen.top/c"),
        ("$c='{1}{0}' -f 'fmt.top/b','http://ps-'\r\niwr $c", "url http://ps-fmt.top/b"),
        ("mhtml:http://badshop.top/a.html!x-usc:http://x", "url http://badshop.top/a.html"),
        ('CONCATENATE("http://bad","shop.top/a")', "url http://badshop.top/a"),
        ('concat("http://9.8",".7.6/","a")', "url http://9.8.7.6/a"),
    ],
)
def test_what_is_glued_is_no_part_of_the_ioc(text: str, expected: str) -> None:
    assert found(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ANNA@BADSHOP.COM now", ["email anna@badshop.com"]),
        ("10.1.2.0/24 and 10.1.2.3/24", ["cidr 10.1.2.0/24"]),
        (f'"a.exe","trace","{MD5}"', [f"md5 {MD5}"]),
        (f"{MD5} {MD5[::-1]}", [f"md5 {MD5}", f"md5 {MD5[::-1]}"]),
        ('arr.concat("badshop.com")', ["domain badshop.com"]),
    ],
)
def test_what_looks_alike_stays(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        f'"customerIDString":"{MD5}"',
        f"/var/lib/docker/containers/{SHA256}/config",
        f"containerd://{SHA256}",
        f"Administrator:500:{MD5}:{MD5[::-1]}:::",
        f"Serial number: {MD5.upper()}",
        f"saddr={MD5}",
        f"HEAD is now at {MD5}01234567",
        f"git checkout {MD5}01234567",
        f"X-Amz-Signature={SHA256}",
        "cpe:2.3:a:vendor:gate:1.2.3.4:*:*",
        "hotfix 4.2.3.5",
        "upgrade from 9.8.7.6",
    ],
)
def test_ids_and_versions_are_no_iocs(text: str) -> None:
    assert found(text) == []
