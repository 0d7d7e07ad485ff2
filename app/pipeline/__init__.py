"""Text in, IOCs out: pure functions without network, disk or Flask."""

from __future__ import annotations

from app.pipeline.extractor import extract_iocs
from app.pipeline.models import IOC, IOCType

__all__ = ["IOC", "IOCType", "extract_iocs"]
