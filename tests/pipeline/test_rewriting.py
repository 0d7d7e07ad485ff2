from __future__ import annotations

import pytest
from hypothesis import assume, example, given

from app.pipeline import extract_iocs
from app.pipeline.rewriting import defang_stream, refang_stream
from tests.pipeline.test_properties import PASTES


def defanged(text: str) -> str:
    return "".join(defang_stream([text]))


def refanged(text: str) -> str:
    return "".join(refang_stream([text]))


TEXTS = [
    ("see evil.com, evil.com", "see evil[.]com, evil[.]com", "see evil.com, evil.com"),
    ("Evil.com and evil[.]net.", "Evil[.]com and evil[.]net.", "Evil.com and evil.net."),
    ("hxxps://A[.]org/b.c?d=e", "hxxps://A[.]org/b.c?d=e", "https://A.org/b.c?d=e"),
    ("<http://a.org/x.php>\r\n", "<hxxp://a[.]org/x.php>\r\n", "<http://a.org/x.php>\r\n"),
    ("(a.org/x)", "(a[.]org/x)", "(a.org/x)"),
    (
        "h**p://a.org/ ftp://b.org/",
        "hxxp://a[.]org/ ftp[:]//b[.]org/",
        "http://a.org/ ftp://b.org/",
    ),
    ("ann at b dot org", "ann[@]b[.]org", "ann@b.org"),
    ("10.0.0.1:80 2001:db8::1", "10[.]0[.]0[.]1:80 2001[:]db8[:][:]1", "10.0.0.1:80 2001:db8::1"),
    ("1.2.3.0/24 bücher.de", "1[.]2[.]3[.]0/24 bücher[.]de", "1.2.3.0/24 bücher.de"),
    ("setup.exe 999.1.1.1 v1.2", "setup.exe 999.1.1.1 v1.2", "setup.exe 999.1.1.1 v1.2"),
    ("CVE 2024 3400 T1059", "CVE 2024 3400 T1059", "CVE 2024 3400 T1059"),
    ("D41D8CD98F00B204E9800998ECF8427E", *["D41D8CD98F00B204E9800998ECF8427E"] * 2),
    ("[.] \x1b[31m \x01\t\n\n", *["[.] \x1b[31m \x01\t\n\n"] * 2),
    ("", "", ""),
]


@pytest.mark.parametrize(("text", "as_defanged", "as_refanged"), TEXTS)
def test_iocs_are_rewritten_in_place(text: str, as_defanged: str, as_refanged: str) -> None:
    assert defanged(text) == as_defanged
    assert refanged(text) == as_refanged


def test_every_occurrence_is_rewritten() -> None:
    line = "evil.com 1.2.3.4 2001:db8::1 http://evil.com/a a@evil.com x.org\n"
    again = (
        "evil[.]com 1[.]2[.]3[.]4 2001[:]db8[:][:]1 hxxp://evil[.]com/a a[@]evil[.]com x[.]org\n"
    )
    assert defanged(line * 3000) == again * 3000
    assert refanged(again * 3000) == line * 3000


@given(PASTES)
@example("1.2.3.4 dot 0123456789abcdef")
def test_a_rewritten_text_holds_the_same_iocs(text: str) -> None:
    assume("%" not in text)  # an escape before a defanged dot can be read in two ways
    values = {ioc.value for ioc in extract_iocs(text)}
    assert {ioc.value for ioc in extract_iocs(defanged(text))} >= values
    assert values or defanged(text) == refanged(text) == text
