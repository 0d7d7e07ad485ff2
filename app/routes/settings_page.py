"""The settings page: a panel for each provider, the preferences, the connection tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template

from app.enrichment.adapters.base import HTTPAdapter
from app.errors import ConfigStoreError
from app.pipeline.models import OFF_BY_DEFAULT
from app.presentation.records import iso
from app.presentation.serializers import serialize_live_job
from app.routes.current import get_services
from app.services.providers import KeyState
from app.triage.models import Preferences


def render_settings(
    error: str | None = None,
    provider_id: str = "",
    preferences: Mapping[str, Any] | None = None,
    preferences_error: str | None = None,
) -> str:
    """Render the page; `error` concerns the key of a provider.

    `preferences`: as the form sent them, where they were refused.
    """
    services = get_services()
    failed = services.providers.find(provider_id) if error else None
    panels = [
        _panel(adapter, error if adapter is failed else None) for adapter in services.providers
    ]
    # The first panel is open; another one if there is something to see in it.
    for panel in panels:
        panel["is_open"] = panel is panels[0] or panel["error"] or panel["is_busy"]
    return render_template(
        "settings.html",
        providers=panels,
        is_busy=any(panel["is_busy"] for panel in panels),
        key_path=str(services.providers.keys.path),
        preferences=preferences or _as_form(services.preferences.get()),
        preferences_error=preferences_error,
        types_off_by_default=sorted(OFF_BY_DEFAULT),
    )


def describe_test(adapter: HTTPAdapter) -> dict[str, Any]:
    """Return the newest connection test of a provider as far as it is; none was no job."""
    job, steps = get_services().providers.latest_connection_test(adapter)
    return {
        "job": serialize_live_job(job) if job else None,
        "steps": [
            {
                "name": step.name,
                "state": step.state.value,
                "sentence": step.sentence,
                "took_ms": step.took_ms,
            }
            for step in steps
        ],
    }


def _panel(adapter: HTTPAdapter, error: str | None) -> dict[str, Any]:
    """Return what the panel of a provider shows; all of it follows from the declaration."""
    providers, declaration = get_services().providers, adapter.declaration
    key, verified = KeyState(), None
    try:
        key = providers.key_state(adapter)
        if key.is_stored and (found := providers.verification(adapter)):
            verified = {
                "at": iso(found.at),
                "quotas": found.quotas,
                "is_rejected": found.is_rejected,
            }
    except ConfigStoreError as e:
        error = error or str(e)
    check = providers.latest_key_check(adapter)
    connection = describe_test(adapter)
    check_job = serialize_live_job(check) if check else None
    return {
        "id": declaration.id,
        "name": declaration.name,
        "site": declaration.site,
        "variable": declaration.variable,
        "terms": declaration.terms,
        "key_check": declaration.key_check,
        "takes_key": declaration.key is not None,
        "needs_key": declaration.needs_key,
        "is_on": providers.is_on(adapter),
        "types": sorted(kind.value for kind in adapter.supported_types),
        "key": key,
        "verified": verified,
        "job": check_job,
        "is_new_key": check is not None and providers.is_of_new_key(check),
        "connection": connection,
        "is_busy": any(
            job and job["state"] in ("queued", "running") for job in (check_job, connection["job"])
        ),
        "error": error,
    }


def _as_form(preferences: Preferences) -> dict[str, Any]:
    """Return the preferences as the form has them."""
    return {
        "own_domains": "\n".join(preferences.own_domains),
        "own_networks": "\n".join(preferences.own_networks),
        "hold_look_alikes": preferences.hold_look_alikes,
        "start_at_once": preferences.start_at_once,
        "also_find": preferences.also_find,
    }
