"""The heading of a column says that its cells are versions or user names."""

from __future__ import annotations

import pytest

from tests.pipeline.found import found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Product,Version,Host\nEdge,9.8.7.6,bad.com\n", ["domain bad.com"]),
        ("name\tFile version\tip\r\nfoo\t9.8.7.6\t9.8.7.5\r\n", ["ipv4 9.8.7.5"]),
        ("| package | version |\n|---|---|\n| openssl | 9.8.7.6 |\n", []),
        ('"ip";"ProductVersion"\n"9.8.7.5";"9.8.7.6"\n', ["ipv4 9.8.7.5"]),
        ("user,host\nben.info,s.bad.com\nmax.live,9.8.7.5", ["domain s.bad.com", "ipv4 9.8.7.5"]),
        ("id,User Name\n1,ben.info\n", []),
    ],
)  # fmt: skip
def test_cells_below_such_a_heading_are_no_iocs(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("version,ip\n\n9.8.7.6,9.8.7.5\n", ["ipv4 9.8.7.6", "ipv4 9.8.7.5"]),
        ("ip,version\n9.8.7.6,2\n", ["ipv4 9.8.7.6"]),
        ("9.8.7.5,version,x\na,9.8.7.6,b\n", ["ipv4 9.8.7.5", "ipv4 9.8.7.6"]),
        ("x,version,y\na,99.8.7.6,b\n", ["ipv4 99.8.7.6"]),
        ("the version, which\nwas 1,9.8.7.6 here\n", ["ipv4 9.8.7.6"]),
        ("user,host\nanna,ben.info\n", ["domain ben.info"]),
        ("a,inversion,ip\nq,9.8.7.6,9.8.7.5\n", ["ipv4 9.8.7.6", "ipv4 9.8.7.5"]),
        ("a,version\nb,9.8.7.6,c\n", ["ipv4 9.8.7.6"]),
        ("user,host\nevil.com,x\n", ["domain evil.com"]),
    ],
)
def test_other_cells_stay_iocs(text: str, expected: list[str]) -> None:
    assert found(text) == expected


def test_a_commit_behind_the_name_of_a_repository_is_no_hash() -> None:
    commit = "8ade135a41bc03ea155e62e844d188df1ea18608"
    assert found(f"uses: actions/checkout@{commit} # v4") == []
    assert found(f"uses: a/b/c@{commit}") == []
    assert found(f"sample a@{commit}") == [f"sha1 {commit}"]
