"""What is checked before a request is answered, in the order of the real service."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from email.utils import formatdate
from typing import Any

from .identifiers import KINDS, value_of
from .keys import Key, KeyTable, masked
from .library import Document
from .options import Options
from .quota import Account, Clock
from .replies import error_reply
from .routes import Caller, Routes, is_violation, segments
from .rules import Rule, RuleBook
from .wire import Reply, Request

MEANWHILE = 60  # Retry-After of a rejection that a rule made up


@dataclass(frozen=True)
class Record:
    """One request as it arrived, with every key masked."""

    method: str
    path: str  # as sent, with the query
    headers: dict[str, str]
    key_masked: str
    key_ok: bool
    time: float
    spent: int  # of the quota: 0 or 1
    fault: str | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def asked(self) -> str | None:
        """The IOC that was asked for, in its canonical form; None for anything else."""
        match segments(self.path):
            case [collection, text] if collection in KINDS:
                return value_of(collection, text)
        return None


@dataclass(frozen=True)
class Decision:
    """Either a reply, or a fault and the sound document it may spoil."""

    reply: Reply | None = None
    fault: str | None = None
    document: Document | None = None
    spent: int = 0


class Gate:
    """Owns keys, quota, rules and the log; every public method may be called from any thread."""

    def __init__(self, options: Options, clock: Clock, routes: Routes) -> None:
        self._options = options
        self._clock = clock
        self._routes = routes
        self._lock = threading.Lock()
        self._keys = KeyTable(options.keys)
        self._rules = RuleBook()
        self._forget()

    def admit(self, request: Request) -> Decision:
        with self._lock:
            now = self._clock.now()
            decision = self._decide(request, now)
            record = self._record(request, now, decision)
            self._requests.append(record)
            if is_violation(request):
                self._violations.append(record)
            return decision

    def record_foreign(self, request: Request) -> None:
        with self._lock:
            self._foreign.append(self._record(request, self._clock.now(), Decision()))

    def add_rule(self, rule: Rule) -> None:
        with self._lock:
            self._rules.add(rule)

    def clear_rules(self) -> None:
        with self._lock:
            self._rules.clear()

    def reset(self) -> None:
        """Forget requests, rules and spending, as if just started."""
        with self._lock:
            self._rules.clear()
            self._forget()

    def requests(self) -> list[Record]:
        with self._lock:
            return list(self._requests)

    def violations(self) -> list[Record]:
        with self._lock:
            return list(self._violations)

    def foreign_requests(self) -> list[Record]:
        with self._lock:
            return list(self._foreign)

    def state(self) -> dict[str, Any]:
        with self._lock:
            now = self._clock.now()
            return {
                "now": now,
                "requests": len(self._requests),
                "violations": [record.as_json() for record in self._violations],
                "foreign_requests": [record.as_json() for record in self._foreign],
                "rules": self._rules.describe(self._keys.hide),
                "quotas": {key.user: self._accounts[text].usage(now) for text, key in self._keys},
            }

    def _forget(self) -> None:
        now = self._clock.now()
        self._requests: list[Record] = []
        self._violations: list[Record] = []
        self._foreign: list[Record] = []
        self._arrivals: deque[float] = deque()
        self._accounts = {text: key.open_account(self._options, now) for text, key in self._keys}

    def _decide(self, request: Request, now: float) -> Decision:
        key = self._keys.find(request.key)
        if key is None or not key.is_active:
            return Decision(_key_refusal(request, key))
        account = self._accounts[request.key]
        caller = Caller(request.key, key, account, now)
        if fault := self._rules.pick(request):
            document = self._routes.sound_document(request, caller)
            return Decision(fault=fault, document=document)
        is_counted = self._is_counted(request)
        if is_counted and (refusal := self._quota_refusal(account, now)):
            return Decision(refusal)
        reply = self._routes.answer(request, caller)
        if not is_counted or (reply.status == 404 and self._options.free_404):
            return Decision(reply)
        account.spend(now)
        return Decision(reply, spent=1)

    def _is_counted(self, request: Request) -> bool:
        return self._options.count_users or segments(request.path)[:1] != ["users"]

    def _quota_refusal(self, account: Account, now: float) -> Reply | None:
        if self._is_burst(now):
            return self._advised(error_reply("TooManyRequestsError"), 1, now)
        if wait := account.wait(now):
            return self._advised(error_reply("QuotaExceededError"), wait, now)
        return None

    def _is_burst(self, now: float) -> bool:
        if self._options.burst is None:
            return False
        while self._arrivals and self._arrivals[0] <= now - 1:
            self._arrivals.popleft()
        self._arrivals.append(now)
        return len(self._arrivals) > self._options.burst

    def _advised(self, reply: Reply, wait: float, now: float) -> Reply:
        """With the Retry-After that the options ask for."""
        write: dict[str, Callable[[int], str]] = {
            "seconds": str,
            "date": lambda seconds: formatdate(now + seconds, usegmt=True),
            "garbage": lambda seconds: "soon",
        }
        if self._options.retry_after not in write:
            return reply
        value = write[self._options.retry_after](math.ceil(wait))
        return reply.with_header("Retry-After", value)

    def _record(self, request: Request, now: float, decision: Decision) -> Record:
        sent, key = request.key, self._keys.find(request.key)
        return Record(
            method=request.method,
            path=self._keys.hide(request.target, sent),
            headers={name: self._keys.hide(v, sent) for name, v in request.headers.items()},
            key_masked=masked(sent),
            key_ok=key is not None and key.is_active,
            time=now,
            spent=decision.spent,
            fault=decision.fault,
        )


def _key_refusal(request: Request, key: Key | None) -> Reply:
    if not request.key:
        return error_reply("AuthenticationRequiredError")
    return error_reply("WrongCredentialsError" if key is None else "UserNotActiveError")
