"""Who may ask. The reserved keys are test data, not secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .options import Options
from .quota import Account, Limits


@dataclass(frozen=True)
class Key:
    user: str
    is_active: bool = True
    is_premium: bool = False
    is_exhausted: bool = False
    limits: Limits | None = None  # its own, in place of those of the options

    def open_account(self, options: Options, now: float) -> Account:
        account = Account(self._limits(options), options.minute_window == "sliding")
        if self.is_exhausted:
            account.use_up_day(now)
        return account

    def _limits(self, options: Options) -> Limits:
        if self.is_premium:
            return Limits()
        return self.limits or Limits(options.per_minute, options.per_day, options.per_month)


KEYS = {
    "sim-key-public": Key("analyst1"),
    "sim-key-premium": Key("analyst2", is_premium=True),
    "sim-key-tiny": Key("analyst3", limits=Limits(1, 1)),  # free keys with this little exist
    "sim-key-inactive": Key("analyst4", is_active=False),
    "sim-key-exhausted": Key("analyst5", is_exhausted=True, limits=Limits(4, 500, 15500)),
}


class KeyTable:
    """The reserved keys and those a test adds, as {key: fields of `Key`}."""

    def __init__(self, extra: Mapping[str, Mapping[str, Any]]) -> None:
        numbered = enumerate(extra.items(), start=len(KEYS) + 1)
        added = {text: Key(**{"user": f"analyst{n}", **fields}) for n, (text, fields) in numbered}
        self._keys = KEYS | added

    def __iter__(self) -> Iterator[tuple[str, Key]]:
        return iter(self._keys.items())

    def find(self, text: str) -> Key | None:
        return self._keys.get(text)

    def hide(self, text: str, *more: str) -> str:
        """The text with every known key, and those given, masked."""
        for key in sorted({*self._keys, *filter(None, more)}, key=len, reverse=True):
            text = text.replace(key, masked(key))
        return text


def masked(key: str) -> str:
    """At most the last four characters, and only of keys that stay long without them."""
    if not key:
        return ""
    return "****" + (key[-4:] if len(key) >= 12 else "")
