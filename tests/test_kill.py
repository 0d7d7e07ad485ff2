"""A server that is killed in the middle of a job, again and again, loses no answer."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
from pathlib import Path

import pytest
import requests

from tests.canary import CANARY_KEY
from tests.fakes.vt_simulator import VTSimulator
from tests.patience import PATIENCE_S
from tests.programs import forked

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("KILLS", "20"))
IOCS = 1000
LATENCY_MS = 100
# So slow, and each life so long, that the job is under way at each kill, and mostly done after
# the last.
WORKERS = max(2, 160 // KILLS)
LONGEST_LIFE_S = 0.7 * IOCS / (WORKERS * 1000 / LATENCY_MS) / KILLS * 2
# The calls themselves, and what was answered and not yet on the disk: one answer for each worker,
# because nothing more is sent if a commit takes longer than a call (`Timing.commit_late_s`). One
# more for each is to spare.
MOST_IN_FLIGHT = 3 * WORKERS

Answers = dict[str, tuple[object, ...]]


def committed(path: Path) -> Answers:
    """What the database holds as answered, by IOC; and that it is sound."""
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = connection.execute(
            "SELECT iocs.value, lookups.state, verdict, outcome, seq FROM lookups"
            " JOIN iocs USING (job_key, position) WHERE lookups.state != 'pending'"
        ).fetchall()
    finally:
        connection.close()
    return {row[0]: row[1:] for row in rows}


def asked(simulator: VTSimulator, since: int) -> list[str]:
    return [record.path.rpartition("/")[2] for record in simulator.requests[since:]]


def test_no_answer_is_lost_if_the_server_is_killed_at_any_moment(tmp_path: Path) -> None:
    moments = random.Random(4)  # noqa: S311  # moments, not secrets
    database = tmp_path / "data" / "telltale.db"
    iocs = {f"45.{n // 250}.7.{n % 250 + 1}" for n in range(IOCS)}
    keys = {CANARY_KEY: {"user": "canary"}}
    with VTSimulator(
        per_minute=None, per_day=None, per_month=None, keys=keys, latency_ms=LATENCY_MS
    ) as simulator:
        settings = {
            "VT_BASE_URL": simulator.base_url,
            "VT_API_KEY": CANARY_KEY,
            "VT_REQUESTS_PER_MINUTE": 0,
            "MAX_WORKERS": WORKERS,
        }
        kept: Answers = {}
        in_flight = 0
        job_id = None
        for _ in range(KILLS):
            before = len(simulator.requests)
            with forked(tmp_path, **settings) as (process, address):
                job_id = job_id or start(address, " ".join(sorted(iocs)))
                threading.Event().wait(moments.uniform(0, LONGEST_LIFE_S))
                process.kill()
                process.join(PATIENCE_S)
            simulator.settle()
            questions = asked(simulator, before)
            assert not set(questions) & set(kept), "what was answered was asked again"
            now = committed(database)
            assert {ioc: now.get(ioc) for ioc in kept} == kept, "an answer was lost"
            unanswered = [ioc for ioc in questions if ioc not in now]
            assert len(unanswered) <= MOST_IN_FLIGHT
            in_flight += len(unanswered)
            kept = now
        assert 0 < len(kept) < IOCS, "the kills did not fall into the job"

        with forked(tmp_path, **settings) as (_, address):
            finish(address, str(job_id))
        ended = committed(database)
        assert set(ended) == iocs
        assert {state for state, *_ in ended.values()} <= {"answered", "not_found"}
        assert {ioc: ended[ioc] for ioc in kept} == kept
        repeats = len(simulator.requests) - IOCS
        print(f"{KILLS} kills, {len(kept)} answers before the last, {repeats} calls repeated")
        assert repeats <= in_flight


def start(address: str, text: str) -> str:
    form, headers = {"mode": "online", "text": text}, {"Accept": "application/json"}
    answer = requests.post(f"{address}/analyze", form, headers=headers, timeout=PATIENCE_S)
    return str(answer.json()["job_id"])


def finish(address: str, job_id: str) -> None:
    """Poll as the page does; no number comes twice, and all come."""
    cursor = 0
    while True:
        url = f"{address}/enrichment/status/{job_id}?since={cursor}"
        status = requests.get(url, timeout=PATIENCE_S).json()
        assert all(row["seq"] > cursor for row in status["results"])
        cursor = status["next"]
        if status["complete"]:
            assert (status["state"], status["done"]) == ("success", IOCS)
            return
        threading.Event().wait(0.1)
