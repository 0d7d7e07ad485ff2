"""The answers of the last seconds, for lookups that were queued before these came."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from app.enrichment.models import EnrichmentResult
from app.pipeline.models import IOC

# Long enough for a job that was planned before an answer was stored, and is queued after it. It
# need not be longer: planning itself finds stored answers.
RECENT_S = 30.0
MAX_RECENT = 2000


@dataclass(frozen=True, slots=True)
class Recent:
    came: float
    """When it came, by the clock of `RecentAnswers`."""
    result: EnrichmentResult
    job_ids: set[str]
    """The ids of the jobs that show it; deleting all of them deletes the answer."""


class RecentAnswers:
    """The recent answers of one provider, under each hash of the file that they are about.

    It holds no lock: the orchestrator's guards it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._answers: OrderedDict[IOC, Recent] = OrderedDict()

    def add(self, result: EnrichmentResult, job_ids: Iterable[str]) -> None:
        recent = Recent(self._clock(), result, set(job_ids))
        for name in (result.ioc, *result.aliases):
            self._answers[name] = recent
            self._answers.move_to_end(name)
        while len(self._answers) > MAX_RECENT or self._is_old(next(iter(self._answers.values()))):
            self._answers.popitem(last=False)

    def find(
        self, ioc: IOC, digest: str, job_id: str, since: float | None = None
    ) -> EnrichmentResult | None:
        """Return the answer to the key with this digest; the job counts as one that shows it.

        `since`: only an answer that came after this time.
        """
        recent = self._answers.get(ioc)
        if recent is None or self._is_old(recent) or recent.result.account != digest:
            return None
        if recent.result.is_stale or (since is not None and recent.came < since):
            return None
        recent.job_ids.add(job_id)
        return renamed(recent.result, ioc)

    def forget(self, job_ids: Collection[str]) -> None:
        """Drop the answers that no other job shows."""
        for recent in self._answers.values():
            recent.job_ids.difference_update(job_ids)
        for ioc in [ioc for ioc, recent in self._answers.items() if not recent.job_ids]:
            del self._answers[ioc]

    def clear(self) -> None:
        self._answers.clear()

    def _is_old(self, recent: Recent) -> bool:
        return self._clock() - recent.came > RECENT_S


def renamed(result: EnrichmentResult, ioc: IOC) -> EnrichmentResult:
    """Return the same answer for another hash of the same file."""
    names = (result.ioc, *result.aliases)
    return replace(result, ioc=ioc, aliases=tuple(name for name in names if name != ioc))
