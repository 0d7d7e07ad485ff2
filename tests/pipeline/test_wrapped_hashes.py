from __future__ import annotations

import pytest

from tests.pipeline.found import found

SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
SHA1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
MD5 = "d41d8cd98f00b204e9800998ecf8427e"


@pytest.mark.parametrize(
    "text",
    [
        f"SHA256: {SHA256[:32]}\n        {SHA256[32:]}",
        f"SHA-256\t{SHA256[:40]}\r\n{SHA256[40:]}\r\nsize 12",
        f"sha256sum = {SHA256[:48]}\n  {SHA256[48:]}",
        f"| SHA256 | {SHA256[:32]} |\n| {SHA256[32:]} |",
        f"SHA256:\n{SHA256[:32]}\n{SHA256[32:]}\n",
        f"SHA-256 {SHA256[:30].upper()}\n{SHA256[30:60]}\n{SHA256[60:]}",
    ],
)
def test_a_hash_over_several_lines_is_put_together_below_its_label(text: str) -> None:
    assert found(text) == [f"sha256 {SHA256}"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"MD5: {MD5}\n{SHA256[:32]}", [f"md5 {MD5}", f"md5 {SHA256[:32]}"]),
        (f"SHA256: {SHA256}\n{MD5}", [f"sha256 {SHA256}", f"md5 {MD5}"]),
        (f"SHA1: {SHA1}\nMD5: {MD5}", [f"sha1 {SHA1}", f"md5 {MD5}"]),
        (f"{MD5}\n{SHA256[:32]}\n", [f"md5 {MD5}", f"md5 {SHA256[:32]}"]),
        (f"SHA256: {MD5}\n\n\n{SHA256[:32]}", [f"md5 {MD5}", f"md5 {SHA256[:32]}"]),
    ],
)
def test_hashes_below_each_other_stay_apart(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It was badsite3.com.In addition, it", ["domain badsite3.com"]),
        ("see c2.badsite.co.uk.This host", ["domain c2.badsite.co.uk"]),
        ("at badsite.com.au now", ["domain badsite.com.au"]),
        ("request=http://badsite.com/a?b\\=c&d\\=e dhost", ["url http://badsite.com/a?b=c&d=e"]),
    ],
)
def test_a_sentence_that_begins_without_a_space_is_no_part(text: str, expected: list[str]) -> None:
    assert found(text) == expected


def groups(digits: str, size: int, gap: str = " ") -> str:
    return gap.join(digits[n : n + size] for n in range(0, len(digits), size))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"MD5: {groups(MD5, 8)}", f"md5 {MD5}"),
        (f"SHA256 {groups(SHA256.upper(), 8)} setup.exe", f"sha256 {SHA256}"),
        (f"SHA1 hash of a.exe:\r\n{groups(SHA1, 2)}\r\nCertUtil:", f"sha1 {SHA1}"),
        (f"| SHA-1 | {groups(SHA1, 4)} |", f"sha1 {SHA1}"),
        (f"SHA-256\t{groups(SHA256, 8, '  ')}", f"sha256 {SHA256}"),
        (f"SHA256sum: {groups(SHA256[:32], 8)}\n    {groups(SHA256[32:], 8)}", f"sha256 {SHA256}"),
    ],
)
def test_a_hash_in_groups_is_put_together_behind_its_label(text: str, expected: str) -> None:
    assert found(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        groups(MD5, 8),  # a dump of memory looks like this
        f"MD5: {groups(MD5 + '00ff00ff', 8)[:-1]}",
        f"MD5: {groups(MD5 + '00ff', 2)}",
        f"Key fingerprint = {groups(SHA1.upper(), 4)}",
        f"MD5 (x) = {groups(MD5, 8)}g",
        f"CRC32 and MD5:\n{groups(MD5[:24], 8)}\n{groups(SHA1[:24], 8)}\n",
    ],
)
def test_other_groups_of_digits_are_no_hash(text: str) -> None:
    assert found(text) == []
