from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Complaints, copied
from tests.fakes.vt_simulator import VTSimulator
from tests.patience import PATIENCE_MS

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE_MS)

REPORT = """
The loader came from hxxp://files[.]example[.]net/invoice/update.exe and beacons to
185.220.101[.]45:443 and 9[.]9[.]9[.]9; sensor 10.0.4.17, also files(.)example(.)net,
unknown[.]example[.]org, 0f273b7599dec3559b78f20045743b0a and CVE-2024-3400.
"""


@pytest.fixture
def page(open_page: Callable[..., Page], site: str) -> Page:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(site)
    return page


def paste(page: Page, text: str, mode: str = "online") -> None:
    page.locator("textarea[name=text]").fill(text)
    page.locator(f"input[name=mode][value={mode}]").check()
    page.locator("textarea[name=text]").press("Control+Enter")
    page.wait_for_url("**/results/*")


def wait_until_done(page: Page) -> None:
    expect(page.locator("[data-job-state=success]")).to_be_visible()


def badge(page: Page, value: str) -> Locator:
    return page.locator(f'.row[data-value="{value}"] .worst .badge')


def test_a_report_is_pasted_and_the_verdicts_arrive_while_the_page_is_open(
    page: Page, slow_simulator: VTSimulator
) -> None:
    expect(page.locator("textarea[name=text]")).to_be_focused()
    slow_simulator.hold()
    paste(page, REPORT)
    page.evaluate("window.same = true")
    expect(badge(page, "9.9.9.9")).to_contain_text("Waiting")
    expect(page.locator("#results")).to_contain_text("0 of 6 lookups")
    slow_simulator.release()
    expect(badge(page, "185.220.101.45")).to_contain_text("Malicious 9/94")
    expect(badge(page, "9.9.9.9")).to_contain_text("No detections 0/94")
    expect(badge(page, "unknown.example.org")).to_contain_text("No record")
    expect(badge(page, "10.0.4.17")).to_contain_text("Not looked up")
    expect(badge(page, "CVE-2024-3400")).to_contain_text("Not looked up")
    expect(badge(page, "0f273b7599dec3559b78f20045743b0a")).to_contain_text("Malicious 47/68")
    expect(page.locator("#results")).to_contain_text("6 of 6 lookups")
    wait_until_done(page)
    assert page.evaluate("window.same") is True
    assert page.locator("h1").inner_text() == "8 IOCs"


def test_each_answer_travels_once_and_polling_stops(page: Page) -> None:
    answers: list[dict[str, object]] = []
    page.on(
        "response", lambda r: answers.append(r.json()) if "/enrichment/status" in r.url else None
    )
    polls: list[str] = []
    page.on("request", lambda r: polls.append(r.url) if "/enrichment/status" in r.url else None)
    paste(page, REPORT)
    wait_until_done(page)
    page.wait_for_function("() => !document.querySelector('.lookup[data-key=pending]')")
    # Requests are counted, not responses: a poll that is under way when the job ends is answered
    # later, and that is no further poll.
    sent = len(polls)
    page.wait_for_timeout(2_500)  # longer than the pause between two polls
    assert len(polls) == sent
    ended = [
        (r["ioc"], r["provider"])
        for a in answers
        for r in a["results"]  # type: ignore[attr-defined]
        if r["state"] not in ("pending", "not_asked")
    ]
    assert len(ended) == len(set(ended))


def test_a_reload_shows_the_same_page(page: Page) -> None:
    paste(page, REPORT)
    wait_until_done(page)

    def shown() -> list[str]:
        texts = page.locator(".row").all_inner_texts()
        return [re.sub(r"just now|\d+ s ago", "just now", text) for text in texts]

    before = shown()
    page.reload()
    assert shown() == before


def test_filters_narrow_the_list_without_a_request(page: Page) -> None:
    paste(page, REPORT)
    wait_until_done(page)
    visible = page.locator(".row:visible")
    page.locator(".chip[data-filter=verdict][data-value=malicious]").click()
    expect(visible).to_have_count(4)
    page.locator("#filter [name=q]").fill("185.220")
    expect(visible).to_have_count(1)
    assert "verdict=malicious" in page.url
    page.reload()
    expect(visible).to_have_count(1)
    page.locator("#filter [name=q]").fill("no such thing")
    expect(page.locator("#no-match")).to_be_visible()
    page.goto(page.url.partition("?")[0])
    page.locator("#filter [name=type]").select_option("domain")
    expect(visible).to_have_count(2)


def test_copies_are_defanged_unless_raw_is_chosen(page: Page) -> None:
    paste(page, REPORT)
    wait_until_done(page)
    one = page.locator('.row[data-value="185.220.101.45"] button[data-copy=row]')
    one.click()
    expect(one).to_have_text("Copied")
    copied(page, lambda text: text == "185[.]220[.]101[.]45")
    one.click(modifiers=["Shift"])
    copied(page, lambda text: text == "185.220.101.45")
    page.locator(".group[data-type=domain] button[data-copy=group]").click()
    copied(page, lambda text: text.split() == ["files[.]example[.]net", "unknown[.]example[.]org"])
    page.locator(".copy-as label", has_text="raw").click()
    page.locator(".group[data-type=domain] button[data-copy=group]").click()
    copied(page, lambda text: text.split() == ["files.example.net", "unknown.example.org"])


def test_the_ticket_is_a_defanged_block_with_counts(page: Page) -> None:
    paste(page, REPORT)
    wait_until_done(page)
    page.locator("button[data-copy=ticket]").click()
    ticket = copied(page, lambda text: text.startswith("**8 IOCs"))
    assert "- `185[.]220[.]101[.]45`: VirusTotal, 9/94, scanned 2025-11-20, asked " in ticket
    assert "http://" not in ticket


def test_a_held_back_address_is_asked_on_a_click_without_a_reload(
    page: Page, slow_simulator: VTSimulator
) -> None:
    paste(page, REPORT)
    wait_until_done(page)
    page.evaluate("window.same = true")
    asked = len(slow_simulator.requests)
    page.locator('.row[data-value="10.0.4.17"]').get_by_role(
        "button", name="Look up anyway"
    ).click()
    expect(badge(page, "10.0.4.17")).to_contain_text("No record")
    assert page.evaluate("window.same") is True
    assert len(slow_simulator.requests) == asked + 1


def test_a_failed_lookup_is_loud_and_can_be_retried(
    page: Page, slow_simulator: VTSimulator
) -> None:
    slow_simulator.add_rule("html502", path="*/9.9.9.9")
    paste(page, REPORT)
    expect(badge(page, "9.9.9.9")).to_contain_text("Could not check")
    expect(page.locator('.row[data-value="9.9.9.9"]')).to_contain_text("out of order")
    slow_simulator.clear_rules()
    page.locator('.row[data-value="9.9.9.9"]').get_by_role("button", name="Retry").click()
    expect(badge(page, "9.9.9.9")).to_contain_text("No detections")


def test_hostile_answers_stay_text(page: Page, slow_simulator: VTSimulator) -> None:
    slow_simulator.add_rule("xss")
    paste(page, REPORT)
    wait_until_done(page)
    for details in page.locator("details.more summary").all():
        details.click()
    assert page.locator("main script, main img, main iframe").count() == 0
    assert "\u202e" not in page.locator("main").inner_text()
    assert "<script" in page.locator("main").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_every_link_out_is_the_providers_own_page(page: Page) -> None:
    paste(page, REPORT)
    wait_until_done(page)
    links = page.locator("main a[href*='//']")
    targets = [link.get_attribute("href") or "" for link in links.all()]
    assert targets
    assert all(target.startswith("https://www.virustotal.com/gui/") for target in targets)
    assert all(link.get_attribute("rel") == "noopener noreferrer" for link in links.all())


def test_an_analysis_that_is_gone_is_one_sentence(
    page: Page, slow_simulator: VTSimulator, complaints: Complaints
) -> None:
    slow_simulator.hold()
    paste(page, REPORT)
    answer = page.request.post(f"{page.url}/delete", headers={"Accept": "application/json"})
    assert answer.ok
    expect(page.locator("[data-trouble=gone]")).to_be_visible()
    complaints.expect("404")  # the browser's own remark
