"""Reads single values out of a provider's JSON, in which nothing can be relied on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from app.enrichment.http.answers import BadResponseError
from app.enrichment.models import Detail
from app.pipeline.visible import make_visible

MAX_TEXT = 300
MAX_NAMES = 12
MAX_COUNT = 100_000
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


def mapping(value: object, what: str) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    raise BadResponseError(f"{what} is not an object")


def count(value: object, what: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_COUNT:
        return value
    raise BadResponseError(f"{what} is not a count")


def whole(value: object, what: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**15:
        return value
    raise BadResponseError(f"{what} is not a whole number")


def text(value: object) -> str | None:
    """Safe to show and to store; None for what is no text or says nothing."""
    if isinstance(value, str) and value.strip():
        return make_visible(value.strip(), MAX_TEXT)
    return None


def number(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**15:
        return f"{value:,}".replace(",", "\u202f")
    return None


def names(values: object, most: int = MAX_NAMES) -> str | None:
    """Distinct texts of a list, in its order; the surplus is counted."""
    if not isinstance(values, Iterable) or isinstance(values, str | Mapping):
        return None
    found = list(dict.fromkeys(shown for value in values if (shown := text(value))))
    if len(found) > most:
        return ", ".join(found[:most]) + f" and {len(found) - most} more"
    return ", ".join(found) or None


def moment(value: object) -> datetime | None:
    """A date given in epoch seconds; None for anything else or out of reason."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < LATEST.timestamp():
        return datetime.fromtimestamp(value, UTC)
    return None


def day(value: object) -> str | None:
    return f"{when:%Y-%m-%d}" if (when := moment(value)) else None


def iso(value: object) -> str | None:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}" if (when := moment(value)) else None


def details(*rows: tuple[str, str, str | None]) -> tuple[Detail, ...]:
    """Return a detail for each row of key, label and value that has a value."""
    return tuple(Detail(label, value, key) for key, label, value in rows if value)
