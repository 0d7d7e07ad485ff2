"""The next state of a lookup when it is answered, fails, or is not sent: pure functions."""

from __future__ import annotations

from dataclasses import replace

from app.enrichment.models import (
    EnrichmentError,
    EnrichmentResult,
    Lookup,
    LookupState,
    Outcome,
    PastAnswer,
    Reason,
    Verdict,
)
from app.pipeline.models import IOC


def left_unasked(row: Lookup, reason: Reason) -> Lookup:
    """Return what a pending lookup becomes that will not be sent.

    A lookup that was to be refreshed keeps its last answer.
    """
    return answered(row, row.result) if row.result else not_asked(row, reason)


def answered(row: Lookup, result: EnrichmentResult, error: EnrichmentError | None = None) -> Lookup:
    """Return the lookup with an answer.

    `error`: why asking again failed, if the answer is the old one.
    """
    # "Not found" is no answer "without detections": the provider has never seen the IOC.
    is_known = result.verdict is not Verdict.NOT_FOUND
    state = LookupState.ANSWERED if is_known else LookupState.NOT_FOUND
    return replace(
        row, state=state, result=result, error=error, reason=None, reason_code=None, retry_at=None
    )


def is_refresh_failed(lookup: Lookup) -> bool:
    """Return whether the lookup shows an old answer because asking again failed."""
    return bool(lookup.result and lookup.error) and lookup.state is not LookupState.PENDING


def ended(
    ioc: IOC, provider: str, outcome: Outcome, attempts: int, row: Lookup | None = None
) -> Lookup:
    """Return what a pending lookup becomes; if a refresh failed, the last answer stays."""
    row = replace(row or Lookup(ioc, provider), attempts=attempts)
    last = row.result  # set if the lookup was a refresh
    if isinstance(outcome, EnrichmentResult):
        return answered(row, replace(outcome, previous=_previous(last, outcome)))
    if last is not None:
        return answered(row, last, outcome)
    state = LookupState.COULD_NOT_CHECK
    return replace(row, state=state, error=outcome, reason=None, reason_code=None, retry_at=None)


def _previous(last: EnrichmentResult | None, now: EnrichmentResult) -> PastAnswer | None:
    """Return the last answer if the provider reports something else now."""
    if last is None or last.account != now.account or _facts(last) == _facts(now):
        return None
    return PastAnswer(*_facts(last), fetched_at=last.fetched_at)


def _facts(result: EnrichmentResult) -> tuple[Verdict | None, int | None, int | None]:
    return result.verdict, result.detection_count, result.total_engines


def not_asked(lookup: Lookup, reason: Reason) -> Lookup:
    """Return the lookup as it is when it will not be sent."""
    return replace(
        lookup,
        state=LookupState.NOT_ASKED,
        reason=reason.sentence,
        reason_code=reason.code,
        retry_at=None,
    )
