"""The official client as an independent judge: what it understands is VirusTotal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
import vt

from tests.fakes.vt_simulator import VTSimulator

from .plain_client import MD5, SHA1, SHA256

URL = "http://files.example.net/invoice/update.exe"
URL_SHA256 = "5adbd75d8bfe938aa2f82bf3cac93a6cf0e65a3e48f12da402fa487a3eee37b1"
IP = "185.220.101.45"
Connect = Callable[[str], vt.Client]


@pytest.fixture
def connect(
    sim: VTSimulator, event_loop: asyncio.AbstractEventLoop
) -> Iterator[Callable[[str], vt.Client]]:
    clients: list[vt.Client] = []

    def open_client(key: str) -> vt.Client:
        clients.append(vt.Client(key, host=sim.host_url, timeout=5))
        return clients[-1]

    yield open_client
    for client in clients:
        client.close()
    # aiohttp lets go of its sockets in the next turns of the loop.
    event_loop.run_until_complete(asyncio.sleep(0))


@pytest.fixture
def client(connect: Connect) -> vt.Client:
    return connect("sim-key-public")


@pytest.mark.parametrize(
    ("path", "asked", "kind", "object_id", "malicious"),
    [
        ("/ip_addresses/{}", IP, "ip_address", IP, 9),
        ("/domains/{}", "files.example.net", "domain", "files.example.net", 14),
        ("/urls/{}", vt.url_id(URL), "url", URL_SHA256, 11),
        ("/urls/{}", URL_SHA256, "url", URL_SHA256, 11),
        ("/files/{}", MD5, "file", SHA256, 47),
        ("/files/{}", SHA1, "file", SHA256, 47),
        ("/files/{}", SHA256, "file", SHA256, 47),
    ],
)
def test_objects_of_all_four_kinds(
    client: vt.Client, path: str, asked: str, kind: str, object_id: str, malicious: int
) -> None:
    found = client.get_object(path, asked)
    assert (found.type, found.id) == (kind, object_id)
    assert found.last_analysis_stats["malicious"] == malicious
    assert isinstance(found.last_analysis_date, datetime)
    assert found.last_analysis_date.tzinfo == UTC


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/ip_addresses/45.137.21.10", "NotFoundError"),
        ("/domains/unknown.example.org", "NotFoundError"),
        ("/urls/aHR0cDovL3Vua25vd24uZXhhbXBsZS5vcmcv", "NotFoundError"),
        ("/files/00000000000000000000000000000001", "NotFoundError"),
        ("/ip_addresses/999.1.1.1", "InvalidArgumentError"),
        ("/files/abc", "InvalidArgumentError"),
        ("/users/another-user", "ForbiddenError"),
    ],
)
def test_refusals(client: vt.Client, path: str, code: str) -> None:
    with pytest.raises(vt.APIError) as caught:
        client.get_object(path)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("unknown", "WrongCredentialsError"),
        ("sim-key-inactive", "UserNotActiveError"),
        ("sim-key-exhausted", "QuotaExceededError"),
    ],
)
def test_keys_that_do_not_open(connect: Connect, key: str, code: str) -> None:
    with pytest.raises(vt.APIError) as caught:
        connect(key).get_object("/ip_addresses/{}", IP)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("auth_missing", "AuthenticationRequiredError"),
        ("not_yet", "NotAvailableYet"),
        ("too_many", "TooManyRequestsError"),
        ("transient", "ServerError"),
        ("deadline", "ServerError"),
        ("html502", "ServerError"),
        ("html403", "ClientError"),
        ("empty204", "ServerError"),
        ("not_modified304", "ServerError"),
    ],
)
def test_faults_that_the_client_names(
    sim: VTSimulator, client: vt.Client, fault: str, code: str
) -> None:
    sim.add_rule(fault)
    with pytest.raises(vt.APIError) as caught:
        client.get_object("/ip_addresses/{}", IP)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("html200", aiohttp.ContentTypeError),
        ("plain200", aiohttp.ContentTypeError),
        ("truncated", json.JSONDecodeError),
        ("short_body", aiohttp.ClientPayloadError),
        ("json_null", TypeError),
        ("json_list", ValueError),
        ("no_data", ValueError),
        ("attr_collision", AttributeError),
        ("deep", RecursionError),
        ("mislabelled_gzip", aiohttp.ClientPayloadError),
        ("error_no_code", KeyError),
        ("error_string", TypeError),
        ("error_empty", AttributeError),
        ("redirect_loop", aiohttp.TooManyRedirects),
        ("reset", aiohttp.ClientConnectionError),
        ("reset_mid", aiohttp.ClientPayloadError),
    ],
)
def test_faults_that_break_the_client(
    sim: VTSimulator, client: vt.Client, fault: str, error: type[Exception]
) -> None:
    sim.add_rule(fault)
    with pytest.raises(error):
        client.get_object("/ip_addresses/{}", IP)


def test_the_client_repeats_itself_after_a_reset(sim: VTSimulator, client: vt.Client) -> None:
    sim.add_rule("reset", times=1)
    assert client.get_object("/ip_addresses/{}", IP).id == IP
    assert len(sim.requests) == 2


def test_quotas_and_the_user(client: vt.Client) -> None:
    client.get_object("/ip_addresses/{}", IP)
    quotas: dict[str, Any] = client.get_data("/users/{}/overall_quotas", "sim-key-public")
    assert quotas["api_requests_daily"]["user"]["used"] == 1
    user = client.get_object("/users/analyst1")
    assert user.quotas["api_requests_hourly"]["used"] == 1
    assert user.user_since.tzinfo == UTC


def test_the_client_gets_gzip_because_its_agent_says_so(
    sim: VTSimulator, client: vt.Client
) -> None:
    answer = client.get("/ip_addresses/{}", IP)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.json()["data"]["id"] == IP
    assert sim.requests[0].headers["User-Agent"].endswith("gzip")


def test_the_client_reads_chunks(event_loop: asyncio.AbstractEventLoop) -> None:
    with (
        VTSimulator(chunked=True) as sim,
        vt.Client("sim-key-public", host=sim.host_url, timeout=5) as client,
    ):
        assert client.get_object("/ip_addresses/{}", IP).id == IP
