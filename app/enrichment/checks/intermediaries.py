"""Tells answers of the provider from those of a proxy or a login page."""

from __future__ import annotations

from app.enrichment.checks.models import StepState
from app.enrichment.http.answers import Answer

Said = tuple[StepState, str]


def judge_answer(answer: Answer, name: str, is_own: bool) -> Said:
    """Return whether the provider itself answered; a refused key is an answer too."""
    status = answer.status
    if is_own and status == 429:
        return StepState.FAILED, (
            f"{name} answers, but its rate limit is reached (HTTP 429): the connection works; "
            "test it again later."
        )
    if is_own and status < 500:
        return StepState.OK, f"{name} answers (HTTP {status})."
    if status == 407:
        return StepState.FAILED, "The proxy asks for a login; check TELLTALE_PROXY."
    if 300 <= status < 400 or status == 511:
        return StepState.FAILED, (
            f"Got a redirect (HTTP {status}), which {name} never sends: this network may want a "
            "login first. Open any page in a browser, then test again."
        )
    if status >= 500:
        between = "" if is_own else ", or a proxy in between,"
        return StepState.FAILED, f"{name}{between} is out of order (HTTP {status}); try later."
    return StepState.FAILED, (
        f"Got something else instead of {name}'s API response (HTTP {status}): a proxy or a login "
        "page of this network may be intercepting. Open any page in a browser, then test again."
    )
