"""How a simulator behaves; the command line offers the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Options:
    """The limits belong to `sim-key-public`; None means no limit."""

    per_minute: int | None = 4
    per_day: int | None = 500
    per_month: int | None = 15500
    keys: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # beside the reserved
    latency_ms: int = 0
    invent: bool = False  # answer for objects that no fixture describes
    seed: int = 0  # another seed invents another world
    port: int = 0
    state: Path | None = None  # a JSON file with more fixtures
    minute_window: str = "sliding"  # or "fixed": aligned with the clock
    retry_after: str = "none"  # or "seconds", "date", "garbage"
    burst: int | None = None  # requests within one second before TooManyRequestsError
    free_404: bool = False
    count_users: bool = False
    chunked: bool = False
