from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Complaints
from tests.browser.servers import running
from tests.canary import CANARY_KEY
from tests.fakes.vt_simulator import VTSimulator, closed_port
from tests.patience import PATIENCE_MS

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE_MS)

TEXT = "hxxp://files[.]example[.]net/invoice/update.exe and 185.220.101[.]45, 10.0.4.17"


def test_the_whole_offline_path_without_a_script(
    open_page: Callable[..., Page], site: str, slow_simulator: VTSimulator
) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(site)
    page.get_by_role("link", name="Try an example").click()
    expect(page.locator("textarea[name=text]")).to_contain_text("micros0ft-support")
    page.locator("textarea[name=text]").fill(TEXT)
    page.locator("button.primary").click()
    page.wait_for_url("**/results/*")
    expect(page.locator("h1")).to_have_text("3 IOCs")
    expect(page.locator(".row")).to_have_count(3)
    expect(page.locator(".badge:visible")).to_have_count(0)
    expect(page.locator("button[data-copy]:visible")).to_have_count(0)
    page.locator("#filter [name=q]").fill("185[.]")
    page.locator("#filter [name=q]").press("Enter")
    expect(page.locator(".row:visible")).to_have_count(1)
    with page.expect_download() as download:
        page.locator("details.menu summary").click()
        page.locator("details.menu a", has_text="CSV").click()
    assert "185.220.101.45" in Path(download.value.path()).read_text(encoding="utf-8")
    page.get_by_role("link", name="Analyze").click()
    expect(page.locator(".recent")).to_contain_text("files[.]example[.]net")
    assert slow_simulator.requests == []


def test_online_without_a_script_fills_in_by_reloading(
    open_page: Callable[..., Page], site: str
) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(site)
    page.locator("textarea[name=text]").fill(TEXT)
    page.locator("input[name=mode][value=online]").check()
    page.locator("button.primary").click()
    page.wait_for_url("**/results/*")
    expect(page.locator('.row[data-value="185.220.101.45"] .worst')).to_contain_text("Malicious")
    page.get_by_role("button", name="Look up anyway").click()
    expect(page.locator('.row[data-value="10.0.4.17"] .worst')).to_contain_text("No record")


def test_online_without_a_key_loses_nothing(
    open_page: Callable[..., Page], tmp_path: Path, complaints: Complaints
) -> None:
    page = open_page()
    with running(tmp_path / "keyless", closed_port()) as address:
        page.goto(address)
        page.locator("textarea[name=text]").fill(TEXT)
        page.locator("input[name=mode][value=online]").check()
        page.locator("button.primary").click()
        page.wait_for_url("**/settings")
        expect(page.locator(".flash.error")).to_contain_text("Online lookups need a key")
        complaints.expect("409")  # the browser's own remark
        page.locator("#api_key-virustotal").fill(CANARY_KEY)
        page.locator("[data-provider-panel=virustotal] [data-reveal]").click()
        expect(page.locator("#api_key-virustotal")).to_have_attribute("type", "text")
        page.locator("[data-provider-panel=virustotal] [data-key-form] button.primary").click()
        expect(page.locator(".flash.message")).to_contain_text("The key was saved")
        expect(page.locator("main")).to_contain_text("9z8y")
        assert page.locator("#api_key-virustotal").input_value() == ""
        page.goto(address)
        expect(page.locator("textarea[name=text]")).to_have_value(TEXT)
        page.goto(address + "/settings")
        page.locator("[data-provider-panel=virustotal]").get_by_role(
            "button", name="Delete the key"
        ).click()
        expect(page.locator(".flash.message")).to_contain_text("The key was deleted")
        page.context.close()  # before its server goes


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_fits_its_window(
    open_page: Callable[..., Page], site: str, scheme: str, width: int
) -> None:
    page = open_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page.goto(site + "/?example=1")
    fits = "document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(fits)
    page.locator("button.primary").click()
    page.wait_for_url("**/results/*")
    assert page.evaluate(fits)
    for path in ("/history", "/settings"):
        page.goto(site + path)
        assert page.evaluate(fits)
    page.locator("#theme").select_option("dark" if scheme == "light" else "light")
    background = "getComputedStyle(document.body).backgroundColor"
    switched = page.evaluate(background)
    page.reload()
    assert page.evaluate(background) == switched
