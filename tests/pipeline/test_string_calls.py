from __future__ import annotations

import pytest

from app.pipeline import extract
from app.pipeline.code_brackets import find_code_brackets
from app.pipeline.string_calls import Call, find_string_calls
from tests.pipeline.found import found

URL = "http://bad-shop.com/a"
TURNED = URL[::-1]
PERCENT = "".join(f"%{ord(letter):02x}" for letter in URL)


def _calls(text: str) -> list[Call]:
    return list(find_string_calls(text, find_code_brackets(text)))


@pytest.mark.parametrize(
    "pasted",
    [
        "u = ['http://', 'bad-', 'shop.com/a'].join('')",
        'u = ["shop.com/a", "http://bad-"].reverse().join("");',
        'u = [ "http:", "", "bad-shop.com", "a" ] . join( "/" )',
        'u = "".join(["http://bad-", "shop.com/a"])',
        "u = ''.join(('http://bad-', 'shop.com/a'))",
        f'u = "{TURNED}".split("").reverse().join("")',
        "u = 'http:~~bad-shop.com~a'.split('~').join('/')",
        'u = Join(Array("http://bad-", "shop.com/a"), "")',
        f'u = StrReverse("{TURNED}")',
        f"$u = strrev('{TURNED}');",
        f"u = '{TURNED}'[::-1]",
        "$u = 'http://bad-','shop.com/a' -join ''",
        '$u = ("http://bad-", "shop.com/a") -join ""',
        "$u = -join ('http://bad-','shop.com/a')",
        "$u = -join('http://bad-',\n  'shop.com/a')",
        "$u = '{0}{1}' -f 'http://bad-','shop.com/a'",
        "$u = (\"{1}shop{0}\" -f '.com/a', 'http://bad-')",
        f'u = unescape("{PERCENT}")',
        f"u = decodeURIComponent('{PERCENT}')",
        f'$u = urldecode("{PERCENT}");',
        "u = unescape('%u0068ttp://bad-shop.com/a')",
    ],
)
def test_what_calls_put_together_is_found(pasted: str) -> None:
    (evidence,) = extract(pasted).found
    assert evidence.ioc.value == URL
    assert evidence.rule == "string that a call in program text puts together"
    assert evidence.ioc.raw_match == pasted[evidence.offset : evidence.end]
    assert evidence.ioc.raw_match in pasted.removeprefix("u = ").removeprefix("$u = ")


@pytest.mark.parametrize(
    "pasted",
    [
        '["a-shop.com", "b-shop.com"].join(", ")',
        "hosts = ['a-shop.com', 'b-shop.com'].join(separator)",
        'path.join("a-shop.com", name, "b-shop.com")',
        "curl -f 'a-shop.com' 'b-shop.com'",
        "join('a-shop.com', 'b-shop.com')",
        "'a-shop.com', 'b-shop.com'[::-1]\n[::-1]",
    ],
)
def test_lists_that_are_no_parts_of_a_name_stay_as_they_are(pasted: str) -> None:
    assert "domain a-shop.com" in found(pasted)


@pytest.mark.parametrize(
    "pasted",
    [
        "].join('')",
        "'].join('')",
        "['a', b, 'shop.com'].join('')",
        "['a\\'', 'shop.com'].join('')",
        "'{0}' -f",
        "-join (",
        "StrReverse(name)",
        "StrReverse('a",
        "unescape(a + 'b')",
        "[::-1]",
        "x[::-1]",
        "(-f 'a')",
        "''.join([])",
        "curl 'http://a.com' -f 'http://b.com'",
        'reverse("http://a.com/x")',
        "'www.a.com'[::-1]",
        '"a" -join $glue',
    ],
)
def test_calls_with_other_arguments_stay_as_they_are(pasted: str) -> None:
    assert _calls(pasted) == []


def test_places_without_a_value_stay_in_a_format() -> None:
    assert _calls("'{0}{7}{x}' -f 'a','b'") == [(0, 22, "a{7}{x}")]


def test_characters_that_are_not_shown_become_spaces() -> None:
    assert _calls("unescape('a%01%0ab')") == [(0, 20, "a  b")]
