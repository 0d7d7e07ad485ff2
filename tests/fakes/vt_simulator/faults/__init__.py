"""Everything that can go wrong between VirusTotal and a client, by name."""

from __future__ import annotations

from .bodies import BODIES
from .exchange import Exchange, Fault
from .statuses import STATUSES
from .wires import WIRES

REGISTRY: dict[str, Fault] = {**STATUSES, **BODIES, **WIRES}
FAULTS = tuple(REGISTRY)

__all__ = ["FAULTS", "REGISTRY", "Exchange", "Fault"]
