"""Telltale as a program of its own, and Chromium in front of it."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.servers import running
from tests.canary import CANARY_KEY, holds_canary
from tests.fakes.vt_simulator import VTSimulator
from tests.patience import PATIENCE_MS, PATIENCE_S

CHROMIUM_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# Playwright's event loop runs in the worker's thread until the browser is closed, and no other
# loop may run meanwhile (vt-py starts one). So the browser is closed after the last test of this
# package, not at the end of the session; these tests are sorted to the end of every run.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Start one Chromium for each worker; every page gets a context of its own."""
    # Chromium without its windows: a page costs a tenth of the processor time.
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if path is None:
        message = "the browser tests need chromium-headless-shell or chromium of Debian"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def slow_simulator() -> Iterator[VTSimulator]:
    """Run a simulator that is slow enough for a test to see rows wait."""
    keys = {CANARY_KEY: {"user": "canary", "is_premium": True}}
    with VTSimulator(keys=keys, latency_ms=600) as simulator:
        yield simulator


@pytest.fixture
def site(tmp_path: Path, slow_simulator: VTSimulator) -> Iterator[str]:
    with running(
        tmp_path, slow_simulator.base_url, VT_REQUESTS_PER_MINUTE=0, VT_API_KEY=CANARY_KEY
    ) as address:
        yield address
    assert not holds_canary((tmp_path / "log").read_bytes())


def copied(page: Page, is_expected: Callable[[str], bool]) -> str:
    """Wait until the clipboard holds the expected text, and return it."""
    # `wait_for_function` does not wait until what a promise gives is true.
    deadline = time.monotonic() + PATIENCE_S
    while not is_expected(text := str(page.evaluate("navigator.clipboard.readText()"))):
        assert time.monotonic() < deadline, text
        page.wait_for_timeout(20)
    return text


class Complaints(list[str]):
    """The errors of the console. They come a little later than what the test sees on the page."""

    expected = "(?!)"  # matches nothing

    def expect(self, pattern: str) -> None:
        """Allow errors that match, those that came and those to come."""
        self.expected = pattern


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """Collect the errors of the console; an unexpected one fails the test."""
    heard = Complaints()
    yield heard
    assert [text for text in heard if not re.search(heard.expected, text)] == []


@pytest.fixture
def open_page(browser: Browser, complaints: Complaints, site: str) -> Iterator[Callable[..., Page]]:
    """Open pages that each have a fresh profile; they are closed before the site they show."""
    contexts: list[BrowserContext] = []

    def open_one(**options: object) -> Page:
        context = browser.new_context(**options)  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: complaints.append(str(e)))
        page.on("dialog", lambda d: (complaints.append(f"dialog: {d.message}"), d.dismiss()))
        return page

    yield open_one
    for context in contexts:
        context.close()
