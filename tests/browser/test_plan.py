"""What the analyst sees before anything leaves, while it waits, and of what left."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.servers import running
from tests.canary import CANARY_KEY
from tests.fakes.vt_simulator import VTSimulator
from tests.patience import PATIENCE_MS

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE_MS)

KNOWN = "185.220.101.45"
HELD = "http://bob:pw@unknown.example.org/x vpn.corp-bank.co.uk"
TEXT = f"{KNOWN} 9.9.9.9 files.example.net {HELD} 0f273b7599dec3559b78f20045743b0a"


@pytest.fixture
def per_minute() -> int:
    """0: no limit."""
    return 0


@pytest.fixture
def site(tmp_path: Path, simulator: VTSimulator, per_minute: int) -> Iterator[str]:
    limit = {"VT_REQUESTS_PER_MINUTE": per_minute}
    with running(tmp_path, simulator.base_url, VT_API_KEY=CANARY_KEY, **limit) as address:
        yield address


@pytest.fixture
def page(open_page: Callable[..., Page], site: str) -> Page:
    page = open_page()
    page.goto(site)
    return page


def prefer(page: Page, site: str, **form: str) -> None:
    answer = page.request.post(f"{site}/settings/preferences", form=dict(form))
    assert answer.ok


def paste(page: Page, site: str, text: str, tlp: str = "") -> None:
    page.goto(site)
    page.locator("textarea[name=text]").fill(text)
    page.locator("input[name=mode][value=online]").check()
    page.locator(f'input[name=tlp][value="{tlp}"] + span').click()
    page.locator("button.primary").click()
    page.wait_for_url("**/results/*")


def row(page: Page, value: str) -> Locator:
    return page.locator(f'.row[data-value="{value}"]')


def wait_until_done(page: Page) -> None:
    expect(page.locator("[data-job-state=success]")).to_be_visible()


def sums(page: Page, name: str) -> Locator:
    return page.locator(f".sums [data-sum={name}]")


def asked(simulator: VTSimulator) -> set[str]:
    return {request.path.rpartition("/")[2] for request in simulator.requests}


def tick(page: Page, name: str, ioc: str) -> Locator:
    return page.locator(".plan .row", has_text=ioc).locator(f"input[name={name}]")


def test_only_what_is_ticked_leaves(page: Page, site: str, simulator: VTSimulator) -> None:
    prefer(page, site, own_domains="corp-bank.co.uk")
    paste(page, site, TEXT)
    expect(page.locator("h1")).to_have_text("Review before lookup")
    expect(sums(page, "calls")).to_have_text("4")
    expect(page.locator(".held")).to_contain_text("own domain corp-bank.co.uk")
    tick(page, "ask", "9[.]9[.]9[.]9").uncheck()
    expect(sums(page, "calls")).to_have_text("3")
    page.locator("input[name=type][value=domain]").uncheck()
    expect(tick(page, "ask", "files[.]example[.]net")).not_to_be_checked()
    expect(sums(page, "calls")).to_have_text("2")
    tick(page, "host_alone", "unknown[.]example[.]org").check()
    expect(sums(page, "calls")).to_have_text("3")
    assert simulator.requests == []
    page.get_by_role("button", name="Start").click()
    wait_until_done(page)
    assert asked(simulator) == {
        KNOWN,
        "0f273b7599dec3559b78f20045743b0a",
        "unknown.example.org",
    }
    expect(row(page, "9.9.9.9")).to_contain_text("left out in the plan")
    expect(row(page, "vpn.corp-bank.co.uk")).to_contain_text("own domain")


def test_a_type_follows_its_ticks(page: Page, site: str) -> None:
    prefer(page, site, own_domains="corp-bank.co.uk")
    paste(page, site, TEXT)
    kind = page.locator("input[name=type][value=ipv4]")
    tick(page, "ask", "9[.]9[.]9[.]9").uncheck()
    assert kind.evaluate("box => box.indeterminate")
    tick(page, "ask", "185[.]220").uncheck()
    expect(kind).not_to_be_checked()
    tick(page, "ask", "185[.]220").check()
    expect(kind).to_be_checked()
    kind.uncheck()
    kind.check()
    expect(tick(page, "ask", "9[.]9[.]9[.]9")).to_be_checked()


def test_the_plan_works_without_a_script(
    open_page: Callable[..., Page], site: str, simulator: VTSimulator
) -> None:
    page = open_page(java_script_enabled=False)
    prefer(page, site, own_domains="corp-bank.co.uk")
    paste(page, site, TEXT)
    tick(page, "ask", "9[.]9[.]9[.]9").uncheck()
    page.locator("input[name=type][value=domain]").uncheck()
    page.get_by_role("button", name="Start").click()
    expect(page.locator("[data-job-status]")).to_be_visible()
    wait_until_done(page)  # the page reloads by itself
    assert asked(simulator) == {KNOWN, "0f273b7599dec3559b78f20045743b0a"}


def test_nothing_is_asked_where_the_analyst_says_so(
    page: Page, site: str, simulator: VTSimulator
) -> None:
    paste(page, site, f"TLP:RED {TEXT}")
    expect(page.locator(".flash.warning")).to_contain_text("TLP:RED")
    page.get_by_role("button", name="Don't look up").click()
    expect(page.locator("[data-job-state=cancelled]")).to_be_visible()
    expect(page.locator("#receipt")).to_contain_text("0 requests")
    assert simulator.requests == []


def test_what_is_red_stays_here(page: Page, site: str, simulator: VTSimulator) -> None:
    paste(page, site, TEXT, tlp="RED")
    expect(page.locator(".head")).to_contain_text("TLP:RED")
    expect(page.locator(".head")).to_contain_text("offline, nothing was sent")
    assert page.get_by_role("button", name=re.compile("Ask|Retry")).count() == 0
    assert simulator.requests == []


def test_the_url_that_was_held_back_gives_its_host_on_the_results_page(
    page: Page, site: str, simulator: VTSimulator
) -> None:
    prefer(page, site, start_at_once="on")
    paste(page, site, HELD.split()[0])
    page.get_by_role("button", name="Look up host only").click()
    expect(row(page, "unknown.example.org")).to_contain_text("No record")
    assert asked(simulator) == {"unknown.example.org"}


def test_the_receipt_comes_with_the_end(page: Page, site: str, simulator: VTSimulator) -> None:
    simulator.hold()
    paste(page, site, f"{KNOWN} 9.9.9.9")
    expect(page.locator("[data-job-state=running]")).to_be_visible()
    expect(page.locator("#receipt")).to_contain_text("counted when all lookups have ended")
    simulator.release()
    wait_until_done(page)
    for words in ("127.0.0.1", "2 requests", "2 IOCs"):
        expect(page.locator("#receipt")).to_contain_text(words)


def test_an_answer_is_known_the_next_time(page: Page, site: str, simulator: VTSimulator) -> None:
    for _ in range(2):
        paste(page, site, KNOWN)
        wait_until_done(page)
        expect(row(page, KNOWN)).to_contain_text("9/94")
    assert len(simulator.requests) == 1
    expect(page.locator("#receipt")).to_contain_text("0 requests")


def answered_long_ago(page: Page, folder: Path, simulator: VTSimulator) -> None:
    """By a Telltale that has ended: a running one remembers what it asked a moment ago."""
    with running(folder, simulator.base_url, VT_API_KEY=CANARY_KEY) as address:
        paste(page, address, KNOWN)
        wait_until_done(page)
        page.goto("about:blank")  # what is left there would call in vain
    age_answers(folder, detections=3)


def age_answers(folder: Path, detections: int) -> None:
    """Everything was asked in October, when fewer engines said so."""
    with closing(sqlite3.connect(folder / "data" / "telltale.db")) as database, database:
        for key, text in database.execute("SELECT key, outcome FROM answers").fetchall():
            outcome = json.loads(text) | {
                "detection_count": detections,
                "fetched_at": "2026-10-02T08:00:00+00:00",
                "fresh_until": "2026-10-03T08:00:00+00:00",
            }
            database.execute(
                "UPDATE answers SET outcome = ? WHERE key = ?", (json.dumps(outcome), key)
            )


@pytest.fixture
def aged_site(page: Page, simulator: VTSimulator, tmp_path: Path) -> Iterator[str]:
    """Of which the address is known since October."""
    folder = tmp_path / "aged"
    answered_long_ago(page, folder, simulator)
    with running(folder, simulator.base_url, VT_API_KEY=CANARY_KEY) as address:
        yield address
        page.goto("about:blank")  # what is left there would call in vain


def test_a_stale_answer_is_shown_until_the_new_one_says_what_changed(
    page: Page, aged_site: str, simulator: VTSimulator
) -> None:
    simulator.hold()
    paste(page, aged_site, KNOWN)
    line = row(page, KNOWN)
    for words in ("3/94", "stale", "2026-10-02", "refreshing"):
        expect(line).to_contain_text(words)
    simulator.release()
    wait_until_done(page)
    for words in ("9/94", "3/94 \u2192 9/94", "since 2026-10-02"):
        expect(line).to_contain_text(words)
    expect(line).not_to_contain_text("stale")
    drawn = line.inner_text()
    page.reload()
    age = re.compile(r"just now|\d+ s ago")
    assert age.sub("", line.inner_text()) == age.sub("", drawn)


def test_a_stale_answer_stays_where_asking_again_fails(
    page: Page, aged_site: str, simulator: VTSimulator
) -> None:
    simulator.add_rule("html502")
    paste(page, aged_site, KNOWN)
    expect(row(page, KNOWN)).to_contain_text("refresh failed")
    for words in ("Malicious", "3/94", "stale"):
        expect(row(page, KNOWN)).to_contain_text(words)


def test_one_answer_or_all_of_them_are_asked_again(
    page: Page, site: str, simulator: VTSimulator
) -> None:
    paste(page, site, f"{KNOWN} 9.9.9.9")
    wait_until_done(page)
    again = row(page, KNOWN).get_by_role("button", name="Refresh")
    with page.expect_response("**/ask"):
        again.click()
    # The page may still show the state before the click, in which all is done too.
    expect(page.locator("#receipt")).to_contain_text("3 requests")
    wait_until_done(page)
    page.wait_for_function("() => !document.querySelector('.lookup[data-key=pending]')")
    expect(row(page, KNOWN)).not_to_contain_text("refresh")
    assert len(simulator.requests) == 3
    with page.expect_response("**/ask-again"):
        page.get_by_role("button", name="Refresh 2 answers").click()
    expect(page.locator("#receipt")).to_contain_text("5 requests")
    assert len(simulator.requests) == 5


def test_a_provider_that_fails_is_set_aside_and_the_page_says_so(
    page: Page, site: str, simulator: VTSimulator
) -> None:
    simulator.add_rule("html502")
    paste(page, site, " ".join(f"9.9.7.{n}" for n in range(1, 13)))
    expect(page.locator("[data-job=message]")).to_contain_text("not asked for now")
    waiting = page.locator(".lookup", has_text="not asked for now").first
    expect(waiting).to_contain_text("next try")
    simulator.clear_rules()
    wait_until_done(page)
    assert page.locator(".lookup", has_text="not asked for now").count() == 0


class TestOneAMinute:
    @pytest.fixture
    def per_minute(self) -> int:
        return 1

    def moment(self, shown: Locator) -> datetime:
        return datetime.fromisoformat(shown.get_attribute("datetime") or "")

    def turn(self, page: Page, value: str) -> datetime:
        return self.moment(row(page, value).locator("[data-slot=retry_at] time"))

    def test_the_end_is_told_and_the_next_one_can_be_chosen(
        self, page: Page, site: str, simulator: VTSimulator
    ) -> None:
        prefer(page, site, start_at_once="on")
        began = datetime.now(UTC)
        paste(page, site, "9.9.9.9 9.9.9.10 9.9.9.11 9.9.9.12")
        expect(page.locator("[data-part=quota]")).to_contain_text("3 waiting for quota")
        end = page.locator("[data-job=done_at] time")
        last = row(page, "9.9.9.12").locator("[data-slot=retry_at] time")
        expect(last).to_be_visible()
        # Three further minutes, each with the guard for what the network adds.
        foretold = self.moment(end) - began
        assert timedelta(seconds=183) <= foretold <= timedelta(seconds=195)
        assert self.turn(page, "9.9.9.12") > self.turn(page, "9.9.9.10")
        row(page, "9.9.9.12").get_by_role("button", name="Look up next").click()
        page.wait_for_function(
            """() => {
              const turn = (ioc) => document.querySelector(
                `.row[data-value="${ioc}"] [data-slot=retry_at] time`)?.dateTime ?? "";
              return turn("9.9.9.12") && turn("9.9.9.12") < turn("9.9.9.10");
            }"""
        )
        assert asked(simulator) == {"9.9.9.9"}

    def test_a_long_wait_is_told_before_it_begins(
        self, page: Page, site: str, simulator: VTSimulator
    ) -> None:
        paste(page, site, "9.9.9.9 9.9.9.10 9.9.9.11 9.9.9.12")
        expect(page.locator(".sums")).to_contain_text("at 1 per minute")
        end = page.locator(".sums [data-sum=end] time")
        before = self.moment(end)
        tick(page, "ask", "9[.]9[.]9[.]12").uncheck()
        assert timedelta(seconds=50) < before - self.moment(end) < timedelta(seconds=70)
        assert simulator.requests == []
