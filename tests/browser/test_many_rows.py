from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from app.presentation.results_page import PAGE_ROWS
from tests.browser.conftest import Complaints, copied
from tests.fakes.vt_simulator import VTSimulator
from tests.patience import PATIENCE_MS

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE_MS)

ADDRESSES = [f"10.{n // 250}.{n % 250}.1" for n in range(2 * PAGE_ROWS + 10)]
LAST = ADDRESSES[-1]
HASH = "0f273b7599dec3559b78f20045743b0a"
VALUES = [*ADDRESSES, HASH]
VALUES_SHOWN = "rows => rows.filter(row => !row.hidden).map(row => row.dataset.value)"


@pytest.fixture
def page(open_page: Callable[..., Page], site: str) -> Page:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(site)
    return page


def paste(page: Page, mode: str = "offline") -> str:
    """Returns the page as the server sent it."""
    page.locator("textarea[name=text]").fill("\n".join([*ADDRESSES, HASH]))
    page.locator(f"input[name=mode][value={mode}]").check()
    with page.expect_response("**/results/*") as answer:
        page.locator("button.primary").click()
    page.wait_for_url("**/results/*")
    return answer.value.text()


def shown(page: Page) -> list[str]:
    return list(page.locator(".row").evaluate_all(VALUES_SHOWN))


def test_the_first_rows_come_with_the_page_and_the_others_after_them(page: Page) -> None:
    served = paste(page)
    assert served.count('class="row"') == PAGE_ROWS
    expect(page.locator(".row")).to_have_count(len(VALUES))
    assert shown(page) == VALUES
    expect(page.locator("[data-type=ipv4] [data-shown]")).to_have_text(str(len(ADDRESSES)))
    expect(page.locator(".pages")).to_be_hidden()


def test_a_filter_that_is_typed_before_the_script_comes_is_applied_with_it(page: Page) -> None:
    paste(page)

    def type_first(route: Route) -> None:
        page.locator("#filter [name=q]").fill(LAST)
        route.continue_()

    page.context.route("**/js/filter.js", type_first)
    page.reload()
    expect(page.locator(".row:visible")).to_have_count(1)
    assert page.url.endswith(f"?q={LAST}")


def test_the_page_has_its_length_before_the_rows_have_come(page: Page) -> None:
    length = "document.documentElement.scrollHeight"
    lengths: list[int] = []

    def measure(route: Route) -> None:
        lengths.append(page.evaluate(length))
        route.continue_()

    page.context.route("**/rows?*", measure)
    paste(page)
    expect(page.locator(".row")).to_have_count(len(VALUES))
    assert len(lengths) == 2
    assert lengths == pytest.approx([page.evaluate(length)] * 2, rel=0.05)


def test_what_came_later_is_filtered_explained_copied_and_marked_too(page: Page) -> None:
    paste(page)
    page.locator(".group[data-type=ipv4] button[data-copy=group]").click()
    copied(page, lambda text: len(text.split()) == len(ADDRESSES))
    page.locator("#pasted summary").click()
    expect(page.locator("#pasted mark.hit")).to_have_count(len(VALUES))
    page.locator("#filter [name=q]").fill(LAST)
    expect(page.locator("#matches")).to_contain_text(f"1 of {len(VALUES)}")
    row = page.locator(f'.row[data-value="{LAST}"]')
    row.locator(".why summary").click()
    expect(row.locator(".why p")).to_contain_text(f"line {len(ADDRESSES)}")
    row.locator("button[data-copy=row]").click()
    expect(row.locator("button[data-copy=row]")).to_have_text("Copied")


def test_a_page_that_opens_filtered_has_every_row_in_its_place(page: Page) -> None:
    paste(page)
    wanted = [value for value in ADDRESSES if "10.1.7" in value]
    page.goto(f"{page.url}?q=10.1.7")
    assert shown(page)[: len(wanted)] == wanted
    expect(page.locator(".row")).to_have_count(len(VALUES))
    assert shown(page) == wanted
    page.locator("#matches [data-clears-filter]").click()
    assert shown(page) == VALUES


def test_an_answer_reaches_a_row_that_came_later(page: Page, slow_simulator: VTSimulator) -> None:
    slow_simulator.hold()
    paste(page, "online")
    badge = page.locator(f'.row[data-value="{HASH}"] .worst .badge')
    expect(badge).to_contain_text("Waiting")
    slow_simulator.release()
    expect(badge).to_contain_text("Malicious 47/68")
    expect(page.locator(".chip[data-value=malicious] b")).to_have_text("1")
    expect(page.locator(".chip[data-value=not_asked] b")).to_have_text(str(len(ADDRESSES)))
    page.locator(".chip[data-value=malicious]").click()
    assert shown(page) == [HASH]


def test_rows_that_cannot_be_had_are_reached_page_by_page(
    page: Page, complaints: Complaints
) -> None:
    page.context.route("**/rows?*", lambda route: route.fulfill(status=500, body=""))
    paste(page)
    page.get_by_role("link", name="Next").click()
    expect(page.locator(f'.row[data-value="{ADDRESSES[PAGE_ROWS]}"]')).to_be_visible()
    expect(page.get_by_role("link", name="Previous")).to_be_visible()
    page.locator("#filter [name=q]").fill(LAST)
    page.locator("#filter [name=q]").press("Enter")
    expect(page.locator(".row")).to_have_count(1)
    complaints.expect("500")  # the browser's own remark
