"""VirusTotal API v3 on loopback: objects, quotas, and everything that can go wrong.

with VTSimulator() as sim:
    sim.add_rule("html502", path="*/files/*", times=1)
    ...
assert not sim.violations
"""

from __future__ import annotations

from .faults import FAULTS
from .gate import Record
from .options import Options
from .simulator import VTSimulator, closed_port

__all__ = ["FAULTS", "Options", "Record", "VTSimulator", "closed_port"]
