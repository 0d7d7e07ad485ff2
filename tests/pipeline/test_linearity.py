"""An extraction takes time in proportion to the text, for hostile texts too."""

from __future__ import annotations

import sys
import time
from types import FrameType

import pytest

from app.pipeline import extract_iocs
from app.pipeline.words import word_set

pytestmark = pytest.mark.slow

SIZE = 12_000
WORDS = word_set(
    """
    a. . http http:// https://a.com/ deadbeef01234567 a[.] a@ a@b. 1.1.1. 1: :: a- [ [. ( =3D (at)
    %41/ &amp; \\n \\. / http://a.com/, http://a.com/) http://a.com/[ http://a.com/( cve as AS1
    T1059 bc1q 1BvB [a]= 'a'+ 'a'+'a' a+'a' a^ (1)a |01|a \\x01a Chr(97)& [char]97+ [97,97,97,97
    aHR0cHM6Ly9iYWRzaXRlLmNvbS9hLmpz (97,97 ";a+=" @] .[com] _DOT_a _AT_ %2ea %40 hxxp//a.com
    http:\\a [::] \x01 \x01. \u3002 \u8bbf \u8bbf.a \u00fc. \ufeff
    """
)
SPACED = [
    " @ a.b",
    "a @ ",
    "aHR0cHM6Ly9iYWRzaXRlLmNvbS9hLmpz\n",
    "deadbeef " * 4,
    "SHA256: ",
    " ",
    "\n",
    "=\n",
    "\n\n",
    " dot ",
    "a dot ",
    "a at b dot ",
    "x at ",
    "version 1.2.3.4, ",
    "].join('')",
    "'a', ",
    "'a','b'].join('') ",
    "'a','b' -join '' ",
    "'{0}' -f 'a', ",
    "''.join(['a', ",
    "'a'[::-1]",
    "StrReverse('a",
    "'.split('').reverse().join('')",
    "a.zip\n",
    "a.com/x=http://",
    "http://a.com/a's-",
]


def _work(text: str) -> int:
    """Return the number of Python calls of an extraction: seconds depend on the machine's load."""
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        extract_iocs(text)
    finally:
        sys.setprofile(None)
    return calls


PIECES = [*sorted(WORDS), *SPACED]


def _seconds(text: str) -> float:
    """Return the processor time of an extraction, which other programs change little."""
    times = []
    for _ in range(4):
        start = time.process_time()
        extract_iocs(text)
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.parametrize("piece", PIECES)
def test_time_grows_with_the_text(piece: str) -> None:
    text = (piece * 80_000)[:80_000]
    # Eight times the text: 8 is linear, 64 quadratic.
    assert _seconds(text) <= 24 * max(_seconds(text[:10_000]), 0.002)


@pytest.mark.parametrize("piece", PIECES)
def test_work_grows_with_the_text(piece: str) -> None:
    text = (piece * SIZE)[: 2 * SIZE]
    assert _work(text) <= 2.3 * _work(text[:SIZE]) + 200
