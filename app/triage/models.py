"""The records of triage."""

from __future__ import annotations

from dataclasses import dataclass

from app.enrichment.models import Reason
from app.pipeline.models import IOC, OFF_BY_DEFAULT, IOCType


@dataclass(frozen=True, slots=True)
class Preferences:
    """The analyst's choices on the settings page."""

    own_domains: tuple[str, ...] = ()
    """Domains of the analyst's organisation; their subdomains count too."""
    own_networks: tuple[str, ...] = ()
    """Networks of the analyst's organisation, in CIDR notation."""
    hold_look_alikes: bool = True
    """Whether names that look like an own domain are held back too."""
    start_at_once: bool = False
    """Whether an online analysis starts without its plan being shown."""
    also_find: tuple[str, ...] = ()
    """The types of IOC to look for among those that are off by default."""

    @property
    def types_on_request(self) -> frozenset[IOCType]:
        """`also_find` as types; a name that this version does not know is left out."""
        return frozenset(kind for kind in OFF_BY_DEFAULT if kind in self.also_find)


@dataclass(frozen=True, slots=True)
class Hold:
    """An IOC that is held back: no provider is asked about it unless the analyst says so."""

    reason: Reason
    instead: IOC | None = None
    """The IOC that can be asked without disclosing anything: a URL's host."""
