from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Complaints
from tests.patience import PATIENCE_MS

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE_MS)

TEXT = (
    "\U0001f600 First line\nhxxp://files[.]example[.]net/x and 8.8.4.4\nsetup.py 999.1.1.1 8.8.4.4"
)


@pytest.fixture
def page(open_page: Callable[..., Page], site: str) -> Page:
    page = open_page()
    page.goto(site)
    page.locator("textarea[name=text]").fill(TEXT)
    page.locator("button.primary").click()
    page.wait_for_url("**/results/*")
    return page


def test_each_ioc_says_why_it_is_one(page: Page) -> None:
    page.locator('.row[data-value="8.8.4.4"] .why summary').click()
    expect(page.locator('.row[data-value="8.8.4.4"] .why p')).to_contain_text("seen 2 times")


def test_the_text_is_marked_while_the_tab_lives(page: Page) -> None:
    page.locator("#pasted summary").click()
    expect(page.locator("#pasted mark.hit")).to_have_text(
        ["hxxp://files[.]example[.]net/x", "8.8.4.4", "8.8.4.4"]
    )
    expect(page.locator("#pasted mark.miss")).to_have_text(["setup.py", "999.1.1.1"])
    page.reload()
    page.locator("#pasted summary").click()
    expect(page.locator("#pasted mark.hit")).to_have_count(3)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("h1")).to_have_text("2 IOCs")
    expect(other.locator("#pasted")).to_be_hidden()


def test_what_was_refused_is_listed_and_can_be_taken_in_after_all(page: Page) -> None:
    misses = page.locator("#near-misses .miss")
    expect(misses).to_have_count(2)
    expect(misses.filter(has_text="999.1.1.1").locator("button")).to_have_count(0)
    misses.filter(has_text="setup.py").get_by_role("button", name="Add").click()
    expect(page.locator("h1")).to_have_text("3 IOCs")
    expect(page.locator('.row[data-value="setup.py"]')).to_be_visible()
    expect(misses).to_have_count(1)


def test_a_text_without_iocs_gets_the_servers_own_page(
    open_page: Callable[..., Page], site: str, complaints: Complaints
) -> None:
    page = open_page()
    page.goto(site)
    page.locator("textarea[name=text]").fill("Nothing here.")
    page.locator("button.primary").click()
    expect(page.locator("#error")).to_contain_text("No IOCs found")
    expect(page.locator("textarea[name=text]")).to_have_value("Nothing here.")
    complaints.expect("422")  # the browser's own remark
