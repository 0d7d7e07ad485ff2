from __future__ import annotations

import pytest

from app.pipeline.blocks import blocks
from tests.pipeline.found import found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [""]),
        ("one line", ["one line"]),
        ("a1234\n\nb1234\nc1234\n\nd", ["a1234\n\n", "b1234\n", "c1234\n\nd"]),
        ("a12345=\nb1234=\r\nc1234\nd12345678", ["a12345=\nb1234=\r\nc1234\n", "d12345678"]),
        ("a" * 30, ["a" * 30]),
    ],
)
def test_text_is_cut_between_lines(text: str, expected: list[str]) -> None:
    assert list(blocks(text, size=5)) == expected


def test_a_long_text_gives_the_same_iocs_as_its_lines() -> None:
    numbers = [divmod(i, 250) for i in range(3000)]
    lines = [f"10.{a}.{b}.1 saw host{a}-{b}[.]net and hxxp://x{a}-{b}[.]org/x" for a, b in numbers]
    expected = [ioc for line in lines for ioc in found(line)]
    assert found("\n".join(lines)) == expected
    assert found("\n\n".join(lines)) == expected
    assert found(" ".join(lines)) == expected
    assert found("\n".join(lines + lines)) == expected
