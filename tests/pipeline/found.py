"""The IOCs of a text in a form that is short to write in a table."""

from __future__ import annotations

from app.pipeline import extract_iocs


def found(text: str) -> list[str]:
    """`type value`, in the order of the text."""
    return [f"{ioc.type} {ioc.value}" for ioc in extract_iocs(text)]
