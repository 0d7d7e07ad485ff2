from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.patience import PATIENCE_MS

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE_MS)


def paste(page: Page, site: str, text: str) -> None:
    page.goto(site)
    page.locator("textarea[name=text]").fill(text)
    page.locator("button.primary").click()
    page.wait_for_url("**/results/*")


@pytest.mark.parametrize("has_script", [True, False])
def test_an_analysis_is_searched_opened_run_again_and_deleted(
    open_page: Callable[..., Page], site: str, has_script: bool
) -> None:
    page = open_page(java_script_enabled=has_script)
    paste(page, site, "hxxp://files[.]example[.]net/a and 45.1.2[.]3")
    first = page.url
    paste(page, site, "beacons to login[.]evil-updates[.]com")
    page.get_by_role("link", name="History").click()
    entries = page.locator(".history > li")
    expect(entries).to_have_count(2)

    page.get_by_label("Search IOCs").fill("files[.]example")
    page.get_by_role("button", name="Search").click()
    expect(entries).to_have_count(1)
    expect(page.locator(".found")).to_contain_text("1 analysis found")
    entries.locator(".when a").click()
    assert page.url == first
    expect(page.locator("h1")).to_have_text("2 IOCs")

    page.get_by_role("link", name="History").click()
    entries.nth(1).get_by_role("button", name="Run again").click()
    page.wait_for_url("**/results/*")
    assert page.url != first
    expect(page.locator("h1")).to_have_text("2 IOCs")

    page.get_by_role("link", name="History").click()
    expect(entries).to_have_count(3)
    entries.nth(2).locator("summary").click()
    entries.nth(2).get_by_role("button", name="Delete permanently").click()
    expect(page.locator(".flash.message")).to_have_text("The analysis was deleted.")
    expect(entries).to_have_count(2)
    expect(page).to_have_url(re.compile("/history$"))


@pytest.mark.parametrize("has_script", [True, False])
def test_a_second_import_of_a_mail_is_found_by_its_verdict(
    open_page: Callable[..., Page], site: str, has_script: bool
) -> None:
    mail = b"Subject: x\r\n\r\n185.220.101.45 9.9.9.9 files.example.net\r\n"
    files = {"name": "mail.eml", "mimeType": "message/rfc822", "buffer": mail}
    page = open_page(java_script_enabled=has_script)
    for _ in range(2):
        answer = page.request.post(
            f"{site}/api/upload",
            multipart={"files": files, "mode": "online"},
            headers={"Accept": "application/json"},
        )
        page.goto(f"{site}/results/{answer.json()['job_id']}")
        expect(page.locator(".chip[data-value=malicious] b")).to_have_text("2")
    page.goto(f"{site}/history?verdict=malicious")
    expect(page.locator(".history > li")).to_have_count(2)
    expect(page.locator(".history .badge.malicious .ratio")).to_have_text(["2", "2"])
    page.goto(site)
    expect(page.locator(".recent .badge.malicious .ratio")).to_have_text(["2", "2"])
