"""Which request meets which fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from .keys import masked
from .wire import Request

PREFIX = "/api/v3"


@dataclass
class Rule:
    """Applies from the `nth` matching request on, `times` often; a bare `nth` means once."""

    fault: str
    path: str = "*"
    nth: int | None = None
    times: int | None = None
    key: str | None = None
    seen: int = field(default=0, init=False)

    def applies(self, request: Request) -> bool:
        if not self._matches(request):
            return False
        self.seen += 1
        first = self.nth or 1
        times = 1 if self.times is None and self.nth is not None else self.times
        return self.seen >= first and (times is None or self.seen < first + times)

    def describe(self, hide: Callable[[str], str]) -> dict[str, Any]:
        match = {"path": hide(self.path), "nth": self.nth, "times": self.times}
        match["key"] = self.key and masked(self.key)
        return {"fault": self.fault, "match": match, "seen": self.seen}

    def _matches(self, request: Request) -> bool:
        if self.key is not None and request.key != self.key:
            return False
        target = request.target
        return any(fnmatchcase(t, self.path) for t in (target, target.removeprefix(PREFIX)))


class RuleBook:
    """Not thread-safe: the caller holds the lock."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []

    def add(self, rule: Rule) -> None:
        self._rules.append(rule)

    def clear(self) -> None:
        self._rules.clear()

    def pick(self, request: Request) -> str | None:
        """The fault of the first rule that applies; every matching rule counts the request."""
        faults = [rule.fault for rule in self._rules if rule.applies(request)]
        return faults[0] if faults else None

    def describe(self, hide: Callable[[str], str]) -> list[dict[str, Any]]:
        """What a stranger may read; `hide` masks keys."""
        return [rule.describe(hide) for rule in self._rules]
