from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.pipeline import extract_iocs
from app.pipeline.defang import defang
from app.pipeline.words import word_set
from tests.fuzz.invariants import is_read_anywhere

WORDS = word_set(
    """
    . [.] (.) [dot] dot \\. \x01 \u3002 :: : [:] :// [://] / // \\ \\/ \\n @ [@] [at] ( ) [ ] { }
    < > ' " ` | , ; ! ? % & = * _ - + # $ ~ \u2026 \u200b \u00fc \u043f &amp; &#46; &lt; =3D \\u0026
    hxxp http https h**p ftp meow www a evil com zip ru exe local 1 2 10 255 256 999 1.2.3.4 2001
    db8 fe80 abcd cve CVE T1059 AS13335 2021 44228 0123456789abcdef bc1q 1BvB version to and mailto:
    %3A%2F%2F %2F http%3A%2F%2F %25 0x7f 1.2.3.4.5 https://www.google.com/url?q= __;!! \u202e
    https://urldefense.com/v3/__ setup.exe Win32/ Agent.QOF T1000000 xn--e1afmkfd.com ?u= p\u0430
    """
)
PIECES = st.sampled_from([*sorted(WORDS), " ", "\n", "\n\n", "\r\n", "\t", "=\n", " dot ", " at "])
PASTES = st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=200)


@given(PASTES)
def test_any_text_is_read_and_holds_each_ioc_that_is_found(text: str) -> None:
    iocs = extract_iocs(text)
    assert len(set(iocs)) == len(iocs)
    for ioc in iocs:
        assert ioc.raw_match in text
        assert ioc.raw_match
        assert ioc.value == ioc.value.strip()


@given(PASTES)
@example("http://http.@useruserco.uk and a+@bad.com")
@example('",8.8.4.4/,/"')
@example("xxp://p[.9%2ei@8.8.4.4")
@example("xxp://p[dot]e%2ex]@8.8.4.4")
@example("AS09")
@example("http://h:f::1co.uk&&@evil.com")
@example("http://first[dot]last@evil.com")
@example("hxxps://first[.]com%2e{@8.8.4.4")
@example("http://evil.at/x.(at)([:]")
@example("fe80::1/+0::ffff:")
@example("\u8686\u2486\u5b86.CL")
@example("\u0444{.-[dot]\u38973")
@example("8.8.4.4/x.php=3D[:](.)/x.php(.)=\n=\n=\nhttp")
@example("http://x.com/a(.)\u2060com")
@example(".".join(["\u00fc" * 40] * 6) + ".com")
def test_defanged_results_give_the_same_iocs(text: str) -> None:
    # Paragraphs, for "=3D" in two URLs of one makes it quoted-printable; and no character without
    # width, which hides a mark in the text and not in the value.
    iocs = extract_iocs(text.replace("\u200b", ""))
    iocs = [ioc for ioc in iocs if is_read_anywhere(ioc)]
    again = extract_iocs("\n\n".join(defang(ioc) for ioc in iocs))
    assert again == iocs


@given(PASTES, PASTES, PASTES)
@settings(max_examples=50)
def test_text_beyond_blank_lines_does_not_change_the_iocs(
    before: str, text: str, after: str
) -> None:
    alone = extract_iocs(text)
    around = extract_iocs(f"{before}\n\n{text}\n\n{after}")
    assert [ioc for ioc in around if ioc in alone] != [] or not alone
    assert set(alone) <= set(around)
    assert set(around) == {*extract_iocs(before), *alone, *extract_iocs(after)}


@given(st.lists(st.sampled_from(["a.com", "1.2.3.4", "x.org/y", "b@c.net", "2001:db8::1"])))
def test_iocs_are_in_the_order_of_their_first_positions(names: list[str]) -> None:
    values = [ioc.raw_match for ioc in extract_iocs(" ".join(names))]
    assert values == list(dict.fromkeys(names))
