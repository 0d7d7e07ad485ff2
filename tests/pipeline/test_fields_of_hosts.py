"""Where only a host can stand, a name is a host, also under an ending of files."""

from __future__ import annotations

import pytest

from tests.pipeline.found import found

HOSTS = ("badkit.sh", "payday.zip")


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(
    "text",
    [
        "C2 domain: {}",
        "C2 server: {}",
        "C&C server: {}",
        "Malicious domain: {}",
        "Contacted domains: {}",
        "Remote host: {}",
        "Command and control: {}",
        "Nom de domaine : {}",
        "Dominio C2: {}",
        "Домен: {}",
        '"RemoteUrl":"{}"',
        "RemoteUrl={}",
        'RemoteUrl == "{}"',
        'DomainName has "{}"',
        'DomainName in ("{}","evilads.com")',
        'DomainName in~ ("evilads.com", "{}")',
        '"DnsQueryString":"{}"',
        'http.host == "{}"',
        "DestinationHostName|endswith: {}",
        "dest_name={}",
        'sslserver="{}"',
        "Received: from {} (unknown [45.9.148.21])",
        "from x.com ({} [45.9.148.21])",
        "relay={}[45.9.148.21]:25, delay=1",
        "HELO {}",
        "EHLO {}",
        "smtp.mailfrom={};",
        "header.from={};",
        "dkim=pass header.d={};",
        "client_name={},",
        'dns.query; content:"{}"; nocase;',
        'tls.sni; content:"{}";',
        'content:"{}"; http_host;',
        "Name:   {}\nAddress: 45.9.148.21",
        "resolved {} to 45.9.148.21",
        "DNS request for {}",
        "A record for {}",
        "getaddrinfo ENOTFOUND {}",
        "a subdomain of {}",
        "1714550400.1\tCa\t10.0.0.5\t5\t8.8.4.4\t53\tudp\t1\t-\t{}\t1\tC_INTERNET\t1\tA",
        "evil.com, {}, evil.net",
    ],
)
def test_a_field_for_hosts_holds_a_host(text: str, host: str) -> None:
    assert f"domain {host}" in found(text.format(host))


@pytest.mark.parametrize(
    "text",
    [
        "on this host: setup.sh",
        "the file server: setup.sh",
        "run setup.sh, then install.zip",
        "opened report.zip, notes.md, and photos.zip",
        "copied badkit.sh to 10.0.0.5",
        'content:"payday.zip"; http_uri;',
        "a copy of payday.zip",
        "request for badkit.sh",
        "file in ('badkit.sh')",
    ],
)
def test_files_stay_files(text: str) -> None:
    assert [one for one in found(text) if one.startswith("domain")] == []
