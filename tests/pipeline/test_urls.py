from __future__ import annotations

import pytest

from tests.pipeline.found import found

URL = "http://badshop.com/x"


@pytest.mark.parametrize(
    "text",
    [
        "(http://badshop.com/x)",
        "http://badshop.com/x).",
        "http://badshop.com/x,",
        "[t](http://badshop.com/x)",
        "[http://badshop.com/x](http://badshop.com/x)",
        "|http://badshop.com/x|y|",
        "`http://badshop.com/x`",
        "**http://badshop.com/x**",
        '"http://badshop.com/x","y"',
        "['http://badshop.com/x', 1]",
        "<http://badshop.com/x>",
        "\u201chttp://badshop.com/x\u201d",
        "http://badshop.com/x\u2026",
        "&lt;http://badshop.com/x&gt;",
        "&quot;http://badshop.com/x&quot;",
        "http:\\/\\/badshop.com\\/x",
        "http://badshop.com/x\\n",
        "http://badshop.com/x[the label]",
        "url:http://badshop.com/x",
        "HTTP://BADSHOP.COM/x",
        "badshop.com/x",
        "BADSHOP[.]com/x.",
    ],
)
def test_a_url_ends_before_the_marks_of_the_text(text: str) -> None:
    assert found(text) == [f"url {URL}"]


@pytest.mark.parametrize(
    "url",
    [
        "http://badshop.com",
        "https://badshop.com/a_(b)?q=1&r=2#frag",
        "http://badshop.com/a,b?x=1;y=2",
        "http://user:pw@badshop.com/x",
        "http://badshop.com:8080/x",
        "http://localhost:8080/x",
        "http://1.2.3.4/24",
        "http://[2001:db8::1]:8080/x",
        "https://badshop.com/r?u=http://other.com/x",
        "http://badshop.com/?filter[a]=1",
        "http://badshop.com/~u/*x*/y",
        "ftp://badshop.com/f",
        "wss://badshop.com/s",
        "ldap://badshop.com:1389/a",
        "http://badshop.com/?dim=3D",
        "https://xn--bcher-kva.de/\u00fc",
    ],
)
def test_url_is_kept_whole(url: str) -> None:
    assert found(f"see {url} there") == [f"url {url}"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://a.com/x,http://b.com/y", ["url http://a.com/x", "url http://b.com/y"]),
        ("http://a.com/x\\nhttp://b.com/y", ["url http://a.com/x", "url http://b.com/y"]),
        ("http://badshop.com:99999/x", ["url http://badshop.com"]),
        ("http://BADSHOP.com/Xy", ["url http://badshop.com/Xy"]),
        ("http://[2001:DB8:0::1]/x", ["url http://[2001:db8::1]/x"]),
        ("https://b\u00fccher.de/", ["url https://xn--bcher-kva.de/"]),
        ("1.2.3.4:8080/x", ["url http://1.2.3.4:8080/x"]),
        ("badshop.com?a=b", ["url http://badshop.com?a=b"]),
        ("http://999.1.1.1/x", []),
        ("http://index.php/x", []),
        ("http://2130706433/x", ["url http://127.0.0.1/x"]),
        ("http://0x7f000001/", ["url http://127.0.0.1/"]),
        ("http://0X7F.1:8080/", ["url http://127.0.0.1:8080/"]),
        ("http://0x7f.0.0.1/", ["url http://127.0.0.1/"]),
        ("http://0177.0.0.1/x", ["url http://127.0.0.1/x"]),
        ("http://a@2130706433/x", ["url http://a@127.0.0.1/x"]),
        ("http://4294967296/x", []),
        ("http://0x1.256.1/x", []),
        ("http://1.2.3/x", []),
        ("http://2024/x", []),
        ("http://08.1.1.1/x", []),
        ("http://0x7g.1/x", []),
        ("http://badshop.com/\u202egpj.exe", ["url http://badshop.com/\u202egpj.exe"]),
        ("\u2068http://badshop.com/x\u2069 there", ["url http://badshop.com/x"]),
        ("http://badshop\u202ecom.exe", []),
        ("http%3A%2F%2Fbadshop.com%2Fx%3Fa%3Db", ["url http://badshop.com/x?a=b"]),
        ("u=https%253a%252f%252fbadshop.com%252fx&v=1", ["url https://badshop.com/x"]),
        ("hxxp%3A%2F%2Fbadshop.com%2F.", ["url http://badshop.com/"]),
        ("a.com/?u=http%3A%2F%2Fb.com", ["url http://a.com/?u=http%3A%2F%2Fb.com"]),
        ("GET /r?u=http%3A%2F%2F1.2.3.4%2Fx HTTP/1.1", ["url http://1.2.3.4/x"]),
        ("http%3A%2F%2Fbadshop.com badshop.com", ["url http://badshop.com", "domain badshop.com"]),
        ("%252Fbadshop.com", ["domain badshop.com"]),
        ("http%3A%2F%2Findex.php%2Fx", []),
        ("x%3A%2F%2Fbadshop.com", ["domain badshop.com"]),
        ("http://a.com/?u=http%3A%2F%2Fb.com", ["url http://a.com/?u=http%3A%2F%2Fb.com"]),
        ("http://", []),
    ],
)
def test_all_urls_of_a_text_are_found(text: str, expected: list[str]) -> None:
    assert found(text) == expected


def test_entities_are_decoded() -> None:
    assert found('<a href="http://a.com/x?a=1&amp;b=2">') == ["url http://a.com/x?a=1&b=2"]


def test_json_escapes_are_decoded() -> None:
    pasted = '{"u":"http:\\/\\/a.com\\/x?a=1\\u0026b=2"}'
    assert found(pasted) == ["url http://a.com/x?a=1&b=2"]


def test_quoted_printable_is_decoded_in_paragraphs_that_show_it() -> None:
    assert found('<a href=3D"http://a.com/?b=3D1">') == ["url http://a.com/?b=1"]
    assert found("http://a.com/?a=3D1&b=\n=3D2") == ["url http://a.com/?a=1&b=2"]
    assert found("http://a.com/?a=3D1\n\nhttp://b.com/?c=3D2&d=3D3") == [
        "url http://a.com/?a=3D1",
        "url http://b.com/?c=2&d=3",
    ]


def test_soft_breaks_are_joined() -> None:
    assert found("http://a.com/?a=3D1/lo=\nng/p=\r\nath") == ["url http://a.com/?a=1/long/path"]


def test_a_line_of_full_length_proves_quoted_printable() -> None:
    url = "http://a.com/" + "x" * 80
    assert found(f"{url[:75]}=\n{url[75:]}") == [f"url {url}"]


def test_a_soft_break_before_a_blank_line_joins_nothing() -> None:
    assert found("=3D http://a.com/?a=3D1&b=\n\nc") == ["url http://a.com/?a=1&b="]
    assert found("http://a.com/?filter[a][b]=1 http://b.com/[x][.") == [
        "url http://a.com/?filter[a][b]=1",
        "url http://b.com/",
    ]


def test_lines_of_base64_are_not_joined() -> None:
    assert found("c2hvcA==\nc2hvcDE=\na.com\nc2hvcDE=\nb.com") == ["domain a.com", "domain b.com"]


@pytest.mark.parametrize("word", ["It was", "The file", "We saw", "And then"])
def test_the_first_word_of_a_sentence_is_no_part_of_a_path(word: str) -> None:
    assert found(f"from https://badshop.com/a.{word}") == ["url https://badshop.com/a"]
    assert found(f"from badshop.com/a/b.{word}") == ["url http://badshop.com/a/b"]


@pytest.mark.parametrize("end", ["a.It", "a.It is", "a.it was", "a.Exe was", "It was"])
def test_what_may_be_an_extension_stays_in_a_path(end: str) -> None:
    url = f"https://badshop.com/{end}"
    text = url if end != "a.It is" else f"{url[:-3]}\tis"
    assert found(text) == [f"url {url.split()[0]}"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://badshop.com/Miller's-Work/a1", "http://badshop.com/Miller's-Work/a1"),
        ("badshop.com/men's/shoes_b's_c", "http://badshop.com/men's/shoes_b's_c"),
        ("'http://badshop.com/a's-b", "http://badshop.com/a"),
        ("http://badshop.com/a's page", "http://badshop.com/a"),
        ("http://badshop.com/a'-b", "http://badshop.com/a"),
    ],
)
def test_an_apostrophe_inside_of_a_word_stays_in_a_path(text: str, expected: str) -> None:
    assert found(text) == [f"url {expected}"]


@pytest.mark.parametrize(
    "text",
    [
        "www.badshop.com/go?x=1&y=http://other.com/z#frag",
        "badshop.com:8080/go?url=https://other.com/z",
        "badshop.com/http://other.com/z",
    ],
)
def test_a_url_without_a_scheme_may_hold_one_with_it(text: str) -> None:
    assert found(text) == [f"url http://{text}"]
    assert found(f"see ({text}) there") == [f"url http://{text}"]


@pytest.mark.parametrize("left", ["url=", "setup.exe/x=", "README.md/", "x/y=", "a, "])
def test_a_url_behind_a_mark_is_alone(left: str) -> None:
    assert "url http://other.com/z" in found(f"{left}http://other.com/z")


@pytest.mark.parametrize("host", ["9%2e8%2e7%2e6", "9.8.7.6", "badshop%2Ecom"])
def test_a_url_that_is_encoded_behind_a_second_scheme_is_decoded(host: str) -> None:
    plain = host.replace("%2e", ".").replace("%2E", ".")
    assert found(f"http://http%3a%2f%2f{host}%2fa") == [f"url http://{plain}/a"]
