from __future__ import annotations

import pytest

from tests.pipeline.found import found

MD5 = "0123456789abcdef" * 2
SHA1 = MD5 + "01234567"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MD5, f"md5 {MD5}"),
        (MD5.upper(), f"md5 {MD5}"),
        (f"md5:{MD5},", f"md5 {MD5}"),
        (f"img_{MD5}.png", f"md5 {MD5}"),
        (f"{MD5}.exe", f"md5 {MD5}"),
        (f"sha1={SHA1};", f"sha1 {SHA1}"),
        (f"`{MD5 * 2}`", f"sha256 {MD5 * 2}"),
        (MD5 * 4, f"sha512 {MD5 * 4}"),
    ],
)
def test_hash_is_found(text: str, expected: str) -> None:
    assert found(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        f"x{MD5}",
        f"0x{MD5}",
        f"{MD5}ab",
        "1" * 32,
        "6B29FC40-CA47-1067-B31D-00DD010662DA",
        "1536:Wv3fK9cD5nYPYcPdZcGfQgYJYd:Wv3C9cDZYwcVZ0",
    ],
)
def test_other_hexadecimal_text_is_not_found_as_a_hash(text: str) -> None:
    assert found(text) == []


def test_hexadecimal_text_in_a_host_is_not_found_as_a_hash() -> None:
    assert found(f"pub-{MD5}.r2.dev") == [f"domain pub-{MD5}.r2.dev"]
    assert found(f"https://{MD5}.r2.dev/{MD5}") == [f"url https://{MD5}.r2.dev/{MD5}"]


@pytest.mark.parametrize(
    "text",
    [
        "CVE-2021-44228",
        "cve-2021-44228.",
        "CVE 2021-44228",
        "CVE\u20112021\u201144228",
        "CVE_2021_44228",
        "cve.2021.44228",
        "Exploit.CVE-2021-44228.I",
    ],
)
def test_cve_is_found(text: str) -> None:
    assert found(text) == ["cve CVE-2021-44228"]


@pytest.mark.parametrize("text", ["CVE-99-1", "CVE-2024-XXXX", "XCVE-2021-44228", "CVE-2021-1"])
def test_cve_needs_its_form(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("T1566,", ["attack T1566"]),
        ("(T1059.001)", ["attack T1059.001"]),
        ("attack.t1059.001", ["attack T1059.001"]),
        ("T1000000 XT1059 T2024 T1059.5", []),
        ("AS13335;", ["asn AS13335"]),
        ("ASN013335", ["asn AS13335"]),
        ("AS400 AS 13335 AS99999999999", []),
        ("AS09 AS9 AS00400", []),
    ],
)
def test_codes_are_found_and_other_words_are_not(text: str, expected: list[str]) -> None:
    assert found(text) == expected
