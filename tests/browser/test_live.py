"""Pages that follow a job: by the stream that one tab holds, by polling where there is none."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from tests.browser.conftest import Complaints
from tests.canary import CANARY_KEY
from tests.fakes.vt_simulator import VTSimulator
from tests.patience import PATIENCE_MS
from tests.programs import forked

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE_MS)

COUNT = 16
TEXT = " ".join(f"9.9.8.{n}" for n in range(1, COUNT + 1))


class Asked:
    """What the pages of a browser asked for."""

    def __init__(self, context: BrowserContext) -> None:
        self.streams = 0
        self.polls = 0
        context.on("request", lambda request: self._count(request.url))

    def _count(self, url: str) -> None:
        self.streams += "/api/jobs/events" in url
        self.polls += "/enrichment/status/" in url


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    return open_page()


def paste(page: Page, address: str, text: str = TEXT) -> None:
    page.goto(address)
    page.locator("textarea[name=text]").fill(text)
    page.locator("input[name=mode][value=online]").check()
    page.locator("button.primary").click()
    page.wait_for_url("**/results/*")


def press(page: Page, name: str) -> None:
    page.locator(".job").get_by_role("button", name=name).click()


def expect_state(page: Page, state: str, *buttons: str) -> None:
    """The badge says so, and exactly these buttons can be pressed."""
    expect(page.locator(f"[data-job-state={state}]")).to_be_visible()
    shown = page.locator("[data-job-control] button:visible")
    expect(shown).to_have_text(list(buttons))
    for n in range(len(buttons)):
        expect(shown.nth(n)).to_be_enabled()


def wait_for_stream(page: Page) -> None:
    """Until this tab hears that a stream tells of its job, and its last poll has ended."""
    page.wait_for_function(
        """async () => {
          const { follow } = await import("/static/js/live.js");
          const feed = follow(document.querySelector(".job").dataset.jobStatus, {});
          return feed.isLive && !feed.questions;
        }"""
    )


def ended_polls(page: Page) -> int:
    """Return how many polls this tab has made, as it counted them itself.

    The events by which the browser reports requests may arrive after what the page says later.
    """
    count: int = page.evaluate(
        """() => performance.getEntriesByType("resource")
          .filter((entry) => entry.name.includes("/enrichment/status/")).length"""
    )
    return count


def answered(page: Page) -> Locator:
    return page.locator(".row:not([data-key=pending])")


def test_a_job_is_paused_resumed_and_cancelled_by_its_buttons(
    page: Page, site: str, slow_simulator: VTSimulator
) -> None:
    slow_simulator.hold()
    paste(page, site)
    expect_state(page, "running", "Pause", "Cancel")
    press(page, "Pause")
    expect_state(page, "paused", "Resume", "Cancel")
    page.reload()
    expect_state(page, "paused", "Resume", "Cancel")
    press(page, "Resume")
    expect_state(page, "running", "Pause", "Cancel")
    press(page, "Cancel")
    expect(page.locator("[data-job-state=cancelling], [data-job-state=cancelled]")).to_have_count(2)
    slow_simulator.release()
    control = page.locator("[data-job-control] button:visible")
    expect(control).to_have_text([re.compile(r"^Continue \(\d+ left\)$")])
    left = int(re.findall(r"\d+", control.inner_text())[0])
    assert 0 < left < COUNT
    expect(page.locator(".job")).to_contain_text(f"{COUNT - left} of {COUNT} answered")
    expect(page.locator(".job")).to_contain_text("not asked: cancelled")


def test_what_failed_is_asked_again_by_a_button(
    page: Page, site: str, slow_simulator: VTSimulator
) -> None:
    slow_simulator.add_rule("html502", path="*/9.9.8.1")
    paste(page, site, "9.9.8.1 9.9.8.2")
    expect_state(page, "success", "Retry what failed")
    expect(page.locator(".job")).to_contain_text("1 could not be checked.")
    slow_simulator.clear_rules()
    press(page, "Retry what failed")
    expect(page.locator(".row[data-key=could_not_check]")).to_have_count(0)
    expect_state(page, "success")


def test_buttons_wait_while_a_request_is_under_way(
    page: Page, site: str, slow_simulator: VTSimulator
) -> None:
    slow_simulator.hold()
    paste(page, site)
    held: list[Route] = []
    page.context.route("**/control", lambda route: held.append(route))
    press(page, "Pause")
    expect(page.locator("[data-job-control] button:visible").first).to_be_disabled()
    while not held:  # the route is called while the page waits
        page.wait_for_timeout(10)
    (route,) = held
    route.continue_()
    expect_state(page, "paused", "Resume", "Cancel")


def test_a_button_that_came_too_late_says_so_and_shows_what_is_allowed(
    page: Page, site: str, slow_simulator: VTSimulator, complaints: Complaints
) -> None:
    slow_simulator.hold()
    paste(page, site)
    wait_for_stream(page)
    page.context.route("**/control", lambda route: route.fallback(post_data="action=resume"))
    press(page, "Pause")
    expect(page.locator(".job [data-job=refused]")).to_contain_text("cannot be told")
    expect_state(page, "running", "Pause", "Cancel")
    complaints.expect("400")  # the browser's own remark


def test_without_a_script_the_buttons_are_a_plain_form(
    open_page: Callable[..., Page], site: str, slow_simulator: VTSimulator
) -> None:
    slow_simulator.hold()
    page = open_page(java_script_enabled=False)
    paste(page, site)
    press(page, "Pause")
    expect_state(page, "paused", "Resume", "Cancel")
    page.goto(site)
    press(page, "Resume")
    expect(page).to_have_url(f"{site}/")
    expect_state(page, "running", "Pause", "Cancel")


def test_the_start_page_shows_the_job_in_progress_and_leads_to_it(
    page: Page, site: str, slow_simulator: VTSimulator
) -> None:
    slow_simulator.hold()
    paste(page, site)
    address = page.url
    page.goto(site)
    expect(page.locator(".under-way")).to_contain_text(f"0 of {COUNT} lookups")
    slow_simulator.release()
    expect(page.locator(".under-way")).to_contain_text(f"{COUNT} of {COUNT} lookups")
    expect_state(page, "success")
    page.locator(".under-way a").click()
    expect(page).to_have_url(address)


def test_ten_tabs_share_one_stream_and_all_fill_in(
    page: Page, site: str, slow_simulator: VTSimulator, complaints: Complaints
) -> None:
    slow_simulator.hold()
    asked = Asked(page.context)
    paste(page, site)
    tabs = [page]
    for _ in range(9):
        tabs.append(page.context.new_page())
        tabs[-1].on("pageerror", lambda e: complaints.append(str(e)))
        tabs[-1].goto(page.url)
    for tab in tabs:
        wait_for_stream(tab)
    assert asked.streams == 1
    polls = asked.polls
    slow_simulator.release()
    for tab in tabs:
        expect(answered(tab)).to_have_count(COUNT)
        expect(tab.locator("[data-job-state=success]")).to_be_visible()
    assert asked.streams == 1
    # After the end of a stream a tab may ask once more whether it heard everything.
    assert asked.polls <= polls + len(tabs)


def test_another_tab_takes_the_stream_over(
    page: Page, site: str, slow_simulator: VTSimulator
) -> None:
    slow_simulator.hold()
    paste(page, site)
    wait_for_stream(page)
    other = page.context.new_page()
    other.goto(page.url)
    wait_for_stream(other)
    with other.expect_request("**/api/jobs/events?*"):
        page.close()
    wait_for_stream(other)
    press(other, "Pause")
    expect_state(other, "paused", "Resume", "Cancel")


def test_a_job_that_goes_on_again_wakes_every_tab(
    page: Page, site: str, slow_simulator: VTSimulator
) -> None:
    slow_simulator.add_rule("html502", path="*/9.9.8.1")
    paste(page, site, "9.9.8.1 9.9.8.2")
    expect_state(page, "success", "Retry what failed")
    other = page.context.new_page()
    other.goto(page.url)
    expect_state(other, "success", "Retry what failed")
    slow_simulator.clear_rules()
    press(page, "Retry what failed")
    for tab in (page, other):
        expect(tab.locator(".row[data-key=could_not_check]")).to_have_count(0)
        expect_state(tab, "success")


def test_polling_takes_over_from_a_stream_that_breaks_and_gives_way_to_it_again(
    page: Page, site: str, slow_simulator: VTSimulator, complaints: Complaints
) -> None:
    slow_simulator.hold()
    page.context.route("**/api/jobs/events?*", lambda route: route.abort())
    paste(page, site)
    slow_simulator.release()
    expect(answered(page)).not_to_have_count(0)
    slow_simulator.hold()
    page.context.unroute("**/api/jobs/events?*")
    wait_for_stream(page)
    polls = ended_polls(page)
    slow_simulator.release()
    expect(answered(page)).to_have_count(COUNT)
    assert ended_polls(page) <= polls + 1
    complaints.expect("ERR_FAILED")  # the browser's own remark


def test_without_event_source_the_page_polls(
    page: Page, site: str, slow_simulator: VTSimulator
) -> None:
    asked = Asked(page.context)
    page.add_init_script("delete window.EventSource")
    paste(page, site)
    expect(answered(page)).to_have_count(COUNT)
    expect_state(page, "success")
    assert asked.streams == 0


def test_a_reload_in_the_middle_goes_on_from_there(
    page: Page, site: str, slow_simulator: VTSimulator
) -> None:
    paste(page, site)
    expect(answered(page)).not_to_have_count(0)
    slow_simulator.hold()
    page.reload()
    expect(answered(page)).not_to_have_count(0)
    slow_simulator.release()
    expect(answered(page)).to_have_count(COUNT)
    expect(page.locator(".job")).to_contain_text(f"{COUNT} of {COUNT} lookups")


def test_a_page_recovers_when_the_server_is_killed_and_started_again(
    page: Page, tmp_path: Path, slow_simulator: VTSimulator, complaints: Complaints
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {
        "PORT": port,
        "VT_BASE_URL": slow_simulator.base_url,
        "VT_API_KEY": CANARY_KEY,
        "VT_REQUESTS_PER_MINUTE": 0,
    }
    slow_simulator.hold()
    folder = tmp_path / "killed"
    folder.mkdir()
    with forked(folder, **settings) as (process, address):
        paste(page, address)
        page.evaluate("window.same = true")
        wait_for_stream(page)
        slow_simulator.release()
        expect(answered(page)).not_to_have_count(0)
        slow_simulator.hold()
        process.kill()
    expect(page.locator("[data-trouble=lost]")).to_be_visible()
    shown = answered(page).count()
    assert 0 < shown < COUNT
    slow_simulator.release()
    with forked(folder, **settings):
        expect(answered(page)).to_have_count(COUNT)
        expect_state(page, "success")
        expect(page.locator("[data-trouble=lost]")).to_be_hidden()
        assert page.evaluate("window.same") is True
        page.context.close()
    complaints.expect("ERR_(CONNECTION|INCOMPLETE|EMPTY)")
