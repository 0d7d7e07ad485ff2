"""The fields of a request, checked and turned into values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from werkzeug.exceptions import BadRequest

from app.enrichment.models import TLP, Mode
from app.errors import UnknownProviderError
from app.routes.current import get_services


def read_cursor(text: str) -> int:
    """Return the cursor of a poll. Raises BadRequest for what `next` never gives."""
    if text.isascii() and text.isdigit() and len(text) < 16:
        return int(text)
    raise BadRequest("`since` must be a whole number, as `next` gave it.")


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
