"""Figures as Markdown."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path

NO_ANSWER = "no answer"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    ruler = ["---", *(["--:"] * (len(header) - 1))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, ruler, *rows))


def machine() -> str:
    """The date, and what it ran on."""
    today = datetime.datetime.now(datetime.UTC).date()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{today}, {_processor()}, {os.cpu_count()} cores, {python}, {platform.system()}"


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def rate(size: int, seconds: float | None) -> str:
    return f"{size / 1e6 / seconds:.2f} MB/s" if seconds else NO_ANSWER


def duration(seconds: float | None) -> str:
    if seconds is None:
        return NO_ANSWER
    return f"{seconds * 1e3:.2f} ms" if seconds < 1 else f"{seconds:.1f} s"


def ratio(theirs: float | None, ours: float | None) -> str:
    return f"{theirs / ours:.0f} ×" if theirs and ours else NO_ANSWER
