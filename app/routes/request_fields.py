"""The fields of a request, checked and turned into values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request
from werkzeug.exceptions import BadRequest

from app.enrichment.models import TLP, Mode
from app.errors import UnknownProviderError
from app.routes.current import get_services

# Longer than any value but a few URLs, of which a part finds them too.
LONGEST_SEARCH = 2000


def read_whole_number(text: str, most: int, sentence: str, least: int = 1) -> int:
    """Return a number from `least` to `most`. Raises BadRequest with the sentence.

    Its length is limited before it is converted: that takes long for thousands of digits.
    """
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) <= len(str(most)):
        number = int(text)
        if least <= number <= most:
            return number
    raise BadRequest(sentence)


def read_search(text: str) -> str:
    """Return what to search for. Raises BadRequest if it is too long."""
    text = text.strip()
    if len(text) > LONGEST_SEARCH:
        raise BadRequest(f"A search has at most {LONGEST_SEARCH} characters.")
    return text


def read_json_object() -> Mapping[str, Any]:
    """Return the fields of the JSON body; none if it is no object. Raises BadRequest."""
    try:
        given = request.get_json()
    except RecursionError:
        raise BadRequest("The JSON is nested too deeply.") from None
    return given if isinstance(given, dict) else {}


def read_cursor(text: str) -> int:
    """Return the cursor of a poll. Raises BadRequest for what `next` never gives."""
    sentence = "`since` must be a whole number, as `next` gave it."
    return read_whole_number(text, 10**15 - 1, sentence, least=0)


def read_mode(form: Mapping[str, str]) -> Mode:
    text = form.get("mode", Mode.OFFLINE)
    if text in list(Mode):
        return Mode(text)
    raise BadRequest("The mode is either offline or online.")


def read_tlp(form: Mapping[str, str]) -> TLP | None:
    """Return None where the analyst did not say; a form sends an empty field then."""
    text = form.get("tlp", "").strip().upper().removeprefix("TLP:")
    if text in ("", "NONE"):
        return None
    if text in list(TLP):
        return TLP(text)
    raise BadRequest(f"The TLP is one of {', '.join(TLP)}, or none.")


def read_providers(ids: Sequence[str]) -> tuple[str, ...] | None:
    """Return the ids of the providers to ask; None where none is named.

    Raises BadRequest that names an id which is unknown, switched off or unusable.
    """
    if not ids:
        return None
    try:
        return get_services().providers.choose(ids)
    except UnknownProviderError as e:
        raise BadRequest(str(e)) from None
