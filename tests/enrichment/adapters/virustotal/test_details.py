from __future__ import annotations

import pytest

from app.enrichment.adapters.virustotal import VTAdapter
from app.enrichment.models import Verdict
from app.pipeline.models import IOC
from tests.enrichment.adapters.virustotal.answers import (
    ADDRESS,
    DOMAIN,
    FILE,
    MD5,
    SHA256,
    URL,
    found,
    found_json,
    report,
    shown,
    stats,
)


@pytest.mark.parametrize(
    ("value", "date"),
    [
        (1763600000, "2025-11-20T00:53:20Z"),
        ("1763600000", None),
        (-5, None),
        (10**18, None),
        (None, None),
        (True, None),
        (1.5, None),
        ([], None),
    ],
)
def test_an_odd_date_is_dropped_and_the_rest_kept(
    adapter: VTAdapter, value: object, date: str | None
) -> None:
    result = found(adapter, ADDRESS, {**stats(malicious=3), "last_analysis_date": value})
    assert (result.scan_date, result.verdict) == (date, Verdict.MALICIOUS)


def test_a_file_shows_what_it_is(adapter: VTAdapter) -> None:
    attributes = {
        "meaningful_name": "update.exe",
        "names": ["update.exe", "invoice.exe"],
        "type_description": "Win32 EXE",
        "size": 204800,
        "first_submission_date": 1763410000,
        "popular_threat_classification": {"suggested_threat_label": "trojan.made/up"},
        "tags": ["peexe", 7, None, "peexe"],
        "reputation": -30,
        "last_analysis_results": {
            "Alpha": {"category": "malicious"},
            "Beta": {"category": "undetected"},
            "Gamma": {"category": "suspicious"},
            "Delta": None,
        },
    }
    result = found(adapter, FILE, attributes, id=SHA256)
    assert shown(result) == {
        "MD5": MD5,
        "Threat": "trojan.made/up",
        "Names": "update.exe, invoice.exe",
        "File type": "Win32 EXE",
        "Size": "204\u202f800 bytes",
        "First submitted": "2025-11-17",
        "Flagged by": "Alpha, Gamma",
        "Tags": "peexe",
        "Reputation": "-30",
    }
    assert result.link == f"https://www.virustotal.com/gui/file/{SHA256}"


def test_a_domain_shows_its_registrar_age_and_categories(adapter: VTAdapter) -> None:
    attributes = {
        "registrar": "Example Registrar",
        "creation_date": 1760000000,
        "categories": {"One": "malware sites", "Two": "malware sites", "Three": "new"},
        "popularity_ranks": {"List": {"rank": 812345}},
    }
    result = found(adapter, DOMAIN, attributes)
    rows = shown(result)
    assert rows["Registrar"] == "Example Registrar"
    assert rows["Registered"].startswith("2025-10-09, ")
    assert rows["Registered"].endswith(" days ago")
    assert rows["Categories"] == "malware sites, new"
    assert rows["Popularity"] == "List: 812\u202f345"
    assert result.link == "https://www.virustotal.com/gui/domain/files.example.net"


def test_an_address_shows_owner_network_and_country(adapter: VTAdapter) -> None:
    attributes = {
        "as_owner": "Example Hosting",
        "asn": 64500,
        "country": "NL",
        "network": "185.220.101.0/24",
    }
    result = found(adapter, ADDRESS, attributes)
    assert shown(result) == {
        "Owner": "Example Hosting",
        "AS": "AS64500",
        "Network": "185.220.101.0/24",
        "Country": "NL",
    }
    assert result.link == "https://www.virustotal.com/gui/ip-address/185.220.101.45"


def test_a_url_shows_its_final_address_defanged(adapter: VTAdapter) -> None:
    attributes = {"last_final_url": "http://evil.example.net/x", "title": "Sign in"}
    result = found(adapter, URL, attributes, id="ab" * 32)
    assert shown(result) == {"Final URL": "hxxp://evil[.]example[.]net/x", "Title": "Sign in"}
    assert result.link == f"https://www.virustotal.com/gui/url/{'ab' * 32}"


@pytest.mark.parametrize("given", ["javascript:alert(1)", "../../evil", "AB" * 32])
def test_an_id_that_is_no_hash_gets_into_no_link(adapter: VTAdapter, given: object) -> None:
    assert found(adapter, URL, {"url": URL.value}, id=given).link is None
    assert (
        found(adapter, FILE, {"md5": MD5}, id=given).link
        == f"https://www.virustotal.com/gui/file/{MD5}"
    )


def test_hostile_text_is_cut_and_made_visible(adapter: VTAdapter) -> None:
    title = "\u202egpj.exe\x00\x1b[31m \ud800 " + "A" * 100_000
    body = report({"title": title, "tags": ["<script>alert(1)</script>"]})
    rows = shown(found_json(adapter, URL, body))
    assert rows["Title"].startswith("‹U+202E›gpj.exe‹U+0000›‹U+001B›[31m ‹U+D800› AAA")
    assert len(rows["Title"]) < 400
    assert rows["Tags"] == "<script>alert(1)</script>"  # escaped where it is shown


WRONG = (None, True, 7, -1, "text", [], ["x", 1, None], {}, {"a": 1}, "")


NAMES = (
    "as_owner",
    "asn",
    "country",
    "network",
    "registrar",
    "creation_date",
    "categories",
    "popularity_ranks",
    "title",
    "tags",
    "last_final_url",
    "threat_names",
    "last_http_response_code",
    "meaningful_name",
    "names",
    "type_description",
    "size",
    "sha256",
    "md5",
    "first_submission_date",
    "last_submission_date",
    "reputation",
    "total_votes",
    "popular_threat_classification",
    "last_analysis_results",
    "last_analysis_date",
)


@pytest.mark.parametrize("ioc", [ADDRESS, DOMAIN, URL, FILE], ids=lambda ioc: ioc.type)
@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_no_attribute_of_a_wrong_type_hides_the_verdict(
    adapter: VTAdapter, ioc: IOC, wrong: object
) -> None:
    for name in NAMES:
        body = report({**stats(malicious=5, harmless=60), name: wrong})
        result = adapter.parse(ioc, body)
        assert (result.verdict, result.detection_count) == (Verdict.MALICIOUS, 5)
