"""The plan of an analysis, with VirusTotal's simulator to count what leaves."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.triage.models import Preferences
from tests.canary import CANARY_KEY
from tests.fakes.vt_simulator import VTSimulator
from tests.routes.polling import poll
from tests.triage.corpus import ASKED, HELD, OWN

pytestmark = pytest.mark.slow

JSON = {"Accept": "application/json"}
Analyze = Callable[..., str]
Finished = Callable[[str], dict[str, Any]]
OWNED = Preferences(own_domains=("corp-bank.co.uk",))
TEXT = "185.220.101.45 files.example.net vpn.corp-bank.co.uk http://bob:pw@unknown.example.org/x"


@pytest.fixture
def own(app: Flask) -> Callable[[Preferences], None]:
    preferences: Callable[[Preferences], None] = app.extensions["services"].preferences.set
    return preferences


def asked(simulator: VTSimulator) -> list[str]:
    return sorted(request.path.rpartition("/")[2] for request in simulator.requests)


def planned(client: FlaskClient, text: str = TEXT) -> str:
    """Paste as a page does; returns the job's address."""
    answer = client.post("/analyze", data={"text": text, "mode": "online"})
    assert answer.status_code == 303
    return answer.headers["Location"]


def ticks(page: str, name: str) -> list[str]:
    """The values of the boxes of that name, in the order of the page."""
    return re.findall(rf'<input type="checkbox" name="{name}" value="([^"]+)"', page)


def test_a_plan_with_decisions_is_shown_before_anything_is_sent(
    client: FlaskClient, own: Callable[[Preferences], None], simulator: VTSimulator
) -> None:
    own(OWNED)
    address = planned(client)
    page = client.get(address).text
    for words in (
        "Review before lookup",
        "own domain corp-bank.co.uk",
        "carries a password",
        "Send only the host",
        "185[.]220[.]101[.]45",
    ):
        assert words in page
    assert re.search(r"<b[^>]*>2</b> lookups:", page)
    assert simulator.requests == []
    job = client.get(f"/api/jobs/{address.rpartition('/')[2]}").get_json()
    assert (job["state"], job["phase"], job["allowed"]) == ("queued", "planned", ["cancel"])


def test_an_unchanged_plan_looks_up_every_ticked_ioc(
    client: FlaskClient, own: Callable[[Preferences], None], simulator: VTSimulator
) -> None:
    own(OWNED)
    address = planned(client)
    page = client.get(address).text
    form = {"ask": ticks(page, "ask"), "type": ticks(page, "type")}
    answer = client.post(f"{address}/start", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, address)
    status = poll(client, address.rpartition("/")[2])
    assert asked(simulator) == ["185.220.101.45", "files.example.net"]
    assert (status["total"], status["done"]) == (2, 2)
    assert "Review before lookup" not in client.get(address).text


def test_unticked_iocs_are_not_sent(client: FlaskClient, simulator: VTSimulator) -> None:
    address = planned(client, "TLP:RED 185.220.101.45 9.9.9.9 files.example.net a.example.org")
    page = client.get(address.partition("?")[0]).text
    places = dict(
        zip(ticks(page, "ask"), re.findall(r'<bdi class="ioc">([^<]+)', page), strict=True)
    )
    wanted = [place for place, ioc in places.items() if ioc != "9[.]9[.]9[.]9"]
    form = {"ask": wanted, "type": ["ipv4"]}
    job_id = address.partition("?")[0].rpartition("/")[2]
    client.post(f"/results/{job_id}/start", data=form)
    rows = {row["ioc"]: row for row in poll(client, job_id)["results"]}
    assert asked(simulator) == ["185.220.101.45"]
    assert rows["9.9.9.9"]["reason"] == "left out in the plan"
    assert rows["files.example.net"]["reason"] == "left out in the plan"


def test_held_back_iocs_are_sent_when_ticked(
    client: FlaskClient, own: Callable[[Preferences], None], simulator: VTSimulator
) -> None:
    own(OWNED)
    address = planned(client)
    page = client.get(address).text
    (host_alone,) = ticks(page, "host_alone")
    all_the_same = [place for place in ticks(page, "all_the_same") if place != host_alone]
    form = {"host_alone": host_alone, "all_the_same": all_the_same}
    client.post(f"{address}/start", data=form)
    poll(client, address.rpartition("/")[2])
    assert asked(simulator) == ["unknown.example.org", "vpn.corp-bank.co.uk"]


def test_a_plan_starts_once(client: FlaskClient, own: Callable[[Preferences], None]) -> None:
    own(OWNED)
    address = planned(client)
    assert client.post(f"{address}/start", data={}, headers=JSON).status_code == 202
    again = client.post(f"{address}/start", data={}, headers=JSON)
    assert (again.status_code, "error" in again.get_json()) == (400, True)
    assert client.post("/results/unknown/start", data={}, headers=JSON).status_code == 404
    page = client.post(f"{address}/start", data={})
    assert (page.status_code, page.headers["Location"]) == (303, address)
    assert "was started or cancelled before" in client.get(address).text


def test_an_old_page_of_a_cancelled_plan_sends_nothing(
    client: FlaskClient, own: Callable[[Preferences], None], simulator: VTSimulator
) -> None:
    own(OWNED)
    address = planned(client)
    page = client.get(address).text
    job_id = address.rpartition("/")[2]
    client.post(f"/api/jobs/{job_id}/control", data={"action": "cancel"})
    boxes = ("ask", "type", "all_the_same", "host_alone")
    form = {name: ticks(page, name) for name in boxes}
    assert client.post(f"{address}/start", data=form, headers=JSON).status_code == 400
    assert poll(client, job_id)["state"] == "cancelled"
    assert len(client.get(f"/api/jobs/{job_id}/iocs").get_json()["iocs"]) == 4
    assert simulator.requests == []


def test_iocs_answered_while_the_plan_was_read_are_not_asked_again(
    client: FlaskClient, own: Callable[[Preferences], None], analyze: Analyze,
    finished: Finished, simulator: VTSimulator, app: Flask,
) -> None:  # fmt: skip
    own(OWNED)
    address = planned(client)
    page = client.get(address).text
    finished(analyze("185.220.101.45"))
    app.extensions["services"].orchestrator.forget("VirusTotal")  # it is a while ago
    form = {"ask": ticks(page, "ask"), "type": ticks(page, "type")}
    client.post(f"{address}/start", data=form)
    rows = {row["ioc"]: row for row in poll(client, address.rpartition("/")[2])["results"]}
    assert asked(simulator) == ["185.220.101.45", "files.example.net"]
    assert rows["185.220.101.45"]["verdict"] == "malicious"


@pytest.mark.parametrize("place", ["-1", "x", "1" * 12, "\u0661"])
def test_form_values_that_the_plan_never_sends_are_refused(
    client: FlaskClient, own: Callable[[Preferences], None], place: str
) -> None:
    own(OWNED)
    address = planned(client)
    assert client.post(f"{address}/start", data={"ask": place}).status_code == 400
    assert client.post(f"{address}/start", data={"host_alone": "99999"}).status_code == 303


def test_unticked_iocs_are_not_sent_when_the_analysis_runs_again(
    client: FlaskClient, own: Callable[[Preferences], None], simulator: VTSimulator
) -> None:
    own(OWNED)
    address = planned(client)
    client.post(f"{address}/start", data={})
    poll(client, address.rpartition("/")[2])
    again = client.post(f"{address}/again").headers["Location"]
    page = client.get(again).text
    assert ("Review before lookup" in page, page.count("left out in the plan")) == (True, 2)
    program = client.post(f"{address}/again", headers=JSON).get_json()["job_id"]
    assert poll(client, program)["done"] == 0
    assert simulator.requests == []


def test_a_cancelled_plan_is_shown_again_when_it_runs_again(
    client: FlaskClient, simulator: VTSimulator
) -> None:
    address = planned(client, "TLP:RED 185.220.101.45").partition("?")[0]
    client.post(f"/api/jobs/{address.rpartition('/')[2]}/control", data={"action": "cancel"})
    again = client.post(f"{address}/again").headers["Location"]
    assert "Review before lookup" in client.get(again).text
    assert simulator.requests == []


def test_a_cancelled_plan_sends_nothing(
    client: FlaskClient, own: Callable[[Preferences], None], simulator: VTSimulator
) -> None:
    own(OWNED)
    address = planned(client)
    job_id = address.rpartition("/")[2]
    answer = client.post(f"/api/jobs/{job_id}/control", data={"action": "cancel"})
    assert answer.status_code == 303
    assert poll(client, job_id)["state"] == "cancelled"
    assert simulator.requests == []
    assert client.get(f"/api/jobs/{job_id}").get_json()["egress"]["calls"] == 0


def test_a_plan_without_decisions_starts_at_once(
    client: FlaskClient, simulator: VTSimulator
) -> None:
    address = planned(client, "185.220.101.45 10.0.0.1 CVE-2024-3400")
    poll(client, address.rpartition("/")[2])
    assert asked(simulator) == ["185.220.101.45"]


def test_the_plan_can_be_skipped_by_a_preference(
    client: FlaskClient, own: Callable[[Preferences], None], simulator: VTSimulator
) -> None:
    own(Preferences(own_domains=OWNED.own_domains, start_at_once=True))
    poll(client, planned(client).rpartition("/")[2])
    assert asked(simulator) == ["185.220.101.45", "files.example.net"]


def test_programs_start_at_once(
    client: FlaskClient, own: Callable[[Preferences], None], analyze: Analyze, finished: Finished
) -> None:
    own(OWNED)
    assert finished(analyze(TEXT))["state"] == "success"


def test_our_own_page_gets_the_plan(
    client: FlaskClient, own: Callable[[Preferences], None], simulator: VTSimulator
) -> None:
    own(OWNED)
    data = {"text": TEXT, "mode": "online", "show_plan": "1"}
    body = client.post("/analyze", data=data, headers=JSON).get_json()
    assert "Review before lookup" in client.get(body["results_url"]).text
    assert simulator.requests == []


def test_a_program_can_ask_for_the_plan_alone(
    client: FlaskClient, analyze: Analyze, finished: Finished, simulator: VTSimulator
) -> None:
    finished(analyze("185.220.101.45"))
    text = "185.220.101.45 9.9.9.9 files.example.net 10.0.0.1 CVE-2024-3400"
    data = {"text": text, "mode": "online", "plan": "1"}
    answer = client.post("/analyze", data=data, headers=JSON)
    plan = answer.get_json()
    assert answer.status_code == 200
    assert set(plan) == {"known", "to_ask", "held_back", "done_at", "left_today"}
    assert (plan["known"], plan["to_ask"], plan["held_back"]) == (1, 2, 2)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", plan["done_at"])
    assert plan["left_today"] is None  # no limit is set in these tests
    assert client.post("/analyze", data=data).get_json()["to_ask"] == 2  # of whom says no Accept
    assert len(simulator.requests) == 1
    assert client.get("/api/jobs").get_json()["total"] == 1


def test_an_empty_plan_has_no_end_time(client: FlaskClient, simulator: VTSimulator) -> None:
    data = {"text": "10.0.0.1", "mode": "online", "plan": "1"}
    plan = client.post("/analyze", data=data, headers=JSON).get_json()
    assert plan == {
        "known": 0, "to_ask": 0, "held_back": 1, "done_at": None, "left_today": None,
    }  # fmt: skip


def test_lookups_beyond_the_quota_of_a_day_can_be_left_out(
    settings: dict[str, Any], simulator: VTSimulator
) -> None:
    app = create_app({**settings, "VT_API_KEY": CANARY_KEY, "VT_REQUESTS_PER_DAY": 2})
    client = app.test_client()
    text = "185.220.101.45 9.9.9.9 45.137.21.9 0f273b7599dec3559b78f20045743b0a"
    data = {"text": text, "mode": "online", "plan": "1"}
    plan = client.post("/analyze", data=data, headers=JSON).get_json()
    assert (plan["to_ask"], plan["left_today"]) == (4, 2)
    address = planned(client, text)
    page = client.get(address).text
    assert re.search(r"<b[^>]*>2</b> exceed today", page)
    form = {"ask": ticks(page, "ask"), "type": ticks(page, "type"), "beyond": "left_out"}
    client.post(f"{address}/start", data=form)
    status = poll(client, address.rpartition("/")[2])
    # What is asked first is the hash, for it is the attacker's own.
    assert asked(simulator) == ["0f273b7599dec3559b78f20045743b0a", "185.220.101.45"]
    reasons = [row["reason"] for row in status["results"] if row["state"] == "not_asked"]
    assert reasons == ["today's quota would not do for it"] * 2
    app.extensions["services"].close()


def test_a_long_wait_is_shown_first(settings: dict[str, Any], simulator: VTSimulator) -> None:
    app = create_app({**settings, "VT_API_KEY": CANARY_KEY, "VT_REQUESTS_PER_MINUTE": 1})
    client = app.test_client()
    page = client.get(planned(client, "9.9.9.9 9.9.9.10 9.9.9.11 9.9.9.12")).text
    assert "done at <b><time" in page
    assert "at 1 per minute" in page
    assert simulator.requests == []
    app.extensions["services"].close()


def test_the_end_time_counts_lookups_that_wait_already(
    settings: dict[str, Any], simulator: VTSimulator
) -> None:
    app = create_app({**settings, "VT_API_KEY": CANARY_KEY, "VT_REQUESTS_PER_MINUTE": 1})
    client = app.test_client()

    def end(text: str) -> datetime:
        data = {"text": text, "mode": "online", "plan": "1"}
        plan = client.post("/analyze", data=data, headers=JSON).get_json()
        return datetime.fromisoformat(plan["done_at"])

    before = end("9.9.9.9")
    data = {"text": "9.9.9.10 9.9.9.11 9.9.9.12", "mode": "online"}
    job_id = client.post("/analyze", data=data, headers=JSON).get_json()["job_id"]
    while client.get(f"/api/jobs/{job_id}").get_json()["done"] < 1:
        threading.Event().wait(0.02)
    # One call has just gone; one of the two that wait goes before this one.
    assert end("9.9.9.9") - before > timedelta(seconds=100)
    app.extensions["services"].close()


def test_a_plan_of_thousands_lists_the_first_and_ticks_the_rest_by_type(
    client: FlaskClient, simulator: VTSimulator
) -> None:
    iocs = [f"9.9.{n // 250}.{n % 250 + 1}" for n in range(300)] + ["a.example.org"]
    address = planned(client, "TLP:RED " + " ".join(iocs)).partition("?")[0]
    page = client.get(address).text
    places = ticks(page, "ask")
    assert len(places) == 250
    assert "51 more are not listed" in page
    client.post(f"{address}/start", data={"ask": places[:1], "type": ["ipv4", "domain"]})
    poll(client, address.rpartition("/")[2])
    assert len(simulator.requests) == 52


def test_the_policy_holds_back_its_iocs_and_no_others(
    client: FlaskClient, own: Callable[[Preferences], None], finished: Finished,
    analyze: Analyze, simulator: VTSimulator,
) -> None:  # fmt: skip
    own(OWN)
    held = finished(analyze("\n".join(pasted for pasted, _ in HELD)))["results"]
    assert simulator.requests == []
    assert len(held) == len(HELD)
    assert all(row["state"] == "not_asked" and row["reason"] for row in held)
    rows = finished(analyze("\n".join(ASKED)))["results"]
    assert len(simulator.requests) == len(rows) == len(ASKED)
    assert all(row["state"] in ("answered", "not_found") for row in rows)
