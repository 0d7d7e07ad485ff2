"""The rows that the command line writes: the same fields in each format."""

from __future__ import annotations

from dataclasses import dataclass

from app.pipeline.defang import defang
from app.pipeline.models import FACTS, IOC, Evidence, NearMiss, facts_of

NEAR_MISS = "near_miss"


@dataclass(frozen=True, slots=True)
class Row:
    """An IOC without a place."""

    type: str
    value: str


@dataclass(frozen=True, slots=True)
class PlacedRow(Row):
    """An IOC in one part of a document; the line is None for the hash of a file."""

    document: str
    part: str
    line: int | None


@dataclass(frozen=True, slots=True)
class ExplainedRow(Row):
    """An IOC with its evidence, or a near miss with its reason; the other fields are None."""

    raw_match: str
    file: str
    line: int
    offset: int
    end: int
    count: int | None = None
    defanged: bool | None = None
    rule: str | None = None
    unwrapped_from: str | None = None
    mixed_scripts: bool | None = None
    port: int | None = None
    reason: str | None = None
    part: str = ""
    """The part of a document in which line, offset and end are counted."""


def placed_row(ioc: IOC, is_defanged: bool, document: str, part: str, line: int | None) -> Row:
    value = defang(ioc) if is_defanged else ioc.value
    return PlacedRow(ioc.type.value, value, document, part, line)


def plain_row(ioc: IOC, is_defanged: bool) -> Row:
    return Row(ioc.type.value, defang(ioc) if is_defanged else ioc.value)


def evidence_row(evidence: Evidence, is_defanged: bool, file: str, part: str = "") -> ExplainedRow:
    ioc = evidence.ioc
    return ExplainedRow(
        type=ioc.type.value,
        value=defang(ioc) if is_defanged else ioc.value,
        raw_match=ioc.raw_match,
        file=file,
        part=part,
        **dict(zip(FACTS, facts_of(evidence), strict=True)),
    )


def near_miss_row(miss: NearMiss, file: str, part: str = "") -> ExplainedRow:
    return ExplainedRow(
        type=NEAR_MISS,
        value=miss.text,
        raw_match=miss.text,
        file=file,
        line=miss.line,
        offset=miss.offset,
        end=miss.end,
        reason=miss.reason,
        part=part,
    )
