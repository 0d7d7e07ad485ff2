"""python -m tests.fakes.vt_simulator: print the base URL, then serve until interrupted."""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from .simulator import VTSimulator

FIXED_NOW = 1_763_640_000.0  # 2025-11-20 12:00 UTC, amid the dates of the fixtures


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="vt_simulator", description=__doc__)
    add = parser.add_argument
    add("--port", type=int, default=0, help="0 chooses a free one")
    add("--state", type=Path, help="a JSON file with more fixtures")
    add("--per-minute", type=limit, default=4, help="0 means no limit, here and below")
    add("--per-day", type=limit, default=500)
    add("--per-month", type=limit, default=15500)
    add("--latency-ms", type=int, default=0)
    add("--clock", choices=("fixed", "real"), default="real")
    add("--seed", type=int, default=0, help="which world to invent")
    add("--invent", action="store_true", help="invent reports on unknown objects")
    add("--minute-window", choices=("sliding", "fixed"), default="sliding")
    add("--retry-after", choices=("none", "seconds", "date", "garbage"), default="none")
    add("--burst", type=int, help="requests within a second before TooManyRequestsError")
    add("--free-404", action="store_true", help="a 404 spends no quota")
    add("--count-users", action="store_true", help="/users/* spends quota")
    add("--chunked", action="store_true", help="send bodies without Content-Length")
    return parser.parse_args(arguments)


def limit(text: str) -> int | None:
    return int(text) or None


def main(arguments: Sequence[str] | None = None) -> None:
    options = vars(parse(arguments))
    clock = (lambda: FIXED_NOW) if options.pop("clock") == "fixed" else None
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), VTSimulator(clock=clock, **options) as simulator:
        print(simulator.base_url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
