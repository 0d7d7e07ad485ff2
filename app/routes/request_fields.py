"""The fields of a request, checked and turned into values."""

from __future__ import annotations

from collections.abc import Mapping

from werkzeug.exceptions import BadRequest

from app.enrichment.models import TLP, Mode


def read_mode(form: Mapping[str, str]) -> Mode:
    text = form.get("mode", Mode.OFFLINE)
    if text in list(Mode):
        return Mode(text)
    raise BadRequest("The mode is either offline or online.")


def read_tlp(form: Mapping[str, str]) -> TLP | None:
    """None: the analyst did not say. A form sends what is empty too."""
    text = form.get("tlp", "").strip().upper().removeprefix("TLP:")
    if text in ("", "NONE"):
        return None
    if text in list(TLP):
        return TLP(text)
    raise BadRequest(f"The TLP is one of {', '.join(TLP)}, or none.")
