"""Text in, IOCs out: pure functions without network, disk or Flask."""

from __future__ import annotations

from app.pipeline.extractor import extract, extract_iocs
from app.pipeline.models import IOC, Evidence, Extraction, IOCType, NearMiss

__all__ = ["IOC", "Evidence", "Extraction", "IOCType", "NearMiss", "extract", "extract_iocs"]
