"""IOCs in Chinese, Japanese, Korean and Thai text, which puts no space beside them."""

from __future__ import annotations

import pytest

from app.pipeline import extract
from tests.pipeline.found import found

MD5 = "d41d8cd98f00b204e9800998ecf8427e"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("通信先はhttps://badshop.com/に接続", "url https://badshop.com/"),
        ("C2サーバはhttps://badshop.com/a.phpである。", "url https://badshop.com/a.php"),
        ("从http://badshop.com/files/下载恶意软件", "url http://badshop.com/files/"),
        ("访问https://badshop.com下载", "url https://badshop.com"),
        ("访问http://9.8.7.6:8080并执行", "url http://9.8.7.6:8080"),
        ("http://badshop.com/gateから取得", "url http://badshop.com/gate"),
        ("恶意链接http://badshop.com/gate下载payload", "url http://badshop.com/gate"),
        ("下载http://badshop.com/安装包/a.exe后运行", "url http://badshop.com/安装包/a.exe"),
        ("badshop.com/a.phpに通信する", "url http://badshop.com/a.php"),
        ("또한 http://badshop.com/a를 내려받아", "url http://badshop.com/a"),
        ("จากhttp://badshop.com/aแล้วรัน", "url http://badshop.com/a"),
        ("เข้าbadshop.comทันที", "domain badshop.com"),
        ("メール:bob@badshop.comへ連絡", "email bob@badshop.com"),
        ("联系bob@badshop.com！", "email bob@badshop.com"),
        ("อีเมลbob@badshop.comส่ง", "email bob@badshop.com"),
        (f"ハッシュ値は{MD5}です", f"md5 {MD5}"),
        (f"样本MD5为{MD5}。", f"md5 {MD5}"),
        (f"해시{MD5}입니다", f"md5 {MD5}"),
        ("漏洞CVE-2021-44228被利用", "cve CVE-2021-44228"),
        ("手法T1059を使う", "attack T1059"),
        ("网络AS13335的", "asn AS13335"),
        ("地址2001:db8::1已连接", "ipv6 2001:db8::1"),
        ("9.8.7.0/24から", "cidr 9.8.7.0/24"),
    ],
)
def test_an_ioc_ends_where_the_text_goes_on_in_another_script(text: str, expected: str) -> None:
    assert found(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "https://ja.wikipedia.org/wiki/日本語",
        "https://zh.wikipedia.org/wiki/C语言",
        "see https://ja.wikipedia.org/wiki/日本語 there",
        "see https://badshop.com/?q=日本語&x=1 there",
        '{"url":"http://badshop.com/下载/setup中文.exe"}',
        "下载 http://badshop.com/下载/v2版本/a.exe 运行",
        "https://badshop.com/übung see",
    ],
)
def test_a_path_keeps_letters_that_are_a_part_of_it(text: str) -> None:
    iocs = extract(text).iocs
    assert [ioc.type for ioc in iocs] == ["url"]
    assert iocs[0].value in text
    assert text.partition(iocs[0].value)[2][:1] in ("", " ", '"')


def test_mail_addresses_between_words_are_two() -> None:
    text = "联系bob@badshop.com或eve@badshop.com"
    assert found(text) == ["email bob@badshop.com", "email eve@badshop.com"]


def test_a_mailbox_may_be_in_another_script() -> None:
    assert found("用户@例子.中国") == ["email 用户@xn--fsqu00a.xn--fiqs8s"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("IP：９．８．７．６ 域名", ["ipv4 9.8.7.6"]),
        ("９.８.７.６：８０８０に接続", ["ipv4 9.8.7.6"]),
        ("１９８．５１．１００．７／２４", ["cidr 198.51.100.0/24"]),
        ("ｈｔｔｐ：／／ｂａｄ．ｃｏｍ／ａ？ｉｄ＝１、", ["url http://bad.com/a?id=1"]),
        ("http：//badshop.com/a.exe下载", ["url http://badshop.com/a.exe"]),
        ("http:／／badshop.com／a.exe", ["url http://badshop.com/a.exe"]),
        ("ｂｏｂ＠ｂａｄｓｈｏｐ．ｃｏｍまで", ["email bob@badshop.com"]),
        ("bob＠badshop.com", ["email bob@badshop.com"]),
        ("badshop．com と ｂａｄ.ｊｐ", ["domain badshop.com", "domain bad.jp"]),
        (f"ＭＤ５：{MD5}", [f"md5 {MD5}"]),
        ("ＣＶＥ－２０２１－４４２２８", ["cve CVE-2021-44228"]),
        ("Ver１．２．３．４", []),
        ("Ａ／Ｂ：Ｃ．Ｄ　１２：３０　No．１", []),
        ("a.com／b.com：説明", ["domain a.com", "domain b.com"]),
        ("恶意域名badshop【.】com和bad（点）jp", ["domain badshop.com", "domain bad.jp"]),
        ("badshop〔。〕com、bob「＠」badshop.com", ["domain badshop.com", "email bob@badshop.com"]),
        ("http://badshop［.］com/a", ["url http://badshop.com/a"]),
        ("他说「好」。然后（点）击badshop（坏）com", []),
        ("a.com。b.com也是", ["domain a.com", "domain b.com"]),
        ("9.8.7.6。9.8.7.5", ["ipv4 9.8.7.6", "ipv4 9.8.7.5"]),
        ("badshop。com", ["domain badshop.com"]),
    ],
)
def test_full_width_characters_are_narrowed_inside_of_names(text: str, expected: list[str]) -> None:
    assert found(text) == expected


def test_the_evidence_of_a_full_width_address_is_what_was_pasted() -> None:
    (evidence,) = extract("IP：９．８．７．６、").found
    assert (evidence.ioc.raw_match, evidence.defanged) == ("９．８．７．６", True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("badshop[.]com¹", "domain badshop.com"),
        ("badshop.com¹².", "domain badshop.com"),
        ("9[.]8[.]7[.]6²", "ipv4 9.8.7.6"),
        ("http://badshop.com/x³ and", "url http://badshop.com/x"),
        (f"{MD5}⁴", f"md5 {MD5}"),
        ("bob@badshop.com⁵", "email bob@badshop.com"),
        ("badshop.com①", "domain badshop.com"),
        ("2001:db8::1ᵃ", "ipv6 2001:db8::1"),
        ("http://badshop.com/m²/x", "url http://badshop.com/m²/x"),
        ("badshop².com", "domain badshop2.com"),
    ],
)
def test_the_mark_of_a_footnote_is_no_part_of_an_ioc(text: str, expected: str) -> None:
    assert found(text) == [expected]
