"""What the analyst wants of triage."""

from __future__ import annotations

from dataclasses import dataclass

from app.enrichment.models import Reason
from app.pipeline.models import IOC


@dataclass(frozen=True, slots=True)
class Preferences:
    """As the settings page keeps them."""

    own_domains: tuple[str, ...] = ()
    """With their children."""
    own_networks: tuple[str, ...] = ()
    """In CIDR notation."""
    hold_look_alikes: bool = True
    """Whether names that look like an own one are held back too."""
    start_at_once: bool = False
    """Whether an online analysis starts without its plan being shown."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Why an IOC is not asked about unless the analyst says so."""

    reason: Reason
    instead: IOC | None = None
    """What can be asked without giving anything away, if there is such: a URL's host."""
