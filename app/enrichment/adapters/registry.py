"""The providers of this installation, and which of them are asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from app.enrichment.adapters.base import HTTPAdapter, is_usable
from app.enrichment.config_store import ConfigStore
from app.enrichment.http.client import HTTPClient
from app.enrichment.quota.windows import QuotaRules


class Registry:
    """All providers, in the order of the list. Safe to use from any thread."""

    def __init__(
        self,
        adapters: Iterable[HTTPAdapter],
        switches: Callable[[], Mapping[str, bool]] = dict,
    ) -> None:
        """`switches` gives what the analyst switched on or off, by the provider's id."""
        self._adapters = {adapter.declaration.id: adapter for adapter in adapters}
        self._switches = switches

    def __iter__(self) -> Iterator[HTTPAdapter]:
        return iter(self._adapters.values())

    def get(self, provider_id: str) -> HTTPAdapter | None:
        return self._adapters.get(provider_id)

    def is_on(self, adapter: HTTPAdapter) -> bool:
        """Return whether the analyst wants the provider to be asked, if it is usable."""
        declaration = adapter.declaration
        return self._switches().get(declaration.id, declaration.is_on_at_first)

    def is_asked(self, adapter: HTTPAdapter) -> bool:
        return self.is_on(adapter) and is_usable(adapter)

    def asked(self, chosen: Collection[str] | None = None) -> tuple[HTTPAdapter, ...]:
        """Return the providers that an analysis asks; `chosen`: ids, None for all.

        If none can be asked, all that are switched on are returned: their lookups end with the
        reason, where an analysis without a single row would explain nothing.
        """
        wanted = [
            adapter
            for adapter in self
            if (chosen is None or adapter.declaration.id in chosen) and self.is_on(adapter)
        ]
        return tuple(filter(is_usable, wanted)) or tuple(wanted)


def build_adapters(
    classes: Iterable[type[HTTPAdapter]], keys: ConfigStore, config: Mapping[str, Any]
) -> list[HTTPAdapter]:
    """Build each provider with an HTTP client of its own; opens no connection."""
    return [
        adapter(
            keys,
            HTTPClient(
                config[adapter.declaration.base_url_setting],
                deadline_s=config["LOOKUP_DEADLINE_S"],
                proxy=config["PROXY"],
                ca_bundle=config["CA_BUNDLE"],
            ),
        )
        for adapter in classes
    ]


def quota_rules(adapter: HTTPAdapter, config: Mapping[str, Any]) -> QuotaRules:
    """Return the limits of a provider: those that were set, then those documented.

    Only explicit settings count as set: a default gives way to what the provider reports.
    """
    declaration = adapter.declaration
    configured = {
        period: config[setting]
        for period, setting in declaration.limit_settings.items()
        if setting in config["GIVEN"] and config[setting] is not None
    }
    return QuotaRules(configured, declaration.limits)
