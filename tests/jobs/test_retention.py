from __future__ import annotations

import logging
import threading

import pytest

from app.errors import StorageError
from app.jobs.retention import Retention
from tests.patience import PATIENCE_S


def test_retention_runs_at_the_start_and_then_periodically() -> None:
    given: list[int] = []
    often = threading.Event()

    def delete_older(days: int) -> int:
        given.append(days)
        if len(given) == 3:
            often.set()
        return 1

    retention = Retention(30, delete_older, every_s=0.001)
    retention.start()
    assert often.wait(PATIENCE_S)
    retention.close()
    assert set(given) == {30}


def test_zero_days_keep_everything() -> None:
    Retention(0, lambda days: pytest.fail("deleted")).start()


def test_a_database_that_cannot_be_written_is_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    calls = 0
    again = threading.Event()

    def delete_older(days: int) -> int:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise StorageError("The disk is full.")
        if calls == 3:
            again.set()
        return 0

    retention = Retention(1, delete_older, every_s=0.001)
    with caplog.at_level(logging.ERROR):
        retention.start()
        assert again.wait(PATIENCE_S)
    retention.close()
    assert "tries again tomorrow: The disk is full." in caplog.text
