from __future__ import annotations

import pytest

from app.enrichment.quota.clock import SteadyClock, boot_id, since_boot


class Times:
    """The two clocks of a machine, and what its processes agreed on."""

    def __init__(self) -> None:
        self.wall, self.steady = 1_000_000.0, 500.0
        self.offsets: dict[str, float] = {}

    def offset(self, boot: str, proposed: float) -> float:
        return self.offsets.setdefault(boot, proposed)

    def clock(self, boot: str) -> SteadyClock:
        return SteadyClock(self, boot, lambda: self.steady, lambda: self.wall)

    def resume_unfinished(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds


def test_the_clock_starts_from_the_systems_time() -> None:
    times = Times()
    clock = times.clock("one")
    assert clock() == times.wall
    times.resume_unfinished(90)
    assert clock() == times.wall


@pytest.mark.parametrize("jump", [-86_400.0, -3600.0, 3600.0, 86_400.0])
def test_setting_the_systems_clock_moves_no_process_of_the_boot(jump: float) -> None:
    times = Times()
    before = times.clock("one")
    times.wall += jump
    assert before() == 1_000_000.0
    assert times.clock("one")() == 1_000_000.0
    times.resume_unfinished(5)
    assert before() == times.clock("one")() == 1_000_005.0


def test_another_boot_starts_from_the_systems_clock() -> None:
    times = Times()
    times.clock("one")
    times.wall, times.steady = 2_000_000.0, 3.0
    assert times.clock("two")() == 2_000_000.0


def test_a_boot_without_a_name_stores_no_offset() -> None:
    times = Times()
    clock = times.clock("")
    times.wall -= 50
    assert (clock(), times.clock("")()) == (1_000_000.0, 999_950.0)
    assert times.offsets == {}


def test_this_machine_has_a_steady_clock() -> None:
    first = since_boot()
    assert since_boot() >= first
    assert boot_id() == boot_id()
