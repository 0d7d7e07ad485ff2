"""A server whose clock is set by a day while it works, by libfaketime."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.fakes.vt_simulator import VTSimulator
from tests.patience import PATIENCE_S
from tests.programs import started

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(LIBRARY is None, reason="needs Debian's package faketime"),
]
IOCS = 12
JSON = {"Accept": "application/json"}


class Clock:
    """The file from which libfaketime reads how far the clock is set."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.set("+0")

    def set(self, offset: str) -> None:
        new = self.path.with_suffix(".new")
        new.write_text(offset)
        new.replace(self.path)

    @property
    def environ(self) -> dict[str, str]:
        # A clock that is set moves neither the monotonic clock nor that of the boot.
        return {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self.path),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


@contextmanager
def serving(folder: Path, clock: Clock, simulator: VTSimulator) -> Iterator[str]:
    """Yields the address of a server with this clock; it is killed at the end."""
    limits = {"VT_REQUESTS_PER_MINUTE": 6000, "MAX_WORKERS": 2}
    provider = {"VT_BASE_URL": simulator.base_url, "VT_API_KEY": "sim-key-premium"}
    with started(folder, clock.environ, **provider, **limits) as (_, address):
        yield address


def wait_for(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)  # the answers come from another process


def without_age(status: dict[str, Any]) -> list[dict[str, Any]]:
    """The lookups of a status; whether an answer is stale depends on the clock of the moment."""
    return [{k: v for k, v in row.items() if k != "stale"} for row in status["results"]]


@pytest.mark.parametrize("jumps", [("+1d", "-1d"), ("-1d", "+1d")], ids=" then ".join)
def test_a_clock_that_is_set_by_a_day_loses_nothing_and_stops_nothing(
    tmp_path: Path, jumps: tuple[str, str]
) -> None:
    clock = Clock(tmp_path / "clock")
    text = " ".join(f"203.0.{i}.7 8.8.{i}.8" for i in range(IOCS))
    with VTSimulator(latency_ms=40) as simulator:
        with serving(tmp_path, clock, simulator) as address:
            form = {"text": text, "mode": "online"}
            began = requests.post(f"{address}/analyze", form, headers=JSON, timeout=PATIENCE_S)
            job_id = began.json()["job_id"]

            def status() -> dict[str, Any]:
                url = f"{address}/enrichment/status/{job_id}"
                answer: dict[str, Any] = requests.get(url, timeout=PATIENCE_S).json()
                return answer

            wait_for(lambda: status()["done"] >= 3)
            clock.set(jumps[0])
            wait_for(lambda: status()["done"] >= 10)
            clock.set(jumps[1])
            wait_for(lambda: status()["complete"])
            ended = status()
            assert {row["state"] for row in ended["results"]} <= {
                "answered",
                "not_found",
                "not_asked",
            }
            asked = [row["ioc"] for row in ended["results"] if row["state"] != "not_asked"]
            assert len(asked) > IOCS
            assert sorted(simulator.calls.values()) == [1] * len(asked)
        with serving(tmp_path, clock, simulator) as address:
            assert without_age(status()) == without_age(ended)
            for page in ("/", "/history", f"/results/{job_id}", "/healthz"):
                assert requests.get(f"{address}{page}", timeout=PATIENCE_S).status_code == 200
            listed = requests.get(f"{address}/api/jobs", timeout=PATIENCE_S).json()["jobs"]
            assert [job["id"] for job in listed] == [job_id]
