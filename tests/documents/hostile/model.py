"""The record of a hostile document."""

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
    """True if it is too large for any reader: the planted IOC need not be found."""


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]
