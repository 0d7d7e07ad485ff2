"""Finds every IOC in a text."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
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
    first: dict[str, Candidate] = {}
    for candidate in _candidates(page):
        value = candidate.value  # no value belongs to two types
        if value and (value not in first or candidate.start < first[value].start):
            first[value] = candidate
    pasted = page.pasted
    return [
        IOC(kind, value, pasted(start, end))
        for start, end, _, kind, value in sorted(first.values(), key=itemgetter(0))
        if isinstance(kind, IOCType)
    ]


def _candidates(page: Page) -> Iterator[Candidate]:
    return chain.from_iterable(find(page) for find in _FINDERS)
