"""Telltale as a program of its own, and Chromium in front of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.canary import CANARY_KEY, holds_canary
from tests.databases import place_database
from tests.fakes.vt_simulator import VTSimulator

PROJECT = Path(__file__).parents[2]
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
PATIENCE_MS = 20_000


# Playwright's event loop runs in the worker's thread until the browser is closed, and no other
# loop may run meanwhile (vt-py starts one). So the browser is closed after the last test of this
# package, not at the end of the session; these tests are sorted to the end of every run.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Start one Chromium for each worker; every page gets a context of its own."""
    path = shutil.which("chromium")
    if path is None:
        message = "the browser tests need Debian's chromium (apt-get install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def running(folder: Path, base_url: str, **settings: object) -> Iterator[str]:
    """Run run.py as its users start it, with a folder of its own; yields its address."""
    folder.mkdir(exist_ok=True)
    place_database(folder / "data")
    environ = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    given = {"PORT": 0, "DATA_DIR": folder / "data", "VT_BASE_URL": base_url} | settings
    environ |= {f"TELLTALE_{name}": str(value) for name, value in given.items()}
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, str(PROJECT / "run.py")],
            cwd=folder,
            env=environ | {"PYTHONPATH": str(PROJECT)},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[3]
        finally:
            process.terminate()
            process.wait(10)


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


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """Collect the errors of the console; one that is left there fails the test."""
    heard: list[str] = []
    yield heard
    assert heard == []


@pytest.fixture
def open_page(browser: Browser, complaints: list[str], site: str) -> Iterator[Callable[..., Page]]:
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
