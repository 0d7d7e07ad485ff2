"""URLs in the cells of rows: unquoted CSV, with semicolons, TSV and pipes; and URLs with commas."""

from __future__ import annotations

import pytest

from tests.pipeline.found import found

SHA256 = "9b2a1f0c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a"
ONE, TWO = "url http://badshop.com/a", "url http://badmall.com/b"


@pytest.mark.parametrize(
    "rows",
    [
        "date,URL,description\n2021/02/01,http://badshop.com/a,楽天\n2021/02/02,http://badmall.com/b,JR",
        "http://badshop.com/a,三井,2021/02/01\nhttp://badmall.com/b,,2021/02/02",
        "http://badshop.com/a,phishing\nhttp://badmall.com/b,malware",
        "value,type,notes\nhttp://badshop.com/a,url,Used by a bot\nhttp://badmall.com/b,url,C2",
        "1,http://badshop.com/a,online,elf\n2,http://badmall.com/b,offline,elf",
        "1;http://badshop.com/a;online;elf\n2;http://badmall.com/b;offline;elf",
        "http://badshop.com/a;emotet;2024-01-01\nhttp://badmall.com/b;qakbot;2024-01-02",
        "date\thttp://badshop.com/a\ttext\ndate\thttp://badmall.com/b\ttext",
        "2021|http://badshop.com/a|text\n2022|http://badmall.com/b|text",
        "| x | http://badshop.com/a | y |\n| x | http://badmall.com/b | y |",
        "badshop[.]com/a,80,tcp\nbadmall[.]com/b,443,tcp",
        '"a, b",http://badshop.com/a,"c, d"\n"e",http://badmall.com/b,"f"',
        "1,http://badshop.com/a,text/html,200\n2,http://badmall.com/b,text/html,404",
        "http://badshop.com/a,,\nhttp://badmall.com/b,,",
        "time=1,url=http://badshop.com/a,status=200\ntime=2,url=http://badmall.com/b,status=200",
    ],
)
def test_a_url_ends_where_its_cell_ends(rows: str) -> None:
    assert found(rows) == [ONE, TWO]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (f"http://badshop.com/a,x.exe,{SHA256},x.iso", [ONE, f"sha256 {SHA256}"]),
        (f"http://badshop.com/a,{SHA256}", [ONE, f"sha256 {SHA256}"]),
        ("http://badshop.com/a,9.8.7.6", [ONE, "ipv4 9.8.7.6"]),
        ("http://badshop.com/a;9.8.7.6:443", [ONE, "ipv4 9.8.7.6"]),
        ("http://badshop.com/a,badmall[.]com", [ONE, "domain badmall.com"]),
        ("http://badshop.com/a,badmall.com/b", [ONE, TWO]),
        ("http://badshop.com/a,bob@badmall.com", [ONE, "email bob@badmall.com"]),
        ("http://badshop.com/a,http://badmall.com/b,2024-01-01T00:00:00Z,yes", [ONE, TWO]),
        ("http://badshop.com/a,CVE-2024-1234", [ONE, "cve CVE-2024-1234"]),
        ("7,http://badshop.com/a,Amazon", [ONE]),
        ("http://badshop.com/a,online", [ONE]),
    ],
)
def test_a_single_row_is_known_by_its_cells(row: str, expected: list[str]) -> None:
    assert found(row) == expected


@pytest.mark.parametrize(
    "text",
    [
        "see http://badshop.com/a,b?x=1;y=2 there, and\nmore text, here",
        "http://badshop.com/a,b?x=1\nhttp://badshop.com/a,b?x=1",
        "http://badshop.com/0,1518,1234,00.html\nhttp://badshop.com/0,1518,1234,00.html",
        "first, http://badshop.com/x,y then",
        "http://badshop.com/maps/@48.1,11.5,17z/data=!3m1",
        "http://badshop.com/css?family=Sans:400,700,300",
        "http://badshop.com/?ips=1.2.3.4,1.2.3.5",
        "http://badshop.com/?from=2024-01-01,2024-02-01",
        "http://badshop.com/a;jsessionid=1A2B?x=1",
        '"http://badshop.com/a,b,c",x\n"http://badshop.com/a,b,c",y',
        "Blocked: http://badshop.com/a,b\nBlocked: http://badshop.com/a,b",
        "u=http://badshop.com/x;y=2",
        "date\thttp://badshop.com/a,b\ttext",
    ],
)
def test_a_url_with_commas_stays_whole(text: str) -> None:
    (url,) = found(text)
    assert text.count(url.removeprefix("url ")) == text.count("http")
    assert url[-1] not in ",;"


def test_a_feed_of_thousands_of_rows_comes_out_right() -> None:
    urls = [f"http://bad{i}.badshop.com/{'a.php' if i % 3 else ''}" for i in range(6000)]
    brands = ["楽天", "Amazon", "JR East", "", "三井住友, カード"]
    rows = [f"2021/02/01 09:10:00,{url},{brands[i % 5]}" for i, url in enumerate(urls)]
    assert found("date,URL,description\n" + "\n".join(rows)) == [f"url {url}" for url in urls]
