"""The records of the connection test."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class StepState(StrEnum):
    OK = "ok"
    FAILED = "failed"
    NOT_TRIED = "not_tried"
    """A step before it failed."""
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True, slots=True)
class ConnectionStep:
    """One step of a connection test: its state, and a sentence for the analyst."""

    name: str
    """`proxy`, `dns`, `tcp`, `tls`, `http`, `key`: in this order."""
    state: StepState
    sentence: str
    took_ms: int | None = None
    """The milliseconds it took; None if nothing was done."""
