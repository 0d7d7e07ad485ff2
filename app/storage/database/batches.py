"""Long lists of parameters, cut for one statement each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

# How many are looked up by one statement: databases limit what it may hold.
AT_ONCE = 500


def batches(items: Sequence[T], size: int = AT_ONCE) -> Iterator[Sequence[T]]:
    """Yield the items in order, at most `size` at once."""
    return (items[start : start + size] for start in range(0, len(items), size))
