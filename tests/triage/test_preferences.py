from __future__ import annotations

import pytest

from app.errors import InvalidPreferenceError
from app.triage.preferences import MOST_LINES, read_domains, read_networks


def test_domains_are_read_from_lines() -> None:
    text = (
        "Example.com\n*.corp-bank.co.uk\r\n\n .b\u00fccher.de. \nintra[.]corp.internal\nexample.com"
    )
    assert read_domains(text) == (
        "example.com",
        "corp-bank.co.uk",
        "xn--bcher-kva.de",
        "intra.corp.internal",
    )
    assert read_domains(" \n ") == ()


def test_networks_are_read_from_lines() -> None:
    assert read_networks("185.10.20.30/16, 8.8.4.4\n2A0B:F4C0::/32") == (
        "185.10.0.0/16",
        "8.8.4.4/32",
        "2a0b:f4c0::/32",
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("https://example.com/", "“https://example.com/” is no domain"),
        ("localhost", "is no domain"),
        ("10.0.0.1", "is no domain"),
        ("a..b", "is no domain"),
        ("-a.com", "is no domain"),
        ("co.uk", "anyone can have a name"),
        ("github.io", "anyone can have a name"),
        ("x" * 300 + ".com", "is no domain"),
    ],
)
def test_an_invalid_domain_is_refused_with_a_sentence(text: str, words: str) -> None:
    with pytest.raises(InvalidPreferenceError, match="Nothing was saved") as caught:
        read_domains(f"example.com\n{text}")
    assert words in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("10.0.0.300/24", "is no network"),
        ("10.0.0.0/33", "is no network"),
        ("example.com", "is no network"),
        ("0.0.0.0/0", "is every address there is"),
        ("::/0", "is every address there is"),
    ],
)
def test_an_invalid_network_is_refused_with_a_sentence(text: str, words: str) -> None:
    with pytest.raises(InvalidPreferenceError, match="Nothing was saved") as caught:
        read_networks(text)
    assert words in str(caught.value)


def test_too_many_lines_are_refused() -> None:
    with pytest.raises(InvalidPreferenceError, match="at most 1000"):
        read_domains("\n".join(f"a{n}.com" for n in range(MOST_LINES + 1)))
