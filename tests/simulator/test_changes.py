"""What tests of caches and ledgers need: counts by IOC, arrival times, verdicts that change."""

from __future__ import annotations

import pytest

from tests.fakes.vt_simulator import VTSimulator

from .conftest import NOON
from .plain_client import FILE, IP, MD5, NOT_THERE, SHA1, SHA256, ask, url_path

URL = "http://files.example.net/invoice/update.exe"


def test_calls_are_counted_by_ioc_with_their_times(limited: VTSimulator) -> None:
    ask(limited, IP)
    limited.advance(61)
    for path in (IP, url_path(URL), f"/files/{MD5.upper()}", f"/files/{SHA256}", NOT_THERE):
        ask(limited, path)
    ask(limited, "/users/analyst1/overall_quotas")
    assert limited.calls == {
        "185.220.101.45": 2,
        URL: 1,
        MD5: 1,
        SHA256: 1,
        NOT_THERE.removeprefix("/ip_addresses/"): 1,
    }
    assert limited.arrivals == [NOON, *[NOON + 61] * 5]
    limited.reset()
    assert (limited.calls, limited.arrivals) == ({}, [])


@pytest.mark.parametrize(
    ("ioc", "path"),
    [
        ("185.220.101.45", IP),
        ("45.137.21.10", NOT_THERE),
        ("files.example.net", "/domains/files.example.net"),
        (URL, url_path(URL)),
        (MD5, FILE),
        (SHA1, FILE),
        (SHA256, f"/files/{SHA1}"),
        ("2a0b:f4c2::10", "/ip_addresses/2A0B:F4C2:0::10"),
        ("0" * 32, f"/files/{'0' * 32}"),
    ],
)
def test_a_verdict_changes_while_it_runs(sim: VTSimulator, ioc: str, path: str) -> None:
    before = ask(sim, path)
    sim.restate(ioc, malicious=41, suspicious=0, undetected=50, harmless=3)
    after = ask(sim, path).attributes
    assert after["last_analysis_stats"]["malicious"] == 41
    assert sum(after["last_analysis_stats"].values()) == 94
    assert after["last_analysis_date"] == int(NOON)
    if before.status == 200:
        assert after.keys() == before.attributes.keys() | {
            "last_analysis_stats",
            "last_analysis_date",
        }
    sim.reset()
    assert ask(sim, path).attributes == after


def test_an_object_comes_and_goes(sim: VTSimulator) -> None:
    md5, sha1, sha256 = "1" * 32, "2" * 40, "3" * 64
    sim.put("files", sha256, {"md5": md5, "sha1": sha1, "sha256": sha256})
    for name in (md5, sha1, sha256):
        assert ask(sim, f"/files/{name}").json["data"]["id"] == sha256
    sim.put("files", sha256, None)
    assert ask(sim, f"/files/{sha256}").status == 404


def test_a_process_is_told_the_same_by_its_control(sim: VTSimulator) -> None:
    body = {"ioc": "185.220.101.45", "stats": {"malicious": 1, "harmless": 9}}
    assert ask(sim, "/__sim__/stats", method="POST", body=body).json == {"ok": True}
    assert ask(sim, IP).attributes["last_analysis_stats"] == {"malicious": 1, "harmless": 9}
    assert ask(sim, "/__sim__/calls").json == {"185.220.101.45": 1}
    assert ask(sim, "/__sim__/stats", method="POST", body={"ioc": "?"}).status == 400
