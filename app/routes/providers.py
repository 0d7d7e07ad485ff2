"""The providers, for programs."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from app.enrichment.adapters.base import HTTPAdapter
from app.errors import ConfigStoreError
from app.routes.current import get_services

bp = Blueprint("providers", __name__)


@bp.get("/api/providers")
def index() -> ResponseReturnValue:
    return jsonify(providers=[_serialize(adapter) for adapter in get_services().providers])


def _serialize(adapter: HTTPAdapter) -> dict[str, Any]:
    providers, declaration = get_services().providers, adapter.declaration
    try:
        has_key = providers.key_state(adapter).is_stored
        is_usable, left_today = adapter.is_usable, providers.left_today_of(adapter)
    except ConfigStoreError:  # the settings page says what is wrong with the key file
        has_key, is_usable, left_today = False, False, None
    return {
        "id": declaration.id,
        "name": declaration.name,
        "types": sorted(kind.value for kind in adapter.supported_types),
        "needs_key": declaration.needs_key,
        "has_key": has_key,
        "is_on": providers.is_on(adapter),
        "is_usable": is_usable,
        "left_today": left_today,
        "terms": declaration.terms,
    }
