"""What the finders hand over."""

from __future__ import annotations

from typing import NamedTuple

from app.pipeline.classifier import Outcome


class Candidate(NamedTuple):
    """A span of a page that looks like an IOC, and what it was found to be."""

    start: int
    end: int
    rule: str
    outcome: Outcome
    value: str = ""
    """Canonical; empty if the outcome is a reason."""
