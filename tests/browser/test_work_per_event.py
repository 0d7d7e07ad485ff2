"""What the results page does when answers come, counted: a busy machine changes seconds alone.

`python -m benchmarks.browser` measures the seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Complaints
from tests.browser.servers import running
from tests.canary import CANARY_KEY
from tests.fakes.vt_simulator import VTSimulator
from tests.patience import PATIENCE_MS

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE_MS)

COUNT = 300
AT_ONCE = 100
ADDRESSES = [f"45.7.{n // 250}.{n % 250 + 1}" for n in range(COUNT)]
# Counts the searches of the whole document, and how many lookups were drawn without a pause.
WATCH = """
window.searches = 0;
for (const name of ["querySelector", "querySelectorAll", "getElementsByClassName"]) {
  const search = Document.prototype[name];
  Document.prototype[name] = function (...given) {
    window.searches += 1;
    return search.apply(this, given);
  };
}
window.drawn = [];
const isLookup = (node) => node.nodeType === Node.ELEMENT_NODE && node.matches(".lookup");
new MutationObserver((changes) => {
  const added = changes.flatMap(({ addedNodes }) => [...addedNodes]).filter(isLookup);
  if (added.length) window.drawn.push(added.length);
}).observe(document, { childList: true, subtree: true });
"""


@pytest.fixture
def site(tmp_path: Path, simulator: VTSimulator) -> Iterator[str]:
    settings = {"VT_API_KEY": CANARY_KEY, "VT_REQUESTS_PER_MINUTE": 0}
    with running(tmp_path, simulator.base_url, **settings) as address:
        yield address


@pytest.fixture
def page(open_page: Callable[..., Page], simulator: VTSimulator) -> Page:
    page = open_page()
    page.add_init_script(WATCH)
    simulator.hold()
    return page


def paste(page: Page, site: str) -> None:
    page.goto(site)
    page.locator("textarea[name=text]").fill(" ".join(ADDRESSES))
    page.locator("input[name=mode][value=online]").check()
    page.locator("button.primary").click()
    page.wait_for_url("**/results/*")
    expect(page.locator(".row")).to_have_count(COUNT)
    page.wait_for_load_state("load")
    page.evaluate("window.drawn.length = 0")  # what the page came with was drawn by the browser


def wait_until_drawn(page: Page) -> None:
    page.wait_for_function("() => !document.querySelector('.lookup[data-key=pending]')")


def test_an_event_searches_nothing_in_the_whole_document(
    page: Page, site: str, simulator: VTSimulator
) -> None:
    paste(page, site)
    before = page.evaluate("window.searches")
    simulator.release()
    # Waits without a search of the document.
    page.wait_for_function(
        "() => document.body.getElementsByClassName('lookup').length === "
        "[...document.body.getElementsByClassName('lookup')].filter("
        "(one) => one.dataset.state === 'answered' || one.dataset.state === 'not_found').length"
    )
    events = page.evaluate("window.drawn.length")
    searches = page.evaluate("window.searches") - before
    # The receipt at the end, and the ages of answers every ten seconds.
    assert searches <= 6, f"{searches} searches in {events} events"


def test_answers_that_come_at_once_are_drawn_some_at_a_time(
    page: Page, site: str, simulator: VTSimulator, complaints: Complaints
) -> None:
    held: list[Route] = []
    page.context.route("**/api/jobs/events*", lambda route: route.abort())
    page.context.route("**/enrichment/status/*", lambda route: held.append(route))
    paste(page, site)
    simulator.release()
    while page.request.get(page.url.replace("results", "api/jobs")).json()["state"] != "success":
        page.wait_for_timeout(20)
    page.context.unroute("**/enrichment/status/*")
    for route in held:
        route.continue_()
    wait_until_drawn(page)
    drawn = page.evaluate("window.drawn")
    assert sum(drawn) >= COUNT
    assert max(drawn) <= AT_ONCE, drawn
    complaints.expect("ERR_FAILED")  # the browser's own remark on the stream
