"""Queries for many jobs or IOCs, and the pages that answer them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from app.enrichment.models import Verdict

T = TypeVar("T")
MAX_PER_PAGE = 200
SORTS = ("first_seen", "type", "value", "verdict")
GROUPS = ("type", "verdict", "document")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    items: Sequence[T]
    page: int
    per_page: int
    total: int
    """Over all pages."""


@dataclass(frozen=True, slots=True)
class JobQuery:
    """Which jobs to read; what is None does not matter. `text`: an IOC, or a part of one."""

    state: str | None = None
    job_type: str | None = None
    target: str | None = None
    """The provider of a check."""
    is_analysis: bool = False
    """Whether only analyses are wanted, be they of pasted text or of documents."""
    text: str | None = None
    verdict: Verdict | None = None
    since: datetime | None = None
    before: datetime | None = None
    page: int = 1
    per_page: int = 50


@dataclass(frozen=True, slots=True)
class IOCQuery:
    """Which IOCs of a job to read, in which order; what is empty does not matter."""

    type: str = ""
    verdict: str = ""
    state: str = ""
    text: str = ""
    sort: str = ""
    """A name of `SORTS`, with `-` in front for the other way round."""
    document: str = ""
    """The name of one that it stands in."""
    group_by: str = ""
    """A name of `GROUPS`."""
    page: int = 1
    per_page: int = 50
