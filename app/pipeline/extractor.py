"""Finds every IOC in a text."""

from __future__ import annotations

from app.pipeline.blocks import blocks
from app.pipeline.finders.emails import find_emails
from app.pipeline.finders.ipv6 import find_ipv6
from app.pipeline.finders.names import find_names
from app.pipeline.finders.tokens import find_codes, find_cves, find_long_runs
from app.pipeline.finders.urls import find_urls
from app.pipeline.findings import Findings
from app.pipeline.models import IOC
from app.pipeline.page import Page

# In this order: what a finder claims, the later ones do not see. A URL is claimed before the
# address in it, an address before the host in it, a host before the hexadecimal digits in it.
_FINDERS = (
    find_urls,
    find_emails,
    find_ipv6,
    find_names,
    find_long_runs,
    find_cves,
    find_codes,
)


def extract_iocs(text: str) -> list[IOC]:
    """The IOCs of a text, each once, in the order of first sight."""
    found: list[IOC] = []
    known: set[str] = set()
    for block in blocks(text):
        found += _findings(block).new_iocs(known)
    return found


def _findings(block: str) -> Findings:
    page = Page(block)
    findings = Findings(page)
    for find in _FINDERS:
        find(page, findings)
    return findings
