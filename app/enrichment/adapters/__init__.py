"""The list of providers. Each is one file here and one line in `ADAPTERS`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points

from app.enrichment.adapters.base import HTTPAdapter
from app.enrichment.adapters.declaration import Declaration

# In the order of pages and exports. Imported on use.
ADAPTERS = (
    # module in this package : class
    "virustotal:VTAdapter",
    "abuseipdb:AbuseIPDBAdapter",
)
ENTRY_POINTS = "telltale.providers"
"""Installed packages add providers by this entry point group."""


def adapter_class(name: str) -> type[HTTPAdapter]:
    module, _, attribute = name.partition(":")
    found: type[HTTPAdapter] = getattr(import_module(f"{__name__}.{module}"), attribute)
    return found


@cache
def adapter_classes() -> tuple[type[HTTPAdapter], ...]:
    """Return the providers of the list, then those of installed packages."""
    installed = [entry.load() for entry in entry_points(group=ENTRY_POINTS)]
    return (*map(adapter_class, ADAPTERS), *installed)


def declarations() -> Iterator[Declaration]:
    return (found.declaration for found in adapter_classes())


def provider_id(name: str) -> str:
    """Return the id of the provider of that name, also of one that is no longer asked."""
    return ids_by_name().get(name, name.lower())


@cache
def ids_by_name() -> Mapping[str, str]:
    return {declaration.name: declaration.id for declaration in declarations()}
