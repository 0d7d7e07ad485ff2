from __future__ import annotations

from pathlib import Path

import pytest

from tests.storage.quota.race import LIMIT, Race

pytestmark = pytest.mark.slow


def test_processes_that_share_a_key_and_are_killed_never_exceed_its_quota(tmp_path: Path) -> None:
    race = Race(tmp_path, hours=5, kills=5)
    race.run()
    print(race.summary())
    assert race.fullest == LIMIT
    assert race.share_used >= 0.95
    assert sum(arrival.status == 429 for arrival in race.arrivals) == len(race.refusals)
    assert len({arrival.worker for arrival in race.arrivals}) > race.processes
