from __future__ import annotations

import pytest

from tests.pipeline.found import found


@pytest.mark.parametrize(
    "text",
    [
        "setup.exe",
        "readme.md README.MD",
        "evil.zip",
        "1,420.00.zip",
        "script.py",
        "run.sh",
        "main.rs",
        "libfoo.so",
        "config.pl",
        "invoice.pdf.zip",
        "part.two.downloaded_11.zip",
        "bundle.min.js.map",
        "C:\\Users\\bob\\start.com",
        "/var/www/badshop.com/x",
        "docs/readme.md",
        "setup\\.py",
        "requirements.in",
    ],
)
def test_a_file_name_is_not_found_as_a_domain(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "hr.open",
        "wscript.shell WScript.Shell",
        "os.path",
        "System.Net System.IO",
        "this.name user.id obj.data",
        "host.name process.name source.as",
        "element.click()",
        "foo.link=1",
        "$obj.ru",
        "self.fr cls.info this.dev",
        "operator.gt np.data x.id",
        "node.name item.seek",
        "std::foo.id",
        "java.security.cert java.io",
        "com.badshop.secure.chat",
        "ADODB.Stream Shell.Application",
        "ASP.NET Node.js Socket.IO",
        "multi-user.target",
        "application/vnd.ms-excel",
    ],
)
def test_program_text_is_not_found_as_a_domain(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Win32/Spy.Tiny.CL",
        "PSW.Agent.AW",
        "W64/BURNT.CA!tr",
        "BURNT.CA!tr",
        "Trojan.Agent.CL",
        "MSIL/Spy.Keylogger.FGC",
        "HEUR:Trojan.Win32.Agent.ae",
        "trojan.win32.agent.in",
        "Gen:Variant.Zusy.IN",
        "TrojanDownloader:JS/Nemu.ML",
    ],
)
def test_a_detection_name_is_not_found_as_a_domain(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "It ended.In the end",
        "and so on.It was",
        "e.g. i.e. a.m. p.m.",
        "at 10.am or 5.pm",
        "3.in",
        "foo_bar.com",
        "bad-.com",
        "nothing.atall",
        "ANY.RUN",
        "z" * 64 + ".com",
        "com.shop.secure.chat",
        "\u8bbf\u95ee.\u8bf7",
        "\u00fc" * 70 + ".com",
    ],
)
def test_prose_is_not_found_as_a_domain(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("badshop.com", "badshop.com"),
        ("BADSHOP.COM", "badshop.com"),
        ("BadShop.com", "badshop.com"),
        ("a.badshop.co.uk.", "a.badshop.co.uk"),
        ("'badshop.ru'", "badshop.ru"),
        ("_badshop.ru_", "badshop.ru"),
        ("_dmarc.badshop.ru", "_dmarc.badshop.ru"),
        ("see...badshop.ru", "badshop.ru"),
        ("badshop.com:8080", "badshop.com"),
        ("badshop.com?", "badshop.com"),
        ("DNS:badshop.com", "badshop.com"),
        ("@badshop.com", "badshop.com"),
        ("CORP.LOCAL\\bob", "corp.local"),
        ("\\\\badshop.com\\share", "badshop.com"),
        ("src='//cdn.badshop.com'", "cdn.badshop.com"),
        ("HIER_DIRECT/badshop.com", "badshop.com"),
        ("%2Fbadshop.com", "badshop.com"),
        ("4.3.2.1.in-addr.arpa", "4.3.2.1.in-addr.arpa"),
        ("www.badshop.zip", "www.badshop.zip"),
        ("a.b.co.rs", "a.b.co.rs"),
        ("ftp.badshop.rs", "ftp.badshop.rs"),
        ("secure.login.pl", "secure.login.pl"),
        ("_dmarc.badshop.pl", "_dmarc.badshop.pl"),
        ("xn--80ak6aa92e.com", "xn--80ak6aa92e.com"),
        ("b\u00fccher-shop.de", "xn--bcher-shop-9db.de"),
        ("\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444", "xn--e1afmkfd.xn--p1ai"),
        ("\u8bbf\u95eebadshop.com\u8bf7", "badshop.com"),
    ],
)
def test_domain_is_found(text: str, name: str) -> None:
    assert found(f"to {text} go")[0] == f"domain {name}"
    assert len(found(text)) == 1


@pytest.mark.parametrize(
    "name",
    ["printer.local", "db01.corp.internal", "a.localhost", "a.test", "a.invalid", "evil.example"],
)
def test_name_outside_the_public_dns_is_found(name: str) -> None:
    assert found(f"on {name}.") == [f"domain {name}"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("badshop[.]zip", "domain badshop.zip"),
        ("setup[.]sh", "domain setup.sh"),
        ("https://readme.md/x", "url https://readme.md/x"),
        ("bob@mail.zip", "email bob@mail.zip"),
    ],
)
def test_a_name_like_a_file_is_a_domain_if_it_is_defanged_or_in_a_url(
    text: str, expected: str
) -> None:
    assert found(text) == [expected]


def test_same_name_is_judged_anew_in_each_place() -> None:
    assert found("/www/badshop.com then badshop.com") == ["domain badshop.com"]
    assert found("evil.zip then evil[.]zip") == ["domain evil.zip"]


def test_a_name_whose_punycode_is_too_long_is_refused() -> None:
    short, long = (".".join(["ü" * 40] * labels) for labels in (3, 6))
    assert found(f"{short}.com {long}.com") == [f"domain {short.encode('idna').decode()}.com"]
