from __future__ import annotations

import pytest

from tests.pipeline.found import found


@pytest.mark.parametrize(
    "pasted",
    [
        "bad-shop[.]com",
        "bad-shop(.)com",
        "bad-shop{.}com",
        "bad-shop<.>com",
        "bad-shop[dot]com",
        "bad-shop(DOT)com",
        "bad-shop{dot}com",
        "bad-shop[ . ]com",
        "bad-shop [.] com",
        "bad-shop [dot] com",
        "bad-shop[.com",
        "bad-shop.]com",
        "bad-shop\\.com",
        "bad-shop\\\\.com",
        "bad-shop[.] com",
        "bad-shop [.]com",
        "bad-shop.[com]",
        "bad-shop.{com}",
        "bad-shop.(com)",
        "bad-shop[,]com",
        "bad-shop[\\.]com",
        "bad-shop(\\.)com",
        "bad-shop\\[.\\]com",
        "bad-shop[d0t]com",
        "bad-shop_DOT_com",
        "bad-shop%2ecom",
        "bad-shop\\x2ecom",
        "bad-shop\\\\x2ecom",
        "bad-shop\\u{2e}com",
        "bad-shop dot com",
        "bad-shop&#46;com",
        "bad-shop&period;com",
        "bad-shop\u3002com",
        "bad-\u200bshop.com",
        "bad-shop(.)\u200bcom",
        "bad-shop\u200b[.]com",
        "\u0130 bad-shop dot com",
        "(bad-shop[.]com)",
        "`bad-shop[.]com`",
        "*.bad-shop[.]com",
        "bad-shop[.]com:8443",
        "bad-shop[.]com[:]8443",
        "> bad-shop[.]com",
    ],
)
def test_dot_is_refanged(pasted: str) -> None:
    assert found(f"seen at {pasted} twice") == ["domain bad-shop.com"]


@pytest.mark.parametrize(
    "pasted",
    [
        "45.137.21[.]9",
        "45[.]137[.]21[.]9",
        "45(.)137(.)21(.)9",
        "45[.137[.21[.9",
        "45\\.137\\.21\\.9",
    ],
)
def test_address_is_refanged_in_part_or_in_full(pasted: str) -> None:
    assert found(f"beacon to {pasted}, daily") == ["ipv4 45.137.21.9"]


@pytest.mark.parametrize(
    "scheme",
    ["http", "hxxp", "hXXp", "HXXP", "hxtp", "h**p", "h__p", "h[tt]p", "h(tt)p", "meow"],
)
@pytest.mark.parametrize("colon", ["://", "[:]//", "[://]", "(:)//"])
def test_scheme_is_refanged(scheme: str, colon: str) -> None:
    assert found(f"{scheme}{colon}bad-shop[.]com/A") == ["url http://bad-shop.com/A"]


@pytest.mark.parametrize(
    "scheme", ["https", "hxxps", "hXXpS", "h**ps", "h[tt]ps", "http[s]", "meows"]
)
def test_secure_scheme_is_refanged(scheme: str) -> None:
    assert found(f"{scheme}://bad-shop[.]com") == ["url https://bad-shop.com"]


@pytest.mark.parametrize(
    "pasted",
    [
        *("hxxxp{s}://bad-shop[.]com/A", "h00p{s}://bad-shop.com/A", "htp{s}://bad-shop.com/A"),
        *("hhttp{s}://bad-shop.com/A", "hzzp{s}://bad-shop.com/A", "h-t-t-p{s}://bad-shop.com/A"),
        *("h t t p{s}://bad-shop.com/A", "ttp{s}://bad-shop.com/A", "xxp{s}://bad-shop[.]com/A"),
        *(
            "purr{s}://bad-shop[.]com/A",
            "[http{s}]://bad-shop[.]com/A",
            "(hxxp{s})://bad-shop.com/A",
        ),
        *(
            "hxxp{s}:// bad-shop[.]com/A",
            "hxxp{s} ://bad-shop[.]com/A",
            "hxxp{s}: //bad-shop[.]com/A",
        ),
        *("hxxp{s}//bad-shop[.]com/A", "http{s}//bad-shop.com/A", "hxxp{s};//bad-shop[.]com/A"),
        *("http{s}:/bad-shop.com/A", "http{s}:///bad-shop.com/A", "http{s}:bad-shop.com/A"),
        *("hxxp{s}: bad-shop[.]com/A", "http{s}:\\\\bad-shop.com\\A", "hxxp{s}:\\bad-shop[.]com/A"),
        *(
            "http{s}:%2f%2fbad-shop.com/A",
            "http{s}%3A//bad-shop.com/A",
            "http{s}%3a%2f%2fbad-shop.com%2fA",
        ),
        *(
            "hxxp{s}[:][/][/]bad-shop[.]com/A",
            "http{s}[:]/[/]bad-shop.com/A",
            "'hxxp{s}[:/]/bad-shop.com/A'",
        ),
        *(
            "url=http{s}:/bad-shop.com/A",
            'href="hxxp{s}:/bad-shop.com/A"',
            "<http{s}:/bad-shop.com/A>",
        ),
    ],
)
def test_spoilt_scheme_and_its_marks_are_refanged(pasted: str) -> None:
    plain, secure = pasted.replace("{s}", ""), pasted.replace("{s}", "s")
    assert found(f"payload at {plain}") == ["url http://bad-shop.com/A"]
    assert found(f"payload at {secure}") == ["url https://bad-shop.com/A"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HTTP: bad-shop.com is down", ["domain bad-shop.com"]),
        ("a purr: bad-shop.com", ["domain bad-shop.com"]),
        ("service HTTP/web01.bad-shop.com", []),
        ("import x //bad-shop.com is a comment", ["domain bad-shop.com"]),
        ("http:8080, https:443 and http:/", []),
        ("C:\\http\\bad-shop.com", []),
        ("https://*.bad-shop.com/a", ["domain bad-shop.com"]),
        ("*://*.bad-shop.com/*", ["domain bad-shop.com"]),
        ("https://a.org/web/2020/http:/bad-shop.com/x", None),
        ("https://a.org/?u=http:/bad-shop.com/x", None),
    ],
)
def test_scheme_in_other_text_is_left_alone(text: str, expected: list[str] | None) -> None:
    assert found(text) == ([f"url {text}"] if expected is None else expected)


@pytest.mark.parametrize(
    "pasted",
    [
        "ivan[@]bad-shop[.]com",
        "ivan[at]bad-shop[dot]com",
        "ivan(at)bad-shop(dot)com",
        "ivan {at} bad-shop {dot} com",
        "ivan<at>bad-shop<dot>com",
        "ivan at bad-shop dot com",
        "ivan@bad-shop[.]com",
        "ivan[@bad-shop.com",
        "ivan@]bad-shop[.]com",
        "ivan[@] bad-shop[.]com",
        "ivan(a)bad-shop.com",
        "ivan (a) bad-shop[.]com",
        "ivan_AT_bad-shop_DOT_com",
        "ivan-at-bad-shop-dot-com",
        "ivan_AT_bad-shop.com",
        "ivan @ bad-shop[.]com",
        "ivan @bad-shop[.]com",
        "ivan@ bad-shop.com",
        "mailto:ivan%40bad-shop.com",
        '<a href="mailto:ivan%40bad-shop%2Ecom">',
        "user=ivan%40bad-shop.com&x=1",
    ],
)
def test_mail_address_is_refanged(pasted: str) -> None:
    assert found(f"mail {pasted} now") == ["email ivan@bad-shop.com"]


def test_a_name_in_words_needs_more_than_one_plain_dot() -> None:
    assert found("www dot badshop dot com") == ["domain www.badshop.com"]


@pytest.mark.parametrize(
    "sentence",
    [
        "in the dot com years",
        "She works at the dot com company",
        "she works at badshop dot com",
        "a polka dot in art",
        "use [.] in a class",
        "look (at) it",
        "done (.) it works",
        "dot dot dot com",
        "the pattern .] is one",
        "look &#x61;t &nosuch; it",
        "a (at) b",
        "domains under [.]com are many",
        "she uses [.]top domains",
        "a pattern x[,]y",
        "the columns dbo.[id] and v.(int)",
        "listen on [::]:80, slice a[::2]",
        "a product_dot_com or connect-the-dot-com",
    ],
)
def test_an_english_sentence_gives_no_address(sentence: str) -> None:
    assert found(sentence) == []


@pytest.mark.parametrize(
    "pasted",
    ["2001[:]db8[:][:]7", "2001[:]db8[::]7", "2001:db8[::]7", "2001(:)db8(::)7", "2001[:]db8::7"],
)
def test_ipv6_is_refanged(pasted: str) -> None:
    assert found(f"C2 {pasted} seen") == ["ipv6 2001:db8::7"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see (a) bad-shop.com or (b) x.org", ["domain bad-shop.com", "domain x.org"]),
        ("foo<a>bad-shop.com</a>", ["domain bad-shop.com"]),
        ("the panel @ bad-shop.com", ["domain bad-shop.com"]),
        ("C2 @ bad-shop.com", ["domain bad-shop.com"]),
        ("thanks @bad-shop.com", ["domain bad-shop.com"]),
        ("look_at_file.py, meet-at-noon", []),
        ("https://bad-shop.com/?u=ivan%40x.org", ["url https://bad-shop.com/?u=ivan%40x.org"]),
        ("http://bad-shop.com/a%2ephp", ["url http://bad-shop.com/a%2ephp"]),
        ("http://%62ad-shop%2Ecom/a", ["url http://bad-shop.com/a"]),
        ("https:\\x2f\\x2fbad-shop.com\\x2fa\\u0026b", ["url https://bad-shop.com/a&b"]),
        ("https://bad-shop.com/?a=1\\\\u0026b=2", ["url https://bad-shop.com/?a=1&b=2"]),
        ("src\\x64\\bad-shop.com", []),
    ],
)
def test_marks_in_other_text_stay(text: str, expected: list[str]) -> None:
    assert found(text) == expected


def test_path_is_refanged_too() -> None:
    assert found("bad-shop[.]com[/]a[.]php") == ["url http://bad-shop.com/a.php"]


def test_the_internal_mark_for_a_dot_is_not_read_as_a_dot_in_the_pasted_text() -> None:
    assert found("bad-shop\x01com") == []
