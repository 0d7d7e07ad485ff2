"""The preferences as forms send them: own domains and networks one on each line, types by name."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence

from app.context.registered_domain import is_public_suffix
from app.errors import InvalidPreferenceError
from app.pipeline.models import OFF_BY_DEFAULT
from app.pipeline.normalizer import host

NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))+")
MOST_LINES = 1000


def read_domains(text: str) -> tuple[str, ...]:
    """Canonical names. Raises InvalidPreferenceError with a sentence."""
    return _read(text, _domain)


def read_networks(text: str) -> tuple[str, ...]:
    """In CIDR notation; an address is a network of one. Raises InvalidPreferenceError."""
    return _read(text, _network)


def read_types(names: Sequence[str]) -> tuple[str, ...]:
    """Types that are off by default. Raises InvalidPreferenceError."""
    for name in names:
        if name not in OFF_BY_DEFAULT:
            raise InvalidPreferenceError(
                f"“{_short(name)}” is no type that is off by default; those are "
                f"{', '.join(sorted(OFF_BY_DEFAULT))}. Nothing was saved."
            )
    return tuple(sorted(set(names)))


def _read(text: str, read: Callable[[str], str]) -> tuple[str, ...]:
    lines = [line.strip() for line in re.split(r"[\r\n,;]+", text) if line.strip()]
    if len(lines) > MOST_LINES:
        raise InvalidPreferenceError(f"Write at most {MOST_LINES} lines. Nothing was saved.")
    return tuple(dict.fromkeys(map(read, lines)))


def _domain(written: str) -> str:
    name = host(written.replace("[.]", ".").removeprefix("*").strip("."))
    if name is None or not NAME.fullmatch(name) or name.rpartition(".")[2].isdigit():
        raise InvalidPreferenceError(
            f"“{_short(written)}” is no domain; write it as example.com. Nothing was saved."
        )
    if is_public_suffix(name):
        raise InvalidPreferenceError(
            f"Under “{_short(written)}” anyone can have a name: write the one you registered "
            "there. Nothing was saved."
        )
    return name


def _network(written: str) -> str:
    try:
        network = ipaddress.ip_network(written.replace("[.]", "."), strict=False)
    except ValueError:
        raise InvalidPreferenceError(
            f"“{_short(written)}” is no network; write it as 198.51.100.0/24. Nothing was saved."
        ) from None
    if network.prefixlen == 0:
        raise InvalidPreferenceError(
            f"“{_short(written)}” is every address there is. Nothing was saved."
        )
    return str(network)


def _short(written: str) -> str:
    return written if len(written) <= 60 else f"{written[:60]}…"
