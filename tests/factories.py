"""Records that are valid by default."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

from flask import Flask

from app.enrichment.analysis.lookup_states import not_asked
from app.enrichment.models import (
    EnrichmentError,
    EnrichmentResult,
    ErrorKind,
    Lookup,
    NotAsked,
    Reason,
    Verdict,
)
from app.pipeline.models import IOC, IOCType


def make_ioc(value: str = "8.8.4.4", kind: IOCType = IOCType.IPV4) -> IOC:
    return IOC(type=kind, value=value)


def make_iocs(count: int) -> list[IOC]:
    return [make_ioc(f"9.9.{n // 250}.{n % 250 + 1}") for n in range(count)]


def make_result(ioc: IOC, provider: str = "Fake", **fields: Any) -> EnrichmentResult:
    fields.setdefault("verdict", Verdict.NO_DETECTIONS)
    return EnrichmentResult(ioc=ioc, provider=provider, **fields)


def make_error(
    ioc: IOC, kind: ErrorKind = ErrorKind.UNAVAILABLE, provider: str = "Fake", **fields: Any
) -> EnrichmentError:
    return EnrichmentError(ioc=ioc, provider=provider, error="It failed.", kind=kind, **fields)


def planned(iocs: Iterable[IOC], held: Container[IOC] = (), provider: str = "Fake") -> list[Lookup]:
    """The lookups of these IOCs at one provider; those of `held` are held back."""
    reason = Reason(NotAsked.HELD_BACK, "private address")
    return [
        not_asked(Lookup(ioc, provider), reason) if ioc in held else Lookup(ioc, provider)
        for ioc in iocs
    ]


def save_key(app: Flask, key: str, prefix: str = "VT") -> None:
    """Store a provider's key as its settings page would, without a check of the key."""
    app.extensions["services"].providers.keys.set(prefix, key)


def key_of(app: Flask, prefix: str = "VT") -> str | None:
    """Return the key that the app sends to a provider."""
    key: str | None = app.extensions["services"].providers.keys.get(prefix)
    return key
