"""What a hostile document is to the tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

IOC = "planted.evil-hostile.com"
TEXT = f"http://{IOC}/ ".encode()
MB = 1 << 20


class Hostile(NamedTuple):
    name: str
    make: Callable[[], bytes]
    is_bomb: bool = False
    """Too much for any reader: it need not find the planted IOC."""


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]
