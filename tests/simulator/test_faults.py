"""Each fault as a client sees it that only looks at status, headers and bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.fakes.vt_simulator import FAULTS, VTSimulator

from .plain_client import FILE, IP, NOT_THERE, PUBLIC, Answer, ask
from .test_wire_faults import WIRE_FAULTS

ERRORS = {
    "not_found": (404, "NotFoundError"),
    "auth_missing": (401, "AuthenticationRequiredError"),
    "auth_wrong": (401, "WrongCredentialsError"),
    "inactive": (401, "UserNotActiveError"),
    "forbidden": (403, "ForbiddenError"),
    "bad_argument": (400, "InvalidArgumentError"),
    "not_yet": (400, "NotAvailableYet"),
    "quota": (429, "QuotaExceededError"),
    "too_many": (429, "TooManyRequestsError"),
    "transient": (503, "TransientError"),
    "deadline": (504, "DeadlineExceededError"),
    "mislabelled_gzip": (429, "QuotaExceededError"),
}
PAGES = {"html500": 500, "html502": 502, "html403": 403, "html200": 200}
ODD_ERRORS = {
    "error_no_code": b'{"error":{"message":"no code here"}}',
    "error_string": b'{"error":"only words"}',
    "error_empty": b"",
}
FIXED_BODIES: dict[str, Any] = {
    "json_null": None,
    "json_list": [],
    "json_string": "data",
    "no_data": {"meta": {}},
}


QUOTAS = "/users/analyst1/overall_quotas"


def spoilt(sim: VTSimulator, fault: str, path: str = IP) -> Answer:
    sim.add_rule(fault)
    return ask(sim, path)


@pytest.mark.parametrize("fault", ERRORS)
def test_errors_of_the_api(sim: VTSimulator, fault: str) -> None:
    answer = spoilt(sim, fault)
    status, code = ERRORS[fault]
    assert answer.status == status
    assert json.loads(answer.body)["error"]["code"] == code


def test_a_plain_body_is_called_gzip(sim: VTSimulator) -> None:
    assert spoilt(sim, "mislabelled_gzip").headers["Content-Encoding"] == "gzip"


@pytest.mark.parametrize("fault", PAGES)
def test_pages_in_place_of_json(sim: VTSimulator, fault: str) -> None:
    answer = spoilt(sim, fault)
    assert answer.status == PAGES[fault]
    assert answer.headers.get_content_type() == "text/html"
    assert b"<html>" in answer.body


@pytest.mark.parametrize(("fault", "status"), [("empty204", 204), ("not_modified304", 304)])
def test_answers_without_a_body(sim: VTSimulator, fault: str, status: int) -> None:
    answer = spoilt(sim, fault)
    assert (answer.status, answer.body) == (status, b"")


@pytest.mark.parametrize("fault", ODD_ERRORS)
def test_errors_in_odd_shapes(sim: VTSimulator, fault: str) -> None:
    answer = spoilt(sim, fault)
    assert (answer.status, answer.body) == (404, ODD_ERRORS[fault])
    assert answer.headers.get_content_type() == "application/json"


def test_json_under_the_wrong_name(sim: VTSimulator) -> None:
    sound = ask(sim, IP)
    answer = spoilt(sim, "plain200")
    assert answer.headers["Content-Type"] == "text/plain"
    assert answer.body == sound.body


@pytest.mark.parametrize("fault", FIXED_BODIES)
def test_documents_of_another_shape(sim: VTSimulator, fault: str) -> None:
    answer = spoilt(sim, fault)
    assert answer.status == 200
    assert answer.json == FIXED_BODIES[fault]


def stats(attributes: dict[str, Any]) -> dict[str, Any]:
    return dict(attributes["last_analysis_stats"])


def all_dates(value: object) -> Callable[[dict[str, Any]], bool]:
    def check(attributes: dict[str, Any]) -> bool:
        dates = [v for name, v in attributes.items() if name.endswith("_date")]
        return len(dates) > 1 and all(v == value for v in dates)

    return check


ATTRIBUTES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "null_dates": all_dates(None),
    "string_dates": all_dates("2025-11-20 00:00:00"),
    "negative_date": all_dates(-1),
    "huge_date": all_dates(10**18),
    "stats_strings": lambda a: stats(a)["malicious"] == "9",
    "stats_missing": lambda a: "last_analysis_stats" not in a and "as_owner" in a,
    "stats_negative": lambda a: stats(a)["malicious"] == -1 and stats(a)["harmless"] == 57,
    "stats_extra_key": lambda a: set(stats(a)) > {"malicious", "harmless"} and len(stats(a)) == 6,
    "attr_collision": lambda a: {"id", "type", "error"} <= set(a),
    "xss": lambda a: "<script>" in a["title"] and "\u202e" in next(iter(a["categories"])),
}


@pytest.mark.parametrize("fault", ATTRIBUTES)
def test_odd_attributes_in_a_sound_envelope(sim: VTSimulator, fault: str) -> None:
    answer = spoilt(sim, fault)
    assert answer.json["data"]["id"] == "185.220.101.45"
    assert ATTRIBUTES[fault](answer.attributes)


ENVELOPES: dict[str, Callable[[Any], bool]] = {
    "data_list": lambda d: isinstance(d["data"], list),
    "no_attributes": lambda d: set(d["data"]) == {"id", "type", "links"},
    "attributes_null": lambda d: d["data"]["attributes"] is None,
}


@pytest.mark.parametrize("fault", ENVELOPES)
def test_odd_envelopes(sim: VTSimulator, fault: str) -> None:
    assert ENVELOPES[fault](spoilt(sim, fault).json)


def pairs_twice(body: bytes) -> bool:
    seen: list[str] = []
    json.loads(body, object_pairs_hook=lambda pairs: seen.extend(name for name, _ in pairs))
    return seen.count("attributes") == 2


def is_broken(body: bytes, error: type[Exception]) -> bool:
    try:
        json.loads(body)
    except error:
        return True
    return False


BYTES: dict[str, Callable[[bytes], bool]] = {
    "truncated": lambda b: len(b) > 100 and is_broken(b, json.JSONDecodeError),
    "nan": lambda b: b'"reputation":NaN' in b,
    "deep": lambda b: b.count(b"[") == 100_000 and is_broken(b, RecursionError),
    "dup_keys": pairs_twice,
    "bom": lambda b: b.startswith(b"\xef\xbb\xbf{"),
    "invalid_utf8": lambda b: is_broken(b, UnicodeDecodeError),
    "utf16": lambda b: b.decode("utf-16").startswith("{"),
}


@pytest.mark.parametrize("fault", BYTES)
def test_bodies_that_are_no_sound_json(sim: VTSimulator, fault: str) -> None:
    answer = spoilt(sim, fault)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert BYTES[fault](answer.body)


def test_hostile_text_stays_below_any_sane_cap(sim: VTSimulator) -> None:
    body = spoilt(sim, "xss").body
    assert 3_000_000 < len(body) < 4 << 20


REDIRECTS: dict[str, Callable[[VTSimulator, str], bool]] = {
    "redirect_same": lambda sim, to: to == f"{sim.base_url}{IP}?redirected=1",
    "redirect_loop": lambda sim, to: to == f"{sim.base_url}{IP}",
    "redirect_http": lambda sim, to: to == "http://169.254.169.254/",
    "redirect_cross": lambda sim, to: (
        to.startswith("http://127.0.0.1:") and to.endswith(IP) and not to.startswith(sim.base_url)
    ),
}


@pytest.mark.parametrize("fault", REDIRECTS)
def test_redirects(sim: VTSimulator, fault: str) -> None:
    answer = spoilt(sim, fault)
    assert answer.status == 302
    assert REDIRECTS[fault](sim, answer.headers["Location"])


def test_a_redirect_to_the_same_host_ends_in_a_sound_answer(sim: VTSimulator) -> None:
    sound = ask(sim, IP)
    sim.add_rule("redirect_same")
    assert ask(sim, f"{IP}?redirected=1").body == sound.body


@pytest.mark.parametrize(
    "path", [NOT_THERE, "/urls/%%%", "/users/analyst1", QUOTAS, "/nothing", FILE]
)
@pytest.mark.parametrize("fault", ["stats_negative", "dup_keys", "no_attributes", "data_list"])
def test_a_fault_works_on_any_path(sim: VTSimulator, fault: str, path: str) -> None:
    assert spoilt(sim, fault, path).status == 200


def test_a_fault_leaves_the_next_answer_sound(sim: VTSimulator) -> None:
    sound = ask(sim, IP).body
    for fault in (*ATTRIBUTES, *ENVELOPES):
        sim.add_rule(fault, times=1)
        assert ask(sim, IP).body != sound
        assert ask(sim, IP).body == sound
        sim.clear_rules()


@pytest.mark.parametrize(
    ("rule", "struck"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"times": 2}, [1, 2]),
        ({"nth": 3}, [3]),
        ({"nth": 2, "times": 3}, [2, 3, 4]),
    ],
)
def test_which_requests_a_rule_strikes(
    sim: VTSimulator, rule: dict[str, Any], struck: list[int]
) -> None:
    sim.add_rule("html500", **rule)
    assert [n for n in range(1, 6) if ask(sim).status == 500] == struck


@pytest.mark.parametrize(
    ("rule", "strikes"),
    [
        ({"path": "/api/v3/ip_addresses/*"}, True),
        ({"path": "/ip_addresses/*"}, True),
        ({"path": "*/185.220.*"}, True),
        ({"path": "*/files/*"}, False),
        ({"key": PUBLIC}, True),
        ({"key": "sim-key-premium"}, False),
    ],
)
def test_what_a_rule_matches(sim: VTSimulator, rule: dict[str, Any], strikes: bool) -> None:
    sim.add_rule("html500", **rule)
    assert (ask(sim).status == 500) is strikes


def test_the_first_rule_wins(sim: VTSimulator) -> None:
    sim.add_rule("html500", times=1)
    sim.add_rule("html502")
    assert [ask(sim).status, ask(sim).status] == [500, 502]
    assert [record.fault for record in sim.requests] == ["html500", "html502"]


def test_an_unknown_fault_is_refused(sim: VTSimulator) -> None:
    with pytest.raises(ValueError, match="unknown fault 'typo'"):
        sim.add_rule("typo")


def test_no_fault_is_left_untested() -> None:
    here = {
        *ERRORS, *PAGES, *ODD_ERRORS, *FIXED_BODIES, *ATTRIBUTES, *ENVELOPES, *BYTES, *REDIRECTS
    }  # fmt: skip
    assert here | {"empty204", "not_modified304", "plain200"} | WIRE_FAULTS == set(FAULTS)
