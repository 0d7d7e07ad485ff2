"""Working adapters without a network, and a gate at which threads meet."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

from app.enrichment.models import Outcome
from app.pipeline.models import IOC, IOCType
from tests.factories import make_result
from tests.patience import PATIENCE_S


class Gate:
    """A lookup arrives and waits; the test sees it arrive and lets it through."""

    def __init__(self) -> None:
        self._arrivals = threading.Semaphore(0)
        self._open = threading.Event()

    def pass_through(self) -> None:
        self._arrivals.release()
        assert self._open.wait(PATIENCE_S), "the gate was not opened in time"

    def wait_for(self, arrivals: int = 1) -> None:
        for _ in range(arrivals):
            assert self._arrivals.acquire(timeout=PATIENCE_S), (
                "no thread arrived at the gate in time"
            )

    def open(self) -> None:
        self._open.set()


class FakeAdapter:
    """Answers from `answer`, after `gate`; counts its calls and how many run at once."""

    supported_types = frozenset({IOCType.IPV4, IOCType.DOMAIN})

    def __init__(
        self,
        answer: Callable[[IOC], object] | None = None,
        gate: Gate | None = None,
        name: str = "Fake",
    ) -> None:
        self.name = name
        self.calls: Counter[str] = Counter()
        self.most_at_once = 0
        self._answer = answer or (lambda ioc: make_result(ioc, self.name))
        self._gate = gate
        self._at_once = 0
        self._lock = threading.Lock()

    def lookup(self, ioc: IOC) -> Outcome:
        with self._lock:
            self.calls[ioc.value] += 1
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            if self._gate:
                self._gate.pass_through()
            return self._answer(ioc)  # type: ignore[return-value]  # a fake may answer nonsense
        finally:
            with self._lock:
                self._at_once -= 1


def in_turn(*outcomes: Callable[[IOC], object]) -> Callable[[IOC], object]:
    """The n-th call for an IOC gets the n-th of these, later ones the last."""
    calls: Counter[str] = Counter()
    lock = threading.Lock()

    def answer(ioc: IOC) -> object:
        with lock:
            turn = calls[ioc.value]
            calls[ioc.value] += 1
        return outcomes[min(turn, len(outcomes) - 1)](ioc)

    return answer
