"""Hosts that are called like files, where tools, fields, tables and sentences announce a host."""

from __future__ import annotations

import pytest

from tests.pipeline.found import found


@pytest.mark.parametrize(
    "text",
    [
        '<Data Name="QueryName">{}</Data>',
        "<Data Name='DestinationHostname'>{}</Data>",
        "<QueryName>{}</QueryName>",
        "<domain>{}</domain>",
        '{{"type":"domain","category":"Network activity","value":"{}","to_ids":true}}',
        '{{"indicator": "{}", "type": "domain"}}',
        '{{"ioc":"{}","ioc_type":"fqdn"}}',
        "1204,Network activity,domain,{},C2,1",
        "indicator,type,confidence\n{},domain,90\n9.8.7.6,ip,80\n",
        "aid,ComputerName,DomainName,Hash\nx1,WIN-1,{},-\n",
        "|Indicator|Type|Notes|\n|---|---|---|\n|{}|Domain|C2|\n|`loader.sh`|File|dropper|",
        "[domain-name:value = '{}'] OR [file:name = 'loader.sh']",
        'domains = ["{}", "badshop.com"]',
        "c2_domains:\n  - {}\n  - badshop.com",
        "{} has address 9.8.7.6",
        "{} (9.8.7.6)",
        "{} -> 9.8.7.6",
        "PING {} (9.8.7.6) 56(84) bytes of data.",
        "> Host: {}",
        "gravity blocked {} is 0.0.0.0",
        "6.7.8.9.in-addr.arpa domain name pointer {}.",
        '"v=spf1 ip4:9.8.7.6 include:{} -all"',
        "DNS:badshop.com, DNS:*.{}, DNS:www.badshop.com",
        "whois {}",
        "ping {} -n 1",
        "Resolve-DnsName {}",
        "curl -s {} -o a",
        "nc {} 4444",
        "curl: (6) Could not resolve host: {}",
        "dial tcp: lookup {} on 10.96.0.10:53: no such host",
        "java.net.UnknownHostException: {}: Name or service not known",
        "关联域名：{}",
        "域名{}解析到9.8.7.6",
        "通信先：{}",
        "도메인: {}",
        "Domäne: {}",
        "El dominio {} aloja",
        "The C2 server {} was taken down",
        "The phishing site {} asks",
        "beaconing to {} every 60 seconds",
        "it resolves to {}",
        "malicious domain ({})",
        ":authority: {}",
    ],
)
@pytest.mark.parametrize("name", ["badpeak.sh", "badpeak.rs"])
def test_an_announced_name_is_a_host(text: str, name: str) -> None:
    assert f"domain {name}" in found(text.format(name))


@pytest.mark.parametrize(
    "text",
    [
        "Run setup.sh to install, see main.rs",
        "curl -o setup.sh http://badshop.com/x",
        "wget -O setup.sh http://badshop.com/x",
        '{"type":"filename","value":"loader.sh"}',
        '{"type":"domain","value":"badshop.com"},{"type":"file","value":"loader.sh"}',
        "|badshop.com|Domain|C2|\n|loader.sh|File|dropper|",
        "copy it to backup.sh now",
        "bash setup.sh (1.2)",
        "the script lookup.sh",
        "open setup.sh -> done",
        "redirected to index.md",
        "host.name,node.name",
    ],
)
def test_a_file_is_still_a_file(text: str) -> None:
    assert not [ioc for ioc in found(text) if ioc.startswith("domain") and "badshop" not in ioc]


@pytest.mark.parametrize(
    "text",
    [
        "Failed password for invalid user anna.li from 9.8.7.6 port 40512 ssh2",
        "Invalid user anna.li from 9.8.7.6 port 22",
        "sudo: anna.li : TTY=pts/0 ; PWD=/root ; COMMAND=/bin/ls",
        "session opened for user anna.li by (uid=0)",
        '9.8.7.6 - anna.li [01/Mar/2024:10:11:12 +0000] "GET / HTTP/1.1"',
        'usr="anna.li"',
        '"actor":"anna.li"',
        "logged in as anna.li",
    ],
)
def test_a_user_is_no_host(text: str) -> None:
    assert "domain anna.li" not in found(text)
