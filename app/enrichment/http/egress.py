"""Counts what a lookup sends and receives."""

from __future__ import annotations

from collections import Counter
from contextvars import ContextVar, Token

from app.enrichment.models import Egress

_current: ContextVar[EgressMeter | None] = ContextVar("meter", default=None)


class EgressMeter:
    """Counts the calls of this thread while entered."""

    def __init__(self) -> None:
        self._calls: Counter[str] = Counter()
        self._sent: Counter[str] = Counter()
        self._received: Counter[str] = Counter()
        self._token: Token[EgressMeter | None] | None = None

    def __enter__(self) -> EgressMeter:
        self._token = _current.set(self)
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._token is not None:
            _current.reset(self._token)

    def count(self, host: str, sent: int, received: int) -> None:
        self._calls[host] += 1
        self._sent[host] += sent
        self._received[host] += received

    @property
    def egress(self) -> tuple[Egress, ...]:
        """One entry for each host."""
        return tuple(
            Egress(host, calls, self._sent[host], self._received[host])
            for host, calls in self._calls.items()
        )


def count_call(host: str, sent: int, received: int) -> None:
    """Count one call, in bytes of HTTP; ignored if no meter is entered."""
    if (meter := _current.get()) is not None:
        meter.count(host, sent, received)
