"""Which provider is asked for which IOC."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from app.enrichment.adapters.base import Adapter, is_usable
from app.enrichment.models import UNSUPPORTED, Lookup, LookupState, Reason
from app.pipeline.models import IOC


def plan_lookups(
    adapters: Sequence[Adapter], iocs: Iterable[IOC], held_back: Mapping[IOC, Reason]
) -> Iterator[Lookup]:
    """Yield a lookup for each IOC at each provider that supports its type.

    A provider that lacks its key gives no lookups, unless no other one can be asked. An IOC that
    no provider supports gives one lookup without a provider. `held_back` says what is not asked.
    """
    asked = [adapter for adapter in adapters if is_usable(adapter)] or adapters
    for ioc in dict.fromkeys(iocs):
        names = [adapter.name for adapter in asked if ioc.type in adapter.supported_types]
        reason = held_back.get(ioc)
        for name in names:
            yield _not_asked(ioc, name, reason) if reason else Lookup(ioc, name)
        if not names:
            yield _not_asked(ioc, None, reason or UNSUPPORTED)


def _not_asked(ioc: IOC, provider: str | None, reason: Reason) -> Lookup:
    return Lookup(
        ioc, provider, LookupState.NOT_ASKED, reason=reason.sentence, reason_code=reason.code
    )
