"""The records of triage."""

from __future__ import annotations

from dataclasses import dataclass

from app.enrichment.models import Reason
from app.pipeline.models import IOC


@dataclass(frozen=True, slots=True)
class Preferences:
    """The analyst's choices on the settings page."""

    own_domains: tuple[str, ...] = ()
    """The own domains; their subdomains count too."""
    own_networks: tuple[str, ...] = ()
    """The own networks, in CIDR notation."""
    hold_look_alikes: bool = True
    """Whether names that look like an own one are held back too."""
    start_at_once: bool = False
    """Whether an online analysis starts without its plan being shown."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Why an IOC is not asked about unless the analyst says so."""

    reason: Reason
    instead: IOC | None = None
    """The IOC that can be asked without disclosing anything: a URL's host."""
