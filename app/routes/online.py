"""Online mode for the views that begin an analysis: paste, upload, import and run again."""

from __future__ import annotations

from typing import Any

from flask import flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.enrichment.models import TLP, Mode
from app.errors import ConfigStoreError
from app.negotiation import wants_json
from app.routes.current import get_services

NO_KEY = "Online lookups need a key: store one on the settings page, then analyze again."
NO_KEY_FOR_PROGRAMS = "Online lookups need a provider's key; none is stored."


def describe_online() -> dict[str, Any]:
    """Return the facts about online mode for the start page.

    `usable`: a provider is on and has its key. `problem`: why the key file cannot be read, if so.
    """
    providers = get_services().providers
    online: dict[str, Any] = {
        "usable": False,
        "providers": [adapter.name for adapter in providers],
        "key_hint": None,
        "per_minute": None,
        "problem": None,
    }
    try:
        if asked := providers.asked:
            online["providers"] = [adapter.name for adapter in asked]
        hints = (providers.key_state(adapter).last4 for adapter in asked)
        online |= {
            "usable": bool(asked),
            "key_hint": next(filter(None, hints), None),
            "per_minute": providers.per_minute,
        }
    except ConfigStoreError as e:  # offline analyses need no key file
        online["problem"] = str(e)
    return online


def refuse_online(
    mode: Mode, tlp: TLP | None = None, is_page: bool | None = None
) -> ResponseReturnValue | None:
    """Return 409 or a redirect to the settings if no provider can be asked; None: begin.

    An analysis that stays offline, by its mode or its TLP, needs no provider. `is_page`: whether
    a browser shows the answer; None: what the client accepts says it.
    """
    if mode is Mode.OFFLINE or (tlp is not None and tlp.stays_here):
        return None
    if (online := describe_online())["usable"]:
        return None
    problem = online["problem"]
    if wants_json() if is_page is None else not is_page:
        return jsonify(error=problem or NO_KEY_FOR_PROGRAMS), 409
    flash(problem or NO_KEY, "error")
    return redirect(url_for("settings.show"), code=303)


def is_from_page() -> bool:
    """Return whether a form of our page was sent, by the browser or by the page's script."""
    return not wants_json() or "show_plan" in request.form


def shows_plans() -> bool:
    """Return whether the analyst reviews a plan in which there is something to decide.

    Browsers get the review unless it is switched off; programs only with `show_plan`.
    """
    return is_from_page() and not get_services().preferences.get().start_at_once
