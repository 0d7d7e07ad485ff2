from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pipeline.visible import make_visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("bücher 東京 🙂", "bücher 東京 🙂"),
        ("a\u202egpj.exe", "a‹U+202E›gpj.exe"),
        ("zero\u200bwidth", "zero‹U+200B›width"),
        ("nul\x00 esc\x1b[31m", "nul‹U+0000› esc‹U+001B›[31m"),
        ("two\r\nlines\tand a tab", "two  lines and a tab"),
        ("lone \ud800", "lone ‹U+D800›"),
        ("line\u2028separator", "line‹U+2028›separator"),
        ("e\u0301 is one letter", "e\u0301 is one letter"),
    ],
)
def test_characters_that_steer_the_display_are_shown_by_number(text: str, shown: str) -> None:
    assert make_visible(text) == shown


def test_surplus_combining_marks_are_shown_by_number() -> None:
    shown = make_visible("a" + "\u0301" * 100)
    assert shown.count("\u0301") == 4
    assert shown.count("‹U+0301›") == 96


def test_a_long_text_is_cut() -> None:
    assert make_visible("x" * 1_000_000, 10) == "x" * 10 + "…"
    assert make_visible("x" * 10, 10) == "x" * 10


@given(st.text())
def test_the_result_is_one_printable_line_that_can_be_encoded(text: str) -> None:
    shown = make_visible(text)
    shown.encode()
    assert "\n" not in shown
    assert not any(ord(c) < 32 or 0x202A <= ord(c) <= 0x202E for c in shown)
    assert make_visible(shown) == shown
