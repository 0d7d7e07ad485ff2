"""How long the server takes for the results page, and how large it is."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from app import create_app
from benchmarks.corpus import Corpus

_ROUNDS = 10


def pages(counts: Sequence[int]) -> list[tuple[int, float, int]]:
    """For each number of IOCs, of all kinds and with evidence: the best time and the bytes."""
    with tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder:
        app = create_app({"DATA_DIR": Path(folder) / "data", "ACCESS_TOKEN": ""})
        client = app.test_client()
        measured = []
        for count in counts:
            form = {"text": iocs(count), "mode": "offline"}
            address = client.post("/analyze", data=form).headers["Location"]
            times = []
            for _ in range(_ROUNDS):
                start = time.perf_counter()
                page = client.get(address).data
                times.append(time.perf_counter() - start)
            measured.append((count, min(times), len(page)))
        app.extensions["services"].close()
    return measured


def iocs(count: int) -> str:
    """A text of as many lines, each of which is an IOC."""
    lines = Corpus().lines("IOC list, defanged", 100 * count)
    return "".join(line for _, line in zip(range(count), lines, strict=False))
