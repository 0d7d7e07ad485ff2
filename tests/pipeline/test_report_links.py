from __future__ import annotations

import pytest

from app.pipeline import extract
from tests.pipeline.found import found

MD5 = "0123456789abcdef" * 2
SHA1 = MD5 + "01234567"
SHA256 = MD5 * 2


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (f"https://www.virustotal.com/gui/file/{SHA256}/detection", f"sha256 {SHA256}"),
        (f"https://www.virustotal.com/gui/file/{SHA256}", f"sha256 {SHA256}"),
        (f"https://www.virustotal.com/en/file/{SHA256}/analysis/1480000000/", f"sha256 {SHA256}"),
        (f"https://virustotal.com/#/file/{MD5.upper()}/detection", f"md5 {MD5}"),
        (f"https://www.virustotal.com/latest-report.html?resource={SHA1}", f"sha1 {SHA1}"),
        (f"https://www.virustotal.com/gui/search/{MD5}", f"md5 {MD5}"),
        (f"https://bazaar.abuse.ch/sample/{SHA256}/", f"sha256 {SHA256}"),
        (f"https://www.hybrid-analysis.com/sample/{SHA256}?environmentId=100", f"sha256 {SHA256}"),
        (f"https://malshare.com/sample.php?action=detail&hash={MD5}", f"md5 {MD5}"),
        (f"https://otx.alienvault.com/indicator/file/{SHA1}", f"sha1 {SHA1}"),
        (f"https://opentip.kaspersky.com/{SHA256}/results", f"sha256 {SHA256}"),
    ],
)
def test_hash_in_the_link_to_a_report_is_found_beside_the_link(link: str, expected: str) -> None:
    url, reported = extract(f"see {link}").found
    assert (url.ioc.type, url.ioc.value) == ("url", link)
    assert f"{reported.ioc.type} {reported.ioc.value}" == expected
    assert (reported.rule, reported.unwrapped_from) == (
        "hash in the link to a report on a file",
        link,
    )
    assert f"see {link}"[reported.offset : reported.end] == reported.ioc.raw_match
    assert reported.ioc.raw_match.lower() == reported.ioc.value


def test_link_without_scheme_and_defanged_link_are_read_too() -> None:
    tail = f"/gui/file/{SHA256}"
    assert found(f"virustotal[.]com{tail}") == [
        f"url http://virustotal.com{tail}",
        f"sha256 {SHA256}",
    ]
    wrapped = f"https://www.google.com/url?q=https://www.virustotal.com{tail}"
    assert found(wrapped)[-1] == f"sha256 {SHA256}"


@pytest.mark.parametrize(
    "link",
    [
        f"https://files.example.com/file/{SHA256}",
        f"https://virustotal.com.example.net/gui/file/{SHA256}",
        f"https://notvirustotal.com/gui/file/{SHA256}",
        f"https://www.virustotal.com/gui/url/{SHA256}/detection",
        f"https://www.virustotal.com/gui/collection/{SHA256}",
        f"https://www.virustotal.com/gui/file/x{SHA256}",
        f"https://www.virustotal.com/gui/file/{SHA256}0",
        "https://www.virustotal.com/gui/ip-address/203.0.113.7",
        "https://bazaar.abuse.ch/browse/tag/Emotet/",
    ],
)
def test_other_links_stay_just_links(link: str) -> None:
    assert found(link) == [f"url {link}"]
