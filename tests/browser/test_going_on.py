"""An analysis that ended goes on: after a cancellation, from offline to online, from its text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.servers import running
from tests.canary import CANARY_KEY
from tests.fakes.vt_simulator import VTSimulator, closed_port
from tests.patience import PATIENCE_MS

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("has_script", [True, False])]
expect.set_options(timeout=PATIENCE_MS)

COUNT, PER_MINUTE = 12, 4
LEFT = COUNT - PER_MINUTE
ADDRESSES = [f"45.9.8.{n}" for n in range(1, COUNT + 1)]
TEXT = "Seen: hxxp://files[.]example[.]net/invoice/update.exe\n185.220.101[.]45, 10.0.4.17"


@pytest.fixture
def site(tmp_path: Path, simulator: VTSimulator) -> Iterator[str]:
    with serving(tmp_path, simulator) as address:
        yield address


@contextmanager
def serving(folder: Path, simulator: VTSimulator, **settings: object) -> Iterator[str]:
    given = {"VT_API_KEY": CANARY_KEY, "VT_REQUESTS_PER_MINUTE": 0} | settings
    with running(folder, simulator.base_url, **given) as address:
        yield address


@pytest.fixture
def page(open_page: Callable[..., Page], has_script: bool) -> Page:
    return open_page(java_script_enabled=has_script)


def paste(page: Page, site: str, text: str, mode: str) -> None:
    page.goto(site)
    page.locator("textarea[name=text]").fill(text)
    page.locator(f"input[name=mode][value={mode}]").check()
    page.locator("button.primary").click()
    page.wait_for_url("**/results/*")


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def wait_until_done(page: Page) -> None:
    expect(page.locator("[data-job-state=success]")).to_be_visible()


def cancelled(page: Page, site: str) -> None:
    """An analysis that was cancelled when the quota of a minute was used up."""
    paste(page, site, " ".join(ADDRESSES), "online")
    button(page, "Start")
    expect(page.locator("[data-part=quota]")).to_contain_text(f"{LEFT} waiting for quota")
    button(page, "Cancel")
    expect(page.locator("[data-job-state=cancelled]")).to_be_visible()


def asked(simulator: VTSimulator) -> list[str]:
    return [request.path.rpartition("/")[2] for request in simulator.requests]


def test_a_cancelled_analysis_says_what_was_done_and_goes_on_after_a_restart(
    page: Page, tmp_path: Path, simulator: VTSimulator
) -> None:
    folder = tmp_path / "cancelled"
    with serving(folder, simulator, VT_REQUESTS_PER_MINUTE=PER_MINUTE) as site:
        cancelled(page, site)
        tile = page.locator(".job")
        expect(tile.locator("[data-job=answered]")).to_have_text(
            f"{PER_MINUTE} of {COUNT} answered"
        )
        expect(tile.locator("[data-job=done]")).to_be_hidden()
        expect(tile.locator("[data-job=message]")).to_be_hidden()  # it would say the same
        assert tile.locator("progress").evaluate("bar => bar.value") == 100 * PER_MINUTE // COUNT
        expect(page.get_by_role("button", name=f"Refresh {PER_MINUTE} answers")).to_be_visible()
        path = page.url.removeprefix(site)
        page.goto(f"{site}/history")
        expect(page.locator(".history")).to_contain_text(f"{PER_MINUTE} of {COUNT} answered")
        page.goto("about:blank")  # what is left there would call in vain
    with serving(folder, simulator) as site:
        page.goto(site + path)
        button(page, f"Continue ({LEFT} left)")
        wait_until_done(page)
        expect(page.locator("[data-job=done]")).to_have_text(f"{COUNT} of {COUNT} lookups")
        assert sorted(asked(simulator)) == sorted(ADDRESSES)  # none twice
        page.goto("about:blank")


def test_answers_are_refreshed_after_what_was_left(
    page: Page, tmp_path: Path, simulator: VTSimulator
) -> None:
    folder = tmp_path / "refreshed"
    with serving(folder, simulator, VT_REQUESTS_PER_MINUTE=PER_MINUTE) as site:
        cancelled(page, site)
        first = asked(simulator)
        button(page, f"Refresh {PER_MINUTE} answers")
        button(page, "Pause")
        button(page, "Cancel")
        expect(page.locator("[data-job=answered]")).to_have_text(
            f"{PER_MINUTE} of {COUNT} answered"
        )
        button(page, f"Refresh {PER_MINUTE} answers")
        button(page, "Pause")
        expect(page.locator("[data-job-state=paused]")).to_be_visible()
        assert asked(simulator) == first
        path = page.url.removeprefix(site)
        page.goto("about:blank")
    with serving(folder, simulator, MAX_WORKERS=1) as site:
        page.goto(site + path)
        button(page, "Resume")
        expect(page.locator("[data-job-state=cancelled]")).to_be_visible()
        assert sorted(asked(simulator)) == sorted(first * 2)
        page.goto("about:blank")


def test_an_offline_analysis_is_looked_up_from_its_page(
    page: Page, site: str, simulator: VTSimulator
) -> None:
    paste(page, site, f"TLP:RED {TEXT} http://bob:pw@unknown.example.org/x", "offline")
    address = page.url
    button(page, "Look up")
    expect(page.locator("h1")).to_have_text("Review before lookup")
    expect(page.locator(".flash.warning")).to_contain_text("TLP:RED")
    expect(page.locator(".held")).to_contain_text("carries a password")
    assert simulator.requests == []
    button(page, "Start")
    wait_until_done(page)
    assert page.url == address
    expect(page.locator('.row[data-value="185.220.101.45"] .worst')).to_contain_text("Malicious")
    assert len(simulator.requests) == 2
    page.goto(site)
    expect(page.locator("input[name=mode][value=offline]")).to_be_checked()


def test_a_lookup_that_is_declined_can_be_reviewed_again(
    page: Page, site: str, simulator: VTSimulator
) -> None:
    paste(page, site, TEXT, "offline")
    button(page, "Look up")
    button(page, "Don't look up")
    expect(page.locator("[data-job=answered]")).to_have_text("0 of 2 answered")
    button(page, "Continue (2 left)")
    expect(page.locator("h1")).to_have_text("Review before lookup")
    assert simulator.requests == []
    button(page, "Start")
    wait_until_done(page)
    assert len(simulator.requests) == 2


def test_the_last_mode_is_chosen_again(page: Page, site: str) -> None:
    for mode in ("online", "offline"):
        paste(page, site, TEXT, mode)
        page.goto(site)
        expect(page.locator(f"input[name=mode][value={mode}]")).to_be_checked()


def test_back_brings_the_text(page: Page, site: str) -> None:
    paste(page, site, TEXT, "online")
    wait_until_done(page)
    page.go_back()
    expect(page.locator("textarea[name=text]")).to_have_value(TEXT)
    expect(page.locator("input[name=mode][value=online]")).to_be_checked()
    page.locator("textarea[name=text]").fill("9.9.9.9")
    page.locator("button.primary").click()
    expect(page.locator("h1")).to_have_text("1 IOC")
    page.go_back()
    expect(page.locator("textarea[name=text]")).to_have_value("9.9.9.9")
    page.get_by_role("link", name="History").click()
    page.get_by_role("link", name="Analyze").click()
    expect(page.locator("textarea[name=text]")).to_have_value("")


def test_run_again_asks_the_same_providers(
    page: Page, tmp_path: Path, simulator: VTSimulator
) -> None:
    other_url = closed_port().replace("v3", "v2")
    other = {"ABUSEIPDB_API_KEY": CANARY_KEY, "ABUSEIPDB_BASE_URL": other_url}
    with serving(tmp_path / "two", simulator, **other) as site:
        for is_on in ("0", "1"):
            form = {"provider": "abuseipdb", "is_on": is_on}
            assert page.request.post(f"{site}/settings/providers", form=form).ok
            if is_on == "0":
                paste(page, site, "185.220.101.45", "online")
                wait_until_done(page)
        first = page.url
        page.goto(f"{site}/history")
        button(page, "Run again")
        page.wait_for_url("**/results/*")
        assert page.url != first
        wait_until_done(page)
        expect(page.locator(".head")).to_contain_text("VirusTotal")
        expect(page.locator(".lookup")).to_have_count(1)
        page.goto("about:blank")
