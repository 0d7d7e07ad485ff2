"""Who may ask, and in which order that is checked."""

from __future__ import annotations

import pytest

from tests.fakes.vt_simulator import VTSimulator

from .plain_client import IP, NOT_THERE, PUBLIC, SHA256, ask


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "AuthenticationRequiredError"),
        ("", "AuthenticationRequiredError"),
        ("unknown", "WrongCredentialsError"),
        ("SIM-KEY-PUBLIC", "WrongCredentialsError"),
        ("sim-key-public ", "WrongCredentialsError"),
        ("sim-key-inactive", "UserNotActiveError"),
    ],
)
def test_keys_that_do_not_open(sim: VTSimulator, key: str | None, code: str) -> None:
    answer = ask(sim, IP, key)
    assert (answer.status, answer.code) == (401, code)
    assert not sim.requests[0].key_ok
    assert sim.requests[0].spent == 0


def test_the_header_may_be_written_in_any_case(sim: VTSimulator) -> None:
    assert ask(sim, IP, key=None, X_APIKEY=PUBLIC).status == 200


@pytest.mark.parametrize("key", [None, "unknown", "sim-key-inactive"])
def test_the_key_comes_before_faults(sim: VTSimulator, key: str | None) -> None:
    sim.add_rule("html502")
    assert ask(sim, IP, key).status == 401
    assert ask(sim, IP).status == 502


def test_faults_come_before_quota(sim: VTSimulator) -> None:
    sim.add_rule("html502", times=1)
    assert ask(sim, IP, "sim-key-exhausted").status == 502
    assert ask(sim, IP, "sim-key-exhausted").status == 429


@pytest.mark.parametrize("path", [NOT_THERE, "/ip_addresses/999.1.1.1", "/nothing/here"])
def test_quota_comes_before_the_route(sim: VTSimulator, path: str) -> None:
    assert ask(sim, path, "sim-key-exhausted").status == 429


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/urls"),
        ("POST", f"/files/{SHA256}/analyse"),
        ("DELETE", IP),
        ("HEAD", IP),
        ("GET", f"/files/{SHA256}/download"),
    ],
)
def test_more_than_looking_is_a_violation(sim: VTSimulator, method: str, path: str) -> None:
    assert ask(sim, path, method=method).status == 403
    assert [(v.method, v.path) for v in sim.violations] == [(method, f"/api/v3{path}")]


def test_a_violation_without_a_key_is_remembered_too(sim: VTSimulator) -> None:
    assert ask(sim, "/urls", key=None, method="POST", body={"url": "x"}).status == 401
    assert len(sim.violations) == 1


@pytest.mark.parametrize("name", [PUBLIC, "analyst1"])
def test_users_see_themselves(sim: VTSimulator, name: str) -> None:
    answer = ask(sim, f"/users/{name}")
    assert answer.json["data"]["id"] == "analyst1"
    assert answer.attributes["apikey"] == PUBLIC


@pytest.mark.parametrize("path", ["/users/analyst2", "/users/sim-key-premium/overall_quotas"])
def test_users_do_not_see_others(sim: VTSimulator, path: str) -> None:
    assert ask(sim, path).code == "ForbiddenError"


def test_a_test_brings_its_own_keys() -> None:
    keys = {"own-key-0123456789": {}, "vip": {"user": "boss", "is_premium": True}}
    with VTSimulator(per_minute=1, keys=keys) as sim:
        assert [ask(sim, IP, "own-key-0123456789").status for _ in range(2)] == [200, 429]
        assert [ask(sim, IP, "vip").status for _ in range(2)] == [200, 200]
        assert ask(sim, "/users/boss", "vip").json["data"]["id"] == "boss"
        ask(sim, "/users/own-key-0123456789")  # another user's key, in the path
        assert sim.requests[-1].path == "/api/v3/users/****6789"


def test_no_key_is_ever_logged(sim: VTSimulator) -> None:
    secret = "0123456789abcdef" * 4
    ask(sim, IP, secret, authorization=f"Bearer {secret}")
    ask(sim, f"/users/{PUBLIC}/overall_quotas?again={PUBLIC}")
    ask(sim, "/users/sim-key-premium")
    log = ask(sim, "/__sim__/requests").body + ask(sim, "/__sim__/state").body
    assert secret.encode() not in log
    assert b"sim-key-" not in log
    assert [r.key_masked for r in sim.requests] == ["****cdef", "****blic", "****blic"]
    assert sim.requests[0].headers["x-apikey"] == "****cdef"
