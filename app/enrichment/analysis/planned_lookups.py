"""Which provider is asked for which IOC."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from app.enrichment.adapters.base import Adapter
from app.enrichment.models import (
    Lookup,
    LookupState,
)
from app.pipeline.models import IOC


def plan_lookups(
    adapters: Sequence[Adapter], iocs: Iterable[IOC], held_back: Mapping[IOC, str]
) -> Iterator[Lookup]:
    """Each IOC at each provider that supports its type; `held_back` says why not to ask."""
    for ioc in dict.fromkeys(iocs):
        names = [adapter.name for adapter in adapters if ioc.type in adapter.supported_types]
        for name in names:
            if reason := held_back.get(ioc):
                yield Lookup(ioc, name, LookupState.NOT_ASKED, reason=reason)
            else:
                yield Lookup(ioc, name)
        if not names:
            reason = held_back.get(ioc, "type not supported by any provider")
            yield Lookup(ioc, None, LookupState.NOT_ASKED, reason=reason)
