from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.documents.make.archives import zip_of
from tests.documents.make.mail import attachment, body, mail
from tests.fakes.vt_simulator import VTSimulator
from tests.patience import PATIENCE_MS

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE_MS)

FILES: dict[str, bytes] = {
    "alert.txt": b"first\nhxxp://evil[.]example[.]net/a and 185.220.101.45\n",
    "mail.eml": mail(
        body(b"see http://link.evil-mail.com/ now"),
        attachment(b"list.zip", zip_of({"inner.txt": b"http://packed.evil-zip.com/"})),
    ),
    "<img src=x onerror=alert(1)>.zip": zip_of({"a.txt": b"8.8.4.4"})[:-30],
}
DROP = """([files, over]) => {
  const carried = new DataTransfer();
  for (const [name, content] of Object.entries(files))
    carried.items.add(new File([Uint8Array.from(content)], name));
  const options = { dataTransfer: carried, bubbles: true, cancelable: true };
  for (const name of ["dragover", "drop"])
    document.body.dispatchEvent(new DragEvent(name, options));
}"""


def drop(page: Page, files: dict[str, bytes]) -> None:
    page.evaluate(DROP, [{name: list(content) for name, content in files.items()}, None])


def test_files_that_are_dropped_are_read_and_their_iocs_filtered(
    open_page: Callable[..., Page], site: str, slow_simulator: VTSimulator
) -> None:
    page = open_page()
    page.goto(site)
    many = {f"note{n:03}.txt": b"http://h%d.evil-many.com/" % n for n in range(60)}
    drop(page, FILES | many)
    expect(page.locator("#upload .chosen li")).to_have_count(21)
    page.get_by_role("button", name="Analyze 63 files").click()
    page.wait_for_url("**/results/*")
    # The tile first, with how far it is; then the results come by themselves.
    tile = page.locator("[data-job-status]")
    expect(tile.locator("[data-job=message]")).to_contain_text("of 63 files")
    expect(page.locator("h1")).to_contain_text("IOCs")
    expect(page.locator("h1")).not_to_contain_text("files")
    unread = page.locator(".documents .flash")
    expect(unread).to_contain_text("not fully read")
    expect(unread).to_contain_text("<img src=x onerror=alert(1)>.zip")
    row = page.locator('.row[data-value="http://packed.evil-zip.com/"]')
    expect(row.locator(".stood")).to_have_text(
        "in mail.eml, attachment list.zip > inner.txt, line 1"
    )
    page.wait_for_load_state()  # the page loaded anew by itself, and its scripts may still come
    page.locator("select[name=document]").select_option("alert.txt")
    expect(page.locator("h1")).to_have_text("5 IOCs")
    expect(page.locator('.row[data-value="185.220.101.45"]')).to_be_visible()
    expect(page.locator('.row[data-value="http://packed.evil-zip.com/"]')).to_have_count(0)
    page.locator("#filter [name=q]").fill("185")
    expect(page.locator(".row:visible")).to_have_count(1)
    assert "document=alert.txt" in page.url
    page.get_by_role("link", name="show all files").click()
    expect(page.locator('.row[data-value="http://packed.evil-zip.com/"]')).to_be_visible()
    page.get_by_role("link", name="IOCs by file").click()
    document = page.locator('.document[data-name="mail.eml"]')
    expect(document).to_contain_text("hxxp://link[.]evil-mail[.]com/")
    expect(document.locator(".badge")).to_contain_text("Read")
    assert slow_simulator.requests == []


def test_files_are_read_online_as_the_form_says(open_page: Callable[..., Page], site: str) -> None:
    page = open_page()
    page.goto(site)
    page.locator("input[name=mode][value=online]").check()
    page.locator("#upload input[type=file]").set_input_files(
        [{"name": "alert.txt", "mimeType": "text/plain", "buffer": FILES["alert.txt"]}]
    )
    page.get_by_role("button", name="Analyze 1 file").click()
    page.wait_for_url("**/results/*")
    expect(page.locator('.row[data-value="185.220.101.45"] .worst')).to_contain_text("Malicious")
    page.get_by_role("link", name="Analyze").click()
    expect(page.locator("main")).to_contain_text("alert.txt")


def test_the_button_of_the_paste_form_analyzes_files_if_there_is_no_text(
    open_page: Callable[..., Page], site: str
) -> None:
    page = open_page()
    page.goto(site)
    drop(page, {"note.txt": b"http://h1.evil-note.com/"})
    page.get_by_role("button", name="Analyze", exact=True).click()
    page.wait_for_url("**/results/*")
    expect(page.locator('.row[data-value="http://h1.evil-note.com/"]')).to_be_visible()


def test_more_files_than_may_come_are_refused_before_they_are_sent(
    open_page: Callable[..., Page], site: str
) -> None:
    page = open_page()
    page.goto(site)
    drop(page, {f"{n}.txt": b"x" for n in range(201)})
    expect(page.locator("#upload [role=alert]")).to_contain_text("201 files are chosen")
    page.get_by_role("button", name="Analyze 201 files").click()
    expect(page.locator("#upload [role=alert]")).to_be_visible()
    assert page.url.rstrip("/") == site


def test_files_are_read_without_a_script(
    open_page: Callable[..., Page], site: str, tmp_path: Path
) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(site)
    page.locator("#upload input[type=file]").set_input_files(
        [
            {"name": name, "mimeType": "text/plain", "buffer": FILES[name]}
            for name in ("alert.txt", "mail.eml")
        ]
    )
    page.get_by_role("button", name="Analyze files").click()
    page.wait_for_url("**/results/*")
    expect(page.locator("h1")).to_contain_text("IOCs")
    page.locator("select[name=document]").select_option("mail.eml")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator('.row[data-value="http://packed.evil-zip.com/"]')).to_be_visible()
    expect(page.locator('.row[data-value="185.220.101.45"]')).to_have_count(0)
