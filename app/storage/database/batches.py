"""Long lists of parameters, cut into lists that one statement can hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

# How many values one statement looks up: older versions of SQLite take 999 parameters.
AT_ONCE = 500


def batches(items: Sequence[T], size: int = AT_ONCE) -> Iterator[Sequence[T]]:
    """Yield the items in order, at most `size` at once."""
    return (items[start : start + size] for start in range(0, len(items), size))
