"""The providers, imported on use."""

from __future__ import annotations

from importlib import import_module

from app.enrichment.adapters.base import HTTPAdapter

ADAPTERS = ("virustotal:VTAdapter",)


def adapter_class(name: str) -> type[HTTPAdapter]:
    module, _, attribute = name.partition(":")
    found: type[HTTPAdapter] = getattr(import_module(f"{__name__}.{module}"), attribute)
    return found
