"""Scripts: what they hide is put together; what hides nothing stays as it is."""

from __future__ import annotations

from base64 import b64encode

import pytest

from app.documents.kinds import Kind
from app.documents.models import Item, Member, Part
from app.documents.readers.scripts import script_items, undo
from tests.documents.conftest import Read
from tests.documents.test_readers import items, texts

URL = "https://evil-joined.top/a"
PAGE = b"<html><form action='https://evil-page.top/post.php'></form></html>"
ENCODED = b64encode(URL.encode()).decode()
REVERSED = URL[::-1]
CODES = ",".join(str(ord(letter)) for letter in URL)

HIDDEN = [
    'x = "https://evil-" + "joined.top" + "/a"',
    "x = 'https://evil-'+'joined.top/a'",
    'x = "https://evil-" +\n    "joined.top/a"',
    'x = "https://evil-" & "joined.top/a"',
    "x = `https://evil-` + `joined.top/a`",
    'x = ["https://", "evil-", "joined.top/a"].join("")',
    "x = ['https:', '', 'evil-joined.top', 'a'].join('/')",
    "x = ['joined.top/a', 'https://evil-'].reverse().join('')",
    f"x = '{REVERSED}'.split('').reverse().join('')",
    "x = 'httpXs://evilX-joineXd.top/a'.split('X').join('')",
    f'x = StrReverse("{REVERSED}")',
    f"x = String.fromCharCode({CODES})",
    f"x = String.fromCharCode.apply(null, [{CODES}])",
    f"x = String.fromCharCode({','.join(hex(ord(letter)) for letter in URL)})",
    'x = "ht" + String.fromCharCode(116, 112) + "s://evil-joined.top/a"',
    'x = Chr(104) & Chr(116) & "tps://evil-joined.top/a"',
    'x = ChrW(&H68) & "ttps://evil-joined.top/a"',
    "x = [char]104 + [char]0x74 + 'tps://evil-joined.top/a'",
    "x = unescape('" + "".join(f"%{ord(letter):02x}" for letter in URL) + "')",
    "x = decodeURIComponent('https%3A%2F%2Fevil-joined.top%2Fa')",
    "x = unescape('%u0068ttps://evil-joined.top/a')",
    'x = "' + "".join(f"\\x{ord(letter):02x}" for letter in URL) + '"',
    'x = "https://evil-joined\\u002etop/a"',
    'x = "https:\\57\\57" + "evil-joined.top/a"'.replace("\\57", "\\057"),
    'x = "\\u{68}ttps://evil-joined.top/a"',
    f"x = atob('{ENCODED}')",
    f"x = window.atob('{ENCODED[:7]}' + '{ENCODED[7:]}')",
    f"x = base64_decode('{ENCODED}')",
]


@pytest.mark.parametrize("script", HIDDEN)
def test_a_string_that_was_taken_apart_is_whole(script: str) -> None:
    assert URL in undo(script)


@pytest.mark.parametrize(
    "script",
    [
        "location = base + '?a=' + id + '&' + rest",
        "var sum = '+' + a",
        'if (a && "b" == c) x = "d"',
        "path.split('/').join('-')",
        "[a, b].join('.')",
        "fromCharCode(code ^ 7)",
        "unescape(name)",
        "atob(data)",
        'a = "x"; b = "y"',
        r"re = /\\x41/",
    ],
)
def test_a_script_that_hides_nothing_stays(script: str) -> None:
    assert undo(script) == script


def _carried(script: str) -> list[tuple[str, str | bytes]]:
    def told(item: Item) -> tuple[str, str | bytes]:
        assert isinstance(item, Part | Member)
        return (item.part, item.text) if isinstance(item, Part) else (item.name, item.data)

    return [told(item) for item in script_items("script", script)][1:]


WIDE = b64encode("IEX (New-Object Net.WebClient)".encode("utf-16-le")).decode()


@pytest.mark.parametrize(
    ("script", "carried"),
    [
        (f"run('powershell -enc {WIDE}')", [
            ("script, Base64", "IEX (New-Object Net.WebClient)")]),
        (f"document.write(decode('{b64encode(PAGE).decode()}'))", [("base64 in script", PAGE)]),
        (f"x = '{b64encode(ENCODED.encode()).decode()}'", [
            ("script, Base64", ENCODED), ("script, Base64, Base64", URL)]),
        (f"document.write(unescape('%3Chtml%3E{'x' * 9}'))", [
            ("escaped page in script", b"<html>xxxxxxxxx")]),
        (f"[{CODES}].map(c => String.fromCharCode(c))", [("script, character codes", URL)]),
        ("x = [10, 20, 30, 40, 50, 60, 70, 80, 90, 99, 12, 13]", []),
        ("integrity = 'sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC'",
         []),
        ("var aFunctionWithAVeryLongName = anotherFunctionWithALongName.toString();", []),
    ],
)  # fmt: skip
def test_what_a_script_carries_is_read(script: str, carried: list[tuple[str, str | bytes]]) -> None:
    assert _carried(script) == carried


SVG = '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg">{}</svg>'
DATA = f"data:text/html;base64,{b64encode(PAGE).decode()}"
FOUND = "https://evil-page.top/post.php"
BOX = '<?xml version="1.0"?><box><item>{}</item></box>'


@pytest.mark.parametrize(
    ("page", "value"),
    [
        (SVG.format(f"<script><![CDATA[location=atob('{ENCODED}')]]></script>"), URL),
        (SVG.format(f"<script>x('{b64encode(PAGE).decode()}')</script>"), FOUND),
        (SVG.format(f'<foreignObject><iframe src="{DATA}"/></foreignObject>'), FOUND),
        (SVG.format(f'<script href="a.js"/><a href="{DATA}">x</a>'), FOUND),
        (SVG.format("<rect onload=\"x='https://evil-'+'joined.top/a'\"/>"), URL),
        (SVG.replace("<svg", "<s:svg").replace("/svg>", "/s:svg>").format(
            f"<s:script>x=atob('{ENCODED}')</s:script>").replace("xmlns=", "xmlns:s="), URL),
        (BOX.format(b64encode(PAGE).decode()), FOUND),
        (BOX.format(f"\n\t{ENCODED[:12]}\n\t{ENCODED[12:]}\n"), URL),
        (BOX.format(f'<a src="{DATA}"/>'), FOUND),
        (BOX.format('<a srcdoc="&lt;a href=\'https://evil-joined.top/a\'>"/>'), URL),
        ("<html><body onload=\"go('https://evil-'+'joined.top/a')\">", URL),
        ("<html><a href=\"javascript:go('https://evil-'+'joined.top/a')\">x</a>", URL),
        ('<html><base href="https://evil-joined.top/"><a href="a">x</a>', URL),
        ('<html><base href="https://evil-page.top/"><form action="/post.php">', FOUND),
        (r'<html><a href="https:\\evil-joined.top\a">x</a>', URL),
        ('<html><a href="https:/evil-joined.top/a">x</a>', URL),
        ('<html><a href="https:///evil-joined.top/a">x</a>', URL),
    ],
)  # fmt: skip
def test_what_pages_and_xml_carry_is_found(page: str, value: str, read: Read) -> None:
    result = read("page", page.encode())
    assert value in {occurrence.evidence.ioc.value for occurrence in result.occurrences()}
    assert result.reason == ""


@pytest.mark.parametrize(
    "text", ["aVeryLongNameOfSomething", "YWJj", "0123456789abcdef0123456789abcdef", "no Base64!"]
)
def test_the_text_of_an_element_that_is_no_base64_stays(text: str) -> None:
    assert ("element item", text) in texts(Kind.XML, BOX.format(text).encode())


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (b"<p>ev<a href=x>il.com</a></p>", "evil.com"),
        (b"<p><a href=x>one.com</a><a href=y>two.com</a></p>", "one.com two.com"),
    ],
)
def test_two_links_in_a_row_are_two_texts(page: bytes, text: str) -> None:
    assert ("text", text) in texts(Kind.HTML, page)


def test_a_relative_link_without_a_base_stays() -> None:
    found = items(Kind.HTML, b'<html><a href="login.php">x</a>')
    assert [item.text for item in found if isinstance(item, Part)] == ["login.php", "x"]
