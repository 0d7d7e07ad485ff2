"""python -m benchmarks.browser: how long the results page keeps its tab busy while answers arrive.

Needs the packages for development, and Chromium of Debian.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from typing import Any

from benchmarks.jobs import addresses, simulator
from benchmarks.live import server
from benchmarks.tables import machine, table

_COUNTS = (5_000, 10_000)
_LONGEST_WAIT_S = 300
# A task of more than 50 ms is long: a key that is pressed meanwhile waits for its end.
_OBSERVE = """
window.longTasks = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.longTasks.push(entry.duration);
}).observe({ type: "longtask", buffered: true });
"""
_PASTE = "text => { document.querySelector('textarea[name=text]').value = text; }"
_WAITING = ".lookup[data-key=pending]"


def measure(page: Any, address: str, count: int) -> list[str]:
    page.goto(address)
    page.evaluate(_PASTE, "\n".join(addresses(count)))
    page.locator("input[name=mode][value=online]").check()
    page.locator("button.primary").click()
    begun = time.monotonic()
    page.wait_for_url("**/results/*")
    if (start := page.get_by_role("button", name="Start")).count():
        start.click()
        begun = time.monotonic()
    all_rows = f"document.querySelectorAll('.row').length === {count}"
    page.wait_for_function(f"() => {all_rows}", timeout=_LONGEST_WAIT_S * 1000)
    rows_s = time.monotonic() - begun
    done = f"() => !document.querySelector('{_WAITING}, [data-job-state=success][hidden]')"
    page.wait_for_function(done, timeout=_LONGEST_WAIT_S * 1000, polling=500)
    done_s = time.monotonic() - begun
    tasks = page.evaluate("window.longTasks")
    return [
        f"{count:,}",
        f"{rows_s:.1f} s",
        f"{done_s:.1f} s",
        f"{max(tasks, default=0):,.0f} ms",
        f"{sum(tasks) / 1000:.1f} s",
    ]


def main() -> int:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(prog="python -m benchmarks.browser", description=__doc__)
    parser.add_argument("--iocs", type=int, nargs="*", default=_COUNTS)
    options = parser.parse_args()
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if path is None:
        sys.exit("This needs chromium-headless-shell or chromium of Debian.")
    rows = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        for count in options.iocs:
            with simulator(0) as base_url, server(base_url) as (host, port):
                page = browser.new_page()
                page.add_init_script(_OBSERVE)
                rows.append(measure(page, f"http://{host}:{port}", count))
                page.close()
        browser.close()
    print(f"Measured {machine()}.\n")
    print(table(["IOCs", "all rows", "all answers", "longest task", "in long tasks"], rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
