from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.fakes.vt_simulator import VTSimulator

from .plain_client import FILE, IP, MD5, NOT_THERE, SHA1, SHA256, ask, url_path

URL_SHA256 = "5adbd75d8bfe938aa2f82bf3cac93a6cf0e65a3e48f12da402fa487a3eee37b1"
CLEAN_FILE = "/files/4dafd94041721d8851ea343be4a7aed5"
UNREADABLE_FILE = "/files/544d5abac3df559adbe513c82f46202b"


@pytest.mark.parametrize(
    ("path", "object_id"),
    [
        (IP, "185.220.101.45"),
        ("/ip_addresses/2A0B:F4C2:0::10", "2a0b:f4c2::10"),
        ("/domains/FILES.Example.net", "files.example.net"),
        ("/domains/xn--bcher-kva.example.net", "xn--bcher-kva.example.net"),
        (url_path("http://files.example.net/invoice/update.exe"), URL_SHA256),
        (url_path("HTTP://FILES.example.NET/invoice/update.exe"), URL_SHA256),
        (f"/urls/{URL_SHA256}", URL_SHA256),
        (f"/files/{MD5.upper()}", SHA256),
        (f"/files/{SHA1}", SHA256),
        (f"/files/{SHA256}", SHA256),
    ],
)
def test_an_object_is_found_under_every_name(sim: VTSimulator, path: str, object_id: str) -> None:
    answer = ask(sim, path)
    assert answer.status == 200
    assert answer.json["data"]["id"] == object_id
    assert answer.json["data"]["links"]["self"].endswith(f"/{object_id}")


def test_urls_come_in_both_alphabets_with_or_without_padding(sim: VTSimulator) -> None:
    url = b"http://files.example.net/?>>>???"
    ids = {b64encode(url).decode(), urlsafe_b64encode(url).decode()}
    paths = [f"/urls/{quote(i, safe='')}" for i in (*ids, *(i.rstrip("=") for i in ids))]
    assert {ask(sim, path).code for path in paths} == {"NotFoundError"}
    assert "%2F" in "".join(paths)


def test_an_empty_path_is_a_slash(sim: VTSimulator) -> None:
    with_slash = ask(sim, url_path("https://www.example.com/"))
    assert ask(sim, url_path("https://www.example.com")).body == with_slash.body


@pytest.mark.parametrize(
    ("path", "stats"),
    [
        ("/ip_addresses/9.9.9.9", (0, 0)),
        ("/ip_addresses/2a0b:f4c2::10", (0, 3)),
        ("/domains/www.example.com", (0, 0)),
        (CLEAN_FILE, (0, 0)),
        (UNREADABLE_FILE, (1, 0)),
    ],
)
def test_fixtures_of_every_colour(sim: VTSimulator, path: str, stats: tuple[int, int]) -> None:
    counted = ask(sim, path).attributes["last_analysis_stats"]
    assert (counted["malicious"], counted["suspicious"]) == stats


def test_a_known_address_may_never_have_been_analysed(sim: VTSimulator) -> None:
    attributes = ask(sim, "/ip_addresses/45.137.21.9").attributes
    assert "last_analysis_stats" not in attributes
    assert "last_analysis_date" not in attributes


def test_most_engines_cannot_read_the_odd_file(sim: VTSimulator) -> None:
    stats = ask(sim, UNREADABLE_FILE).attributes["last_analysis_stats"]
    assert stats["type-unsupported"] > sum(stats.values()) / 2


@pytest.mark.parametrize(
    "path",
    [
        NOT_THERE,
        "/domains/unknown.example.org",
        "/urls/aHR0cDovL3Vua25vd24uZXhhbXBsZS5vcmcv",
        "/files/00000000000000000000000000000001",
        "/nothing/here",
        "/ip_addresses",
        f"{IP}/unheard-of",
        "/users/analyst1/unheard-of",
    ],
)
def test_what_is_not_there(sim: VTSimulator, path: str) -> None:
    answer = ask(sim, path)
    assert (answer.status, answer.code) == (404, "NotFoundError")


def test_the_message_repeats_what_was_asked(sim: VTSimulator) -> None:
    answer = ask(sim, "/domains/%3Cb%3E.example")
    assert answer.json["error"]["message"] == 'Domain "<b>.example" not found'


@pytest.mark.parametrize(
    "path",
    [
        "/ip_addresses/999.1.1.1",
        "/ip_addresses/example.net",
        "/domains/nodot",
        "/domains/a%20b.example",
        "/domains/a%2Fb.example",
        "/urls/%%%",
        url_path("ftp://files.example.net/"),
        url_path("files.example.net"),
        url_path("http://[half/"),
        "/files/abc",
        "/files/" + "g" * 64,
    ],
)
def test_what_cannot_be_an_id(sim: VTSimulator, path: str) -> None:
    answer = ask(sim, path)
    assert (answer.status, answer.code) == (400, "InvalidArgumentError")


def test_a_premium_integration_that_names_itself_is_told_more(sim: VTSimulator) -> None:
    def assessed(key: str, **headers: str) -> bool:
        return "gti_assessment" in ask(sim, IP, key, **headers).attributes

    assert assessed("sim-key-premium", x_tool="org.example.v1.0")
    assert not assessed("sim-key-premium")
    assert not assessed("sim-key-public", x_tool="org.example.v1.0")


def test_success_headers(sim: VTSimulator) -> None:
    answer = ask(sim, IP)
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert int(answer.headers["Content-Length"]) == len(answer.body)


@pytest.mark.parametrize(
    ("agent", "accepted", "is_packed"),
    [
        ("telltale; gzip", "gzip", True),
        ("telltale", "gzip", False),
        ("telltale; gzip", "identity", False),
    ],
)
def test_gzip_needs_both_headers(
    sim: VTSimulator, agent: str, accepted: str, is_packed: bool
) -> None:
    answer = ask(sim, IP, user_agent=agent, accept_encoding=accepted)
    assert (answer.headers.get("Content-Encoding") == "gzip") is is_packed
    assert answer.json["data"]["id"] == "185.220.101.45"


def test_the_same_request_gives_the_same_bytes() -> None:
    paths = (IP, FILE, "/domains/any.example.org", "/users/analyst1", NOT_THERE)
    gzipped = {"user_agent": "gzip", "accept_encoding": "gzip"}

    def world() -> list[bytes]:
        with VTSimulator(invent=True) as sim:
            return [
                answer.headers.as_bytes() + answer.body
                for path in paths
                for answer in (ask(sim, path, count) for count in ("sim-key-premium",) * 2)
            ] + [ask(sim, FILE, "sim-key-premium", **gzipped).body]

    assert world() == world()


def test_more_fixtures_come_from_a_file(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    objects = {
        "domains": [{"id": "own.example", "attributes": {"reputation": 7}}],
        "files": [{"id": "a" * 64, "attributes": {"md5": "b" * 32}}],
    }
    state.write_text(json.dumps(objects))
    with VTSimulator(state=state) as sim:
        assert ask(sim, "/domains/own.example").attributes == {"reputation": 7}
        assert ask(sim, f"/files/{'A' * 64}").body == ask(sim, f"/files/{'B' * 32}").body
        assert ask(sim, IP).status == 200
