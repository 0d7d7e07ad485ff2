"""Writes the IOCs of a text in a form that is short in a table of test cases."""

from __future__ import annotations

from app.pipeline import extract_iocs


def found(text: str) -> list[str]:
    """Return the IOCs as `type value`, in the order of the text."""
    return [f"{ioc.type} {ioc.value}" for ioc in extract_iocs(text)]
