"""A block of Markdown for a ticket: defanged, the worst first, failures before good answers."""

from __future__ import annotations

from app.documents.models import SourceDocuments
from app.enrichment.analysis.live_analysis import JobChanges
from app.enrichment.models import (
    Lookup,
    LookupState,
    Mode,
    NotAsked,
    PastAnswer,
    Verdict,
    utcnow,
)
from app.pipeline.defang import defang
from app.pipeline.models import IOC
from app.pipeline.visible import make_visible
from app.presentation.records import NOWHERE, by_ioc, is_stale, place_text

# Heading, and the state and verdict of the lookups under it. What could not be checked comes
# before what is harmless: a ticket must not look clean because a provider failed.
SECTIONS: tuple[tuple[str, LookupState, Verdict | None], ...] = (
    ("Malicious", LookupState.ANSWERED, Verdict.MALICIOUS),
    ("Suspicious", LookupState.ANSWERED, Verdict.SUSPICIOUS),
    ("Could not check", LookupState.COULD_NOT_CHECK, None),
    ("Still waiting", LookupState.PENDING, None),
    ("No detections", LookupState.ANSWERED, Verdict.NO_DETECTIONS),
    ("Known good", LookupState.ANSWERED, Verdict.KNOWN_GOOD),
    ("Known, without a verdict", LookupState.ANSWERED, None),
    ("No record", LookupState.NOT_FOUND, Verdict.NOT_FOUND),
    ("Not looked up", LookupState.NOT_ASKED, None),
)

MOST_DOCUMENTS = 20
MOST_PLACES = 2


def render(job: JobChanges, origin: SourceDocuments = NOWHERE) -> str:
    """Return the lookups under headings; the IOCs alone for an offline analysis."""
    count = len(job.analysis.iocs)
    tlp = f", TLP:{job.analysis.tlp}" if job.analysis.tlp else ""
    lines = [f"**{count} IOC{'' if count == 1 else 's'}**{tlp}, {_when(job)}", ""]
    lines += _unread(origin)
    if job.analysis.mode is Mode.OFFLINE:
        lines += [
            f"- {_code(ioc)} ({ioc.type.value}){_where(ioc, origin)}" for ioc in job.analysis.iocs
        ]
        return "\n".join(lines) + "\n"
    by_first_sight = by_ioc(job.rows)
    rows = [row for ioc in job.analysis.iocs for row in by_first_sight.get(ioc, ())]
    for heading, state, verdict in SECTIONS:
        found = [r for r in rows if r.state is state and _verdict(r) is verdict]
        if found:
            lines += [
                f"**{heading}**",
                "",
                *(f"- {_line(row)}{_where(row.ioc, origin)}" for row in found),
                "",
            ]
    return "\n".join(lines)


def _verdict(row: Lookup) -> Verdict | None:
    """Return the verdict; None also for a pending refresh, whose last answer may no longer hold."""
    is_ended = row.result is not None and row.state is not LookupState.PENDING
    return row.result.verdict if row.result and is_ended else None


def _when(job: JobChanges) -> str:
    if job.analysis.mode is Mode.OFFLINE:
        return f"extracted {job.analysis.created_at:%Y-%m-%d %H:%M} UTC, nothing was looked up"
    began, at = job.analysis.created_at, job.job.finished_at or utcnow()
    day = "" if at.date() == began.date() else f"{at:%Y-%m-%d} "
    return f"asked {began:%Y-%m-%d %H:%M} UTC, {_done(job)} {day}{at:%H:%M} UTC"


def _done(job: JobChanges) -> str:
    # What a cancellation left counts as done, but a ticket must not say that it was looked up.
    if any(row.reason_code is NotAsked.CANCELLED for row in job.rows):
        answered = (LookupState.ANSWERED, LookupState.NOT_FOUND)
        count = sum(row.state in answered for row in job.rows)
        return f"{count} of {job.total} lookups answered, cancelled"
    return f"{job.done} of {job.total} lookups done by"


def _line(row: Lookup) -> str:
    facts = [row.provider or "no provider"]
    if result := row.result:
        if result.detection_count is not None and result.total_engines:
            facts.append(f"{result.detection_count}/{result.total_engines}")
        if result.scan_date:
            facts.append(f"scanned {result.scan_date[:10]}")
        stale = " (stale)" if is_stale(row) else ""
        facts.append(f"asked {result.fetched_at:%Y-%m-%d %H:%M} UTC{stale}")
        if result.previous:
            facts.append(_changed(result.previous))
    facts += [reason for reason in (row.error and row.error.error, row.reason) if reason]
    return f"{_code(row.ioc)}: {', '.join(facts)}"


def _changed(previous: PastAnswer) -> str:
    """Return the provider's previous answer and its day."""
    said = previous.verdict.value.replace("_", " ") if previous.verdict else "no verdict"
    if previous.detection_count is not None and previous.total_engines:
        said = f"{previous.detection_count}/{previous.total_engines}"
    return f"{said} before, on {previous.fetched_at:%Y-%m-%d}"


def _unread(origin: SourceDocuments) -> list[str]:
    """Return the lines of documents that were not read completely; they come first."""
    if not origin.incomplete:
        return []
    lines = [f"**{len(origin.incomplete)} of {origin.count} files were not read whole**", ""]
    for one in origin.incomplete[:MOST_DOCUMENTS]:
        lines.append(f"- {_span(one.name)}: {one.state}. {make_visible(one.reason or '')}")
    if (more := len(origin.incomplete) - MOST_DOCUMENTS) > 0:
        lines.append(f"- and {more} more")
    return [*lines, ""]


def _where(ioc: IOC, origin: SourceDocuments) -> str:
    """Return the first places of an IOC in documents, for the end of a line."""
    places = origin.places.get(ioc, ())
    shown = "; ".join(_span(place_text(place)) for place in places[:MOST_PLACES])
    more = len(places) - MOST_PLACES
    return f", in {shown}{f' and {more} more' if more > 0 else ''}" if places else ""


def _code(ioc: IOC) -> str:
    return _span(make_visible(defang(ioc)))


def _span(shown: str) -> str:
    """Return a code span that no backtick in the text can end."""
    # A longer fence than any run of backticks inside (CommonMark 0.31, 6.1): file names and
    # URLs are chosen by attackers, and Markdown outside of a span would be a link or an image.
    fence = "`"
    while fence in shown:
        fence += "`"
    pad = " " if "`" in shown else ""
    return f"{fence}{pad}{shown}{pad}{fence}"
