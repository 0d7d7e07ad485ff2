from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.servers import running
from tests.canary import CANARY_KEY
from tests.fakes.vt_simulator import VTSimulator
from tests.patience import PATIENCE_MS

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture
def simulator() -> Iterator[VTSimulator]:
    with VTSimulator(keys={CANARY_KEY: {"user": "canary"}}) as simulator:
        yield simulator


@pytest.fixture
def site(tmp_path: Path, simulator: VTSimulator) -> Iterator[str]:
    """Without a key: it is entered on the page."""
    with running(tmp_path, simulator.base_url) as address:
        yield address


def tile(page: Page) -> Locator:
    return page.locator("[data-provider-panel=virustotal] [data-verification] [data-job-status]")


@pytest.mark.parametrize("has_script", [True, False])
def test_a_key_is_saved_and_verified_while_the_page_shows_how_it_goes(
    open_page: Callable[..., Page], site: str, simulator: VTSimulator, has_script: bool
) -> None:
    page = open_page(java_script_enabled=has_script)
    simulator.hold()
    page.goto(site + "/settings")
    page.locator("#api_key-virustotal").fill(CANARY_KEY)
    page.locator("[data-provider-panel=virustotal]").get_by_role(
        "button", name="Save and verify"
    ).click()
    expect(page.locator(".flash.message")).to_contain_text("The key was saved")
    expect(tile(page).locator(".badge:visible")).to_have_text("Running")
    expect(page.locator("[data-provider-panel=virustotal] [data-verification]")).to_contain_text(
        "not verified yet"
    )
    simulator.release()
    expect(page.locator(".verified")).to_be_visible()
    expect(page.locator(".quotas")).to_contain_text("0 of 500 used")
    expect(tile(page)).to_contain_text("VirusTotal accepts the key.")
    expect(page.locator(".flash.error")).to_have_count(0)


def enter(page: Page, key: str) -> None:
    page.locator("#api_key-virustotal").fill(key)
    panel(page).get_by_role("button", name="Save and verify").click()


def panel(page: Page) -> Locator:
    return page.locator("[data-provider-panel=virustotal]")


@pytest.mark.parametrize("has_script", [True, False])
def test_a_refused_key_never_replaces_a_verified_one(
    open_page: Callable[..., Page], site: str, has_script: bool
) -> None:
    page = open_page(java_script_enabled=has_script)
    page.goto(site + "/settings")
    enter(page, CANARY_KEY)
    expect(page.locator(".verified")).to_be_visible()
    expect(panel(page).locator("[data-key-badge] .known_good")).to_contain_text("ending in 9z8y")
    enter(page, "0123456789abcdef-unknown")
    expect(panel(page).locator(".flash.error")).to_have_text(
        "VirusTotal refused the new key; the old one (ending in 9z8y) is still used."
    )
    expect(panel(page).locator("[data-key-badge]")).to_contain_text("ending in 9z8y")
    page.goto(site + "/")
    page.get_by_label("Online").check()
    page.locator("textarea").first.fill("185.220.101.45")
    page.locator("form[action='/analyze'] button.primary, form button.primary").first.click()
    page.wait_for_url("**/results/**")
    expect(page.locator(".badge.malicious:visible").first).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("did not accept the key")


def test_a_first_key_that_is_refused_is_shown_in_red(
    open_page: Callable[..., Page], site: str
) -> None:
    page = open_page()
    page.goto(site + "/settings")
    enter(page, "0123456789abcdef-unknown")
    expect(panel(page).locator(".rejected .malicious")).to_contain_text("Rejected by VirusTotal")
    expect(panel(page).locator("[data-key-badge] .malicious")).to_contain_text("rejected")
    expect(panel(page).locator("[data-key-badge] .known_good, .verified")).to_have_count(0)
    expect(tile(page)).to_contain_text("VirusTotal did not accept the key.")
