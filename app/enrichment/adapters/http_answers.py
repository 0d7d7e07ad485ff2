"""The meaning of HTTP statuses, in words for the analyst."""

from __future__ import annotations

import re
import time
from collections.abc import Container
from datetime import UTC
from email.utils import parsedate_to_datetime

from app.enrichment.models import ErrorKind

# A header from a proxy or a broken clock must not stop the lookups of a day: one call an hour
# costs little. Quotas of a day or a month are counted by the ledger, which holds calls back itself.
MAX_RETRY_AFTER_S = 3600.0
SECONDS = re.compile(r"\d+(?:\.\d+)?", re.ASCII)

# The first row that contains the status counts.
STATUSES: tuple[tuple[Container[int], ErrorKind, str], ...] = (
    ({401}, ErrorKind.AUTH, "{name} did not accept the key; check the settings."),
    ({403}, ErrorKind.REFUSED, "{name} does not allow this with the stored key."),
    (
        {404},
        ErrorKind.BAD_RESPONSE,
        "Got a web page instead of {name}'s API response; a proxy may be intercepting.",
    ),
    ({407}, ErrorKind.UNAVAILABLE, "The proxy asks for a login; check TELLTALE_PROXY."),
    ({429}, ErrorKind.RATE_LIMITED, "{name}'s rate limit is reached; retry later."),
    (
        range(300, 400),
        ErrorKind.BAD_RESPONSE,
        "{name} answered with a redirect, which Telltale does not follow.",
    ),
    (range(400, 500), ErrorKind.REFUSED, "{name} refused the request (HTTP {status})."),
    (range(500, 600), ErrorKind.UNAVAILABLE, "{name} is out of order (HTTP {status})."),
    (range(1000), ErrorKind.BAD_RESPONSE, "{name} sent an empty answer (HTTP {status})."),
)


def meaning_of(name: str, status: int) -> tuple[ErrorKind, str]:
    """Return the kind of error and the sentence for a status that is no answer."""
    kind, sentence = next((kind, text) for statuses, kind, text in STATUSES if status in statuses)
    return kind, sentence.format(name=name, status=status)


def retry_after(value: str | None) -> float | None:
    """Return the seconds of a Retry-After header: a number or a date (RFC 9110, 10.2.3).

    None for anything else, as if there were no header; fractions are read, for some send them.
    """
    text = (value or "").strip()
    try:
        if SECONDS.fullmatch(text):
            seconds = float(text)
        else:
            when = parsedate_to_datetime(text)
            # A date without a zone is in GMT, the only one that the RFC allows.
            seconds = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() - time.time()
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)


class RefusedValueError(ValueError):
    """A value that this provider cannot be asked for; the text is a sentence."""
