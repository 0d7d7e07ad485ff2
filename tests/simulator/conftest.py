from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.fakes.vt_simulator import VTSimulator

NOON = 1_763_640_000.0  # 2025-11-20 12:00:00 UTC


@pytest.fixture
def sim() -> Iterator[VTSimulator]:
    """A simulator without limits whose clock stands still."""
    with VTSimulator(
        per_minute=None, per_day=None, per_month=None, clock=lambda: NOON
    ) as simulator:
        yield simulator
        assert not simulator.foreign_requests


@pytest.fixture
def limited() -> Iterator[VTSimulator]:
    """The limits of a free key, and a clock that only tests move."""
    with VTSimulator(clock=lambda: NOON) as simulator:
        yield simulator


@pytest.fixture
def event_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """vt-py takes the loop of the thread and leaves it open."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield loop
    loop.close()
    asyncio.set_event_loop(None)
