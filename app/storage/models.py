"""The queries for jobs and IOCs, and the page of results that a query returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from app.enrichment.models import Verdict

T = TypeVar("T")
MAX_PER_PAGE = 200
# `first_seen` is the order of first appearance in the text, no time: the API fixed the name.
SORTS = ("first_seen", "type", "value", "verdict")
GROUPS = ("type", "verdict", "document")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of results; pages count from 1."""

    items: Sequence[T]
    page: int
    per_page: int
    total: int
    """The number of results on all pages."""


@dataclass(frozen=True, slots=True)
class JobQuery:
    """A filter over jobs; a field that is None filters nothing. `text`: an IOC or a part of it."""

    state: str | None = None
    job_type: str | None = None
    target: str | None = None
    """The provider of a check."""
    is_analysis: bool = False
    """Whether to return only analyses, those of pasted texts and those of documents."""
    text: str | None = None
    verdict: Verdict | None = None
    since: datetime | None = None
    before: datetime | None = None
    page: int = 1
    per_page: int = 50


@dataclass(frozen=True, slots=True)
class IOCQuery:
    """A filter over the IOCs of a job, and their order; a field that is empty filters nothing."""

    type: str = ""
    verdict: str = ""
    state: str = ""
    text: str = ""
    sort: str = ""
    """A name of `SORTS`, with `-` in front for the reverse order."""
    document: str = ""
    """The name of a document; only IOCs found in it match."""
    group_by: str = ""
    """A name of `GROUPS`."""
    page: int = 1
    per_page: int = 50
