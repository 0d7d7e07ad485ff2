"""File names and user agents: types that are off by default, because most are no indicators."""

from __future__ import annotations

import pytest

from app.pipeline import IOCType, extract, extract_iocs
from app.pipeline.models import OFF_BY_DEFAULT

BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0.0.0"


def _found(text: str) -> list[str]:
    return [ioc.value for ioc in extract_iocs(text, OFF_BY_DEFAULT) if ioc.type in OFF_BY_DEFAULT]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("drops C:\\Users\\Al\\a.exe, then", ["C:\\Users\\Al\\a.exe"]),
        ('{"path":"C:\\\\Windows\\\\Temp\\\\x1.dll"}', ["C:\\Windows\\Temp\\x1.dll"]),
        ("C:\\Files (x86)\\A B\\my tool.exe was run", ["C:\\Files (x86)\\A B\\my tool.exe"]),
        ("%APPDATA%\\x\\y.vbs and $env:TEMP\\z.ps1", ["%APPDATA%\\x\\y.vbs", "$env:TEMP\\z.ps1"]),
        ("\\\\files01\\share$\\psexec.exe.", ["\\\\files01\\share$\\psexec.exe"]),
        ("(/opt/.X11/kswapd0)", ["/opt/.X11/kswapd0"]),
        ("cron: /etc/cron.d/0hourly; ~/.ssh/id", ["/etc/cron.d/0hourly", "~/.ssh/id"]),
        ('attached "Invoice 2024 (1).pdf.exe"', ["Invoice 2024 (1).pdf.exe"]),
        ("opened invoice_9.xlsm, then setup.EXE.", ["invoice_9.xlsm", "setup.EXE"]),
        ("evil[.]exe", ["evil.exe"]),
        ("C:\\a\\b.exe.bak", ["C:\\a\\b.exe.bak"]),
    ],
)
def test_names_of_files_are_found_with_their_path(text: str, expected: list[str]) -> None:
    assert _found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "C:\\Windows\\System32\\",
        "/usr/local/bin/",
        "http://evil.com/tmp/x.sh and evil.com/usr/a.exe",
        "GET /usr/login.php HTTP/1.1",
        "os.path.join(a), document.doc(1), x.sys[0]",
        "HKLM\\Software\\Microsoft\\Run",
        "evil.exe.example.com",
        "a@b.exe",
        "the end.In the next",
        "run foo\n.exe here",
    ],
)
def test_folders_web_paths_and_program_text_are_no_files(text: str) -> None:
    assert _found(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"GET / HTTP/1.1\r\nUser-Agent: {BROWSER}\r\nHost: a.com", [BROWSER]),
        ("User-Agent: WindowsUpdateAgent", ["WindowsUpdateAgent"]),
        (f'"-" "{BROWSER}"', [BROWSER]),
        ('1.2.3.4 - - [x] "GET / HTTP/1.1" 200 - "-" "curl/8.5.0"', ["curl/8.5.0"]),
        ('{"user_agent":{"original":"python-requests/2.31"}}', ["python-requests/2.31"]),
        ('"http_user_agent": "Go-http-client/1.1",', ["Go-http-client/1.1"]),
        ('{\\"user_agent\\":\\"Bot/1\\"}', ["Bot/1"]),
        ("User-Agent: Mozilla/5.0 (X11; it's) a/1", ["Mozilla/5.0 (X11; it's) a/1"]),
        ('{"user_agent":"a\\"b/1"}', ['a\\"b/1']),
        ("curl -A 'EvilBot/1.0' http://a.com/", ["EvilBot/1.0"]),
    ],
)
def test_user_agents_are_found_in_their_fields(text: str, expected: list[str]) -> None:
    assert _found(text) == expected


@pytest.mark.parametrize(
    "text",
    ['"user_agent": "-"', "the user agent: a program", "user-agent=", '"GET /" 200 5 "-" "-"'],
)
def test_empty_fields_and_prose_are_no_user_agents(text: str) -> None:
    assert _found(text) == []


def test_neither_is_looked_for_without_a_request() -> None:
    text = f"User-Agent: {BROWSER}\nC:\\a\\b.exe and 9.9.9.9"
    assert [ioc.type for ioc in extract_iocs(text)] == [IOCType.IPV4]
    only_files = extract_iocs(text, frozenset((IOCType.FILENAME,)))
    assert [ioc.type for ioc in only_files] == [IOCType.FILENAME, IOCType.IPV4]


def test_the_other_iocs_stay_the_same() -> None:
    text = (
        f"User-Agent: {BROWSER} (+http://evil.com/bot.html)\n"
        "C:\\x\\d41d8cd98f00b204e9800998ecf8427e.exe from evil.net/setup.exe, setup.zip\n"
    )
    default = extract(text)
    more = extract(text, OFF_BY_DEFAULT)
    others = [found for found in more.found if found.ioc.type not in OFF_BY_DEFAULT]
    assert others == list(default.found)
    assert len(more.found) > len(others)


def test_each_has_its_evidence() -> None:
    text = 'a\n{"p":"C:\\\\x\\\\y.exe"}'
    (found,) = extract(text, OFF_BY_DEFAULT).found
    assert (found.ioc.value, found.line) == ("C:\\x\\y.exe", 2)
    assert text[found.offset : found.end] == found.ioc.raw_match == "C:\\\\x\\\\y.exe"
    assert found.rule.startswith("path of a file")


def test_a_file_that_was_found_is_no_near_miss() -> None:
    text = "ran setup.exe and more.dll"
    assert [miss.text for miss in extract(text).near_misses] == ["setup.exe", "more.dll"]
    assert extract(text, OFF_BY_DEFAULT).near_misses == ()
