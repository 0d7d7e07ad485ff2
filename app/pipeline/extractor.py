"""Finds every IOC in a text."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter

from app.pipeline.candidates import Candidate
from app.pipeline.finders.emails import find_emails
from app.pipeline.finders.ipv6 import find_ipv6
from app.pipeline.finders.names import find_names
from app.pipeline.finders.tokens import find_codes, find_cves, find_long_runs
from app.pipeline.finders.urls import find_urls
from app.pipeline.models import IOC, IOCType
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
    page = Page(text)
    found: dict[tuple[IOCType, str], IOC] = {}
    for candidate in sorted(_candidates(page), key=itemgetter(0)):
        kind = candidate.outcome
        if isinstance(kind, IOCType) and (key := (kind, candidate.value)) not in found:
            raw_match = page.pasted(candidate.start, candidate.end)
            found[key] = IOC(kind, candidate.value, raw_match)
    return list(found.values())


def _candidates(page: Page) -> Iterator[Candidate]:
    for find in _FINDERS:
        yield from find(page)
