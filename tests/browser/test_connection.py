from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from app import create_app
from tests.browser.servers import running
from tests.canary import holds_canary
from tests.fakes.lines import LINES, UNRESOLVABLE, Line, Settings, Workbench
from tests.patience import PATIENCE_MS, PATIENCE_S

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE_MS)

PANEL = "[data-provider-panel=virustotal]"
STEPS = ["Proxy", "DNS", "TCP", "TLS", "HTTP", "Key"]
SIGNS = {"ok": "✓", "failed": "!", "not_tried": "–", "not_needed": "–"}
WHOLE = LINES[0]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with ExitStack() as stack:
        yield Workbench(stack, tmp_path)


@pytest.fixture
def line(request: pytest.FixtureRequest) -> Line:
    given: Line = getattr(request, "param", WHOLE)
    return given


@pytest.fixture
def site(tmp_path: Path, bench: Workbench, line: Line) -> Iterator[str]:
    """A program of its own only where names are asked for: tests may ask for none."""
    settings = line.build(bench) | {"LOOKUP_DEADLINE_S": 5}
    folder = tmp_path / "site"
    if line is not WHOLE and UNRESOLVABLE not in settings["VT_BASE_URL"]:
        with serving(settings | {"DATA_DIR": folder / "data"}) as address:
            yield address
        return
    with running(folder, settings.pop("VT_BASE_URL"), **settings) as address:
        yield address
    assert not holds_canary((folder / "log").read_bytes())


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """Telltale in this process: it starts sooner."""
    app = create_app(settings)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    app.extensions["services"].close()
    server.shutdown()
    thread.join(PATIENCE_S)
    server.server_close()


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name, indirect=True)
def test_the_panel_names_the_step_that_failed(
    open_page: Callable[..., Page], site: str, line: Line
) -> None:
    page = open_page()
    page.goto(site + "/settings")
    page.locator(f"{PANEL} button", has_text="Test the connection").click()
    panel = page.locator(f"{PANEL} [data-connection]")
    ending = "error" if line.failed else "success"
    expect(panel.locator("[data-job-status]")).to_have_attribute("data-state", ending)
    rows = panel.locator("[data-step]")
    expect(rows).to_have_count(len(STEPS))
    assert rows.locator("b").all_inner_texts() == STEPS
    for row in rows.all():
        badge = row.locator(".badge").inner_text()
        assert badge.startswith(SIGNS[row.get_attribute("data-state") or ""])
    said = panel.locator(f"[data-step={line.failed or 'tls'}]")
    for words in line.says:
        expect(said).to_contain_text(words)
    expect(panel.locator("[data-state=failed]")).to_have_count(1 if line.failed else 0)


def test_without_javascript_the_page_reloads_itself_during_a_check(
    open_page: Callable[..., Page], site: str
) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(site + "/settings")
    page.locator(f"{PANEL} button", has_text="Test the connection").click()
    expect(page.locator(f"{PANEL} [data-connection] [data-step=key]")).to_contain_text(
        "accepts the key"
    )
