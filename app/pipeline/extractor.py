"""Finds every IOC in a text, with or without the evidence."""

from __future__ import annotations

from app.pipeline.blocks import blocks
from app.pipeline.collector import paused_collector
from app.pipeline.evidence import EvidenceFindings, EvidenceReader
from app.pipeline.finders.emails import find_emails
from app.pipeline.finders.ipv6 import find_ipv6
from app.pipeline.finders.names import find_names
from app.pipeline.finders.tokens import find_codes, find_long_runs
from app.pipeline.finders.urls import find_urls
from app.pipeline.findings import Findings
from app.pipeline.models import IOC, Extraction
from app.pipeline.page import Page

# In this order: what a finder claims, the later ones do not see. A URL is claimed before the
# address in it, an address before the host in it, a host before the hexadecimal digits in it.
_FINDERS = (
    find_urls,
    find_emails,
    find_ipv6,
    find_names,
    find_long_runs,
    find_codes,
)


def extract_iocs(text: str) -> list[IOC]:
    """The IOCs of a text, each once, in the order of first sight."""
    found: list[IOC] = []
    known: set[str] = set()
    with paused_collector():
        for block in blocks(text):
            page = Page(block)
            findings = Findings()
            find(page, findings)
            found += findings.new_iocs(page, known)
    return found


def extract(text: str) -> Extraction:
    """The same IOCs with their evidence, and what only looked like one."""
    reader = EvidenceReader()
    with paused_collector():
        for block in blocks(text):
            read(block, reader)
        return reader.extraction()


def read(block: str, reader: EvidenceReader) -> None:
    """Adds the evidence of the next block of a text, for those who cut it themselves."""
    page = Page(block)
    findings = EvidenceFindings()
    find(page, findings)
    reader.add(page, findings)


def find(page: Page, findings: Findings) -> None:
    """Tells the findings of every hit and miss of a page."""
    for find_kind in _FINDERS:
        find_kind(page, findings)
