"""Many analysts act at once: every job ends, and no call is made twice at the same time."""

from __future__ import annotations

import random
import threading
from collections import Counter
from contextlib import suppress

import pytest

from app.enrichment.models import Analysis, ErrorKind, LookupState, Mode
from app.errors import JobActionError, JobNotFoundError
from app.pipeline.models import IOC, IOCType
from tests.enrichment.orchestration import Build, wait_until
from tests.factories import make_error, make_ioc, make_result
from tests.fakes.adapters import FakeAdapter
from tests.fakes.ledger import FakeLedger
from tests.patience import PATIENCE_S

HASHES = [make_ioc(f"{n:064x}", IOCType.SHA256) for n in range(6)]
HASHES += [make_ioc(f"{n:040x}", IOCType.SHA1) for n in range(6)]
IOCS = [make_ioc(f"9.9.9.{n}") for n in range(20)] + HASHES
JOBS = 6


class MoodyAdapter(FakeAdapter):
    """Answers, fails, or says that it is asked too often."""

    supported_types = frozenset({IOCType.IPV4, IOCType.SHA256, IOCType.SHA1})

    def __init__(self, seed: int) -> None:
        super().__init__(self._answer_somehow)
        self.doubled: list[str] = []
        self._moods = random.Random(seed)  # noqa: S311  # moods, not secrets
        self._now: Counter[str] = Counter()
        self._guard = threading.Lock()

    def _answer_somehow(self, ioc: IOC) -> object:
        with self._guard:
            mood = self._moods.random()
            self._now[ioc.value] += 1
            if self._now[ioc.value] > 1:
                self.doubled.append(ioc.value)
        threading.Event().wait(mood / 200)
        with self._guard:
            self._now[ioc.value] -= 1
        if mood < 0.1:
            return make_error(ioc, ErrorKind.RATE_LIMITED, retry_after=0.005)
        if mood < 0.25:
            return make_error(ioc)
        number = int(ioc.value, 16) if ioc in HASHES else None
        twins = [other for other in HASHES if number is not None and int(other.value, 16) == number]
        return make_result(ioc, aliases=tuple(twin for twin in twins if twin != ioc))


@pytest.mark.parametrize(("seed", "limit"), [(1, 0), (2, 0), (3, 8), (4, 8)])
def test_every_job_ends_and_no_ioc_is_asked_twice_at_once(
    build: Build, seed: int, limit: int
) -> None:
    adapter = MoodyAdapter(seed)
    ledger = FakeLedger(limit, window_s=0.02)
    orchestrator = build(adapter, ledger=ledger, max_workers=6)
    names = [f"job{n}" for n in range(JOBS)]
    for name in names:
        orchestrator.begin(Analysis(name, tuple(IOCS), Mode.ONLINE))

    def meddle(number: int) -> None:
        will = random.Random(seed * 100 + number)  # noqa: S311  # whims, not secrets
        for _ in range(25):
            name, ioc = will.choice(names), will.choice(IOCS)
            with suppress(JobActionError, JobNotFoundError):
                match will.randrange(7):
                    case 0:
                        orchestrator.pause(name)
                    case 1 | 2:
                        orchestrator.resume(name)
                    case 3:
                        orchestrator.ask(name, ioc, "Fake")
                    case 4:
                        orchestrator.prioritise(name, ioc, "Fake")
                    case 5:
                        orchestrator.retry(name)
                    case 6 if name == names[0]:
                        orchestrator.cancel(name)

    analysts = [threading.Thread(target=meddle, args=(n,)) for n in range(4)]
    for analyst in analysts:
        analyst.start()
    for analyst in analysts:
        analyst.join(PATIENCE_S)
    for name in names:
        with suppress(JobActionError):
            orchestrator.resume(name)
    for name in names:
        wait_until(lambda: orchestrator.changes(name).complete)  # type: ignore[union-attr]  # noqa: B023
        rows = orchestrator.rows_since(name, 0)
        assert len(rows) == len(IOCS)
        assert not any(row.state is LookupState.PENDING for row in rows)
        assert all(row.result.ioc == row.ioc for row in rows if row.result)
    assert adapter.doubled == []
    assert adapter.most_at_once <= 6
    if limit:
        windows = zip(ledger.granted_at, ledger.granted_at[limit:], strict=False)
        assert all(later - first >= 0.02 for first, later in windows)
        assert len(ledger.granted_at) == sum(adapter.calls.values())
