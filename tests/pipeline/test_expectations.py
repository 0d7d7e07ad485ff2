"""Tests of the places where a host is expected, and of those where a user is."""

from __future__ import annotations

import pytest

from tests.pipeline.found import found


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("bad1.com\nbad2.zip\nbad3.mov\nbad4.name", "bad1.com bad2.zip bad3.mov bad4.name"),
        ("a-bad.ru\n34251.in\nbad-mail.ml", "a-bad.ru 34251.in bad-mail.ml"),
        ("||bad.zip^\n||bad2.mov^", "bad.zip bad2.mov"),
        ("domain,seen\nbad.zip,2026-01-01\nbad2.com,2026-01-02", "bad.zip bad2.com"),
        ('"domain","score"\n"bad.rs","9"\n"bad2.com","8"', "bad.rs bad2.com"),
        ("*.bad.zip\n*.bad2.com", "bad.zip bad2.com"),
        ("- `bad.md`\n- `bad2.com`", "bad.md bad2.com"),
        ("1. bad.sh\n2. bad2.com", "bad.sh bad2.com"),
        ("Domains:\nbad.zip\nbad.mov", "bad.zip bad.mov"),
        ("com.badpeak.digital\nbadpeak.com", "com.badpeak.digital badpeak.com"),
        ("gov.in.badshop.rest", "gov.in.badshop.rest"),
    ],
)
def test_names_in_a_list_of_hosts_are_found(text: str, names: str) -> None:
    assert found(text) == [f"domain {name}" for name in names.split()]


@pytest.mark.parametrize(
    "text",
    [
        "readme.md\nevil.zip\nrun.sh\nmain.rs",
        "setup.exe\nevil.zip\nreadme.md",
        "Files:\nevil.zip\npayload.sh",
        "src/main.rs\nsrc/lib.rs",
        "user.name\nhost.name\nnode.name",
        "- [x] evil.zip\n- readme.md",
    ],
)
def test_names_in_a_list_of_files_are_refused(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0 {}",
        "address=/{}/0.0.0.0",
        'local-zone: "{}" always_nxdomain',
        "dnsmasq[12]: query[A] {} from 9.8.7.6",
        "query: {} IN A + (9.8.7.6)",
        "{}. 300 IN A 9.8.7.6",
        "CONNECT {}:443 HTTP/1.1",
        "GET / HTTP/1.1\r\nHost: {}\r\n",
        "X509v3 Subject Alternative Name: DNS:www.badshop.com, DNS:{}",
        "subject=CN = {}",
        "sni={} ja3=0",
        '{{"answers":["badshop.com","{}"]}}',
        '"dns.question.name": "x", "url.domain": "{}"',
        "QueryName: {}",
        "Name Server: {}",
        "nslookup {}",
        "{} resolved to 9.8.7.6",
        "the domain {} was seized",
        "to {}:8443 and on",
    ],
)
@pytest.mark.parametrize("name", ["badsite.zip", "ns1.badsite.name", "badsite.sh", "badsite.so"])
def test_a_name_like_a_file_is_found_in_the_place_of_a_host(text: str, name: str) -> None:
    assert f"domain {name}" in found(text.format(name))


@pytest.mark.parametrize(
    "text",
    [
        "file: badsite.zip",
        "filename=badsite.zip",
        '"filename":"badsite.zip","hostname":"x"',
        "at lexer.rs:42 and run.sh:80:5",
        "on the host: setup.sh ran",
        "the host runs setup.sh",
        "TargetFilename: run.sh",
        "process=badsite.sh",
        "name: badsite.zip",
        "import com.badshop.secure.chat;",
        "unzip evil.zip && ./evil.sh",
    ],
)
def test_a_name_like_a_file_is_refused_in_other_fields(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "user=wei.li",
        "username: wei.li",
        '{"user_name":"wei.li"}',
        "Account Name: wei.li",
        "<Data Name='TargetUserName'>wei.li</Data>",
        "Accepted publickey for wei.li from bastion",
        "GET - wei.li HIER_NONE/-",
    ],
)
def test_the_name_of_a_user_is_refused(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "user_domain=badshop.li",
        '"username":"x","domain":"badshop.li"',
        "user: x host: badshop.li",
        "user bob at badshop.li",
        "mail for badshop.li from bob",
    ],
)
def test_a_host_beside_a_user_is_found(text: str) -> None:
    assert found(text) == ["domain badshop.li"]


@pytest.mark.parametrize(
    "text",
    [
        "x = foo.bar(1)",
        "list.at(-1); df.to('x')",
        'console.info("x")',
        "2931 INFO nova.compute.claims [req-97] ok",
        "WARN org.badapp.web.support: x",
        "mapred.task.id mapreduce.task.attempt.id",
        "hadoop.job.history.user.name",
        "Jenkinsfile.prod Makefile.am Dockerfile.dev",
        "| action.id | event.id |",
        "store.add(abcd.id); os.path.join(abcd.info, 'x')",
    ],
)
def test_dotted_names_of_programs_are_refused(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "www.badshop.support - down",
        "ERROR www.badshop.support: refused",
        "INFO www.badshop.support [x]",
    ],
)
def test_hosts_in_prose_and_logs_are_no_names_of_programs(text: str) -> None:
    assert found(text) == ["domain www.badshop.support"]


def test_a_host_with_numbers_and_a_capital_is_found() -> None:
    name = "dsl-Chn-static-059.45.101.203.badtel.net"
    assert found(f"from ({name})") == [f"domain {name.lower()}"]


@pytest.mark.parametrize("text", ["版本为{}", "版本：{}", "バージョン{}", "버전 {}", "版本号是{}"])
def test_a_version_in_chinese_japanese_or_korean_is_no_address(text: str) -> None:
    assert found(text.format("4.19.8.5")) == []
    assert found(f"服务器为9.8.7.6，{text.format('4.19.8.5')}") == ["ipv4 9.8.7.6"]


@pytest.mark.parametrize(
    "text",
    [
        "<version>4.19.8.5</version>",
        "<fileVersion>4.19.8.5</fileVersion>",
        '<dep:version scope="x">4.19.8.5</dep:version>',
    ],
)
def test_an_element_that_is_called_so_holds_a_version(text: str) -> None:
    assert found(text) == []
    assert found("<address>4.19.8.5</address>") == ["ipv4 4.19.8.5"]


def test_the_object_around_a_name_says_whose_it_is() -> None:
    assert found('{"host": {"name": "badshop.zip"}}') == ["domain badshop.zip"]
    assert found('{"user":{"name":"wei.li"}}') == []
    assert found('{"file": {"name": "badshop.zip"}}') == []


@pytest.mark.parametrize(
    "rows",
    [
        "name,domain,ip\na,badshop.zip,9.8.7.6\nb,badshop.rs,9.8.7.5",
        "1;badshop.com;x\n2;badshop.zip;x\n3;badshop.rs;x",
        "a\tb\tbadshop.zip\r\na\tb\tbadshop.rs\r\na\tb\tbadshop.ru\r\n",
        "| id | host |\n| --- | --- |\n| 1 | badshop.zip |\n| 2 | badshop.rs |",
        '"1","badshop.zip"\n"2","badshop.rs"\n"3","badshop.org"',
    ],
)
def test_names_in_a_column_of_hosts_are_hosts(rows: str) -> None:
    assert {"domain badshop.zip", "domain badshop.rs"} <= set(found(rows))


@pytest.mark.parametrize(
    "rows",
    [
        "name,file,ip\na,badshop.zip,9.8.7.6\nb,badshop.rs,9.8.7.5",
        "1,badshop.zip\n2,setup.exe\n3,badshop.com",
        "we saw badshop.zip, badshop.rs, and x\nwe saw badshop.com, y, and z",
        "a,badshop.zip\nb\nc,badshop.com",
        "domain,file\nbadshop.com,badshop.zip\nbadshop.org,badshop.rs",
    ],
)
def test_names_in_other_columns_are_files(rows: str) -> None:
    assert {"domain badshop.zip", "domain badshop.rs"}.isdisjoint(found(rows))


@pytest.mark.parametrize(
    "text",
    ["hosts: {}, {}", "domains = {}, {}", "blocked_hosts: ['{}', '{}']", "Domains: a.com, {}, {}"],
)
def test_every_name_of_a_list_in_a_line_is_a_host(text: str) -> None:
    names = {"domain badshop.zip", "domain badshop.rs"}
    assert names <= set(found("\n" + text.format("badshop.zip", "badshop.rs")))


@pytest.mark.parametrize("text", ["files: {}, {}", "x = {}, {}", "names: ['{}', '{}']"])
def test_names_of_other_lists_are_files(text: str) -> None:
    assert found("\n" + text.format("badshop.zip", "badshop.rs")) == []


@pytest.mark.parametrize("key", [".=", "_ = ", '"-": "', "\n.: "])
def test_a_key_of_marks_alone_names_nothing(key: str) -> None:
    assert found(f"{key}badshop.ru") == ["domain badshop.ru"]
    assert found(f"{key}badshop.zip") == []
