"""What belongs to the app that serves the current request."""

from __future__ import annotations

from flask import current_app

from app.presentation.lookup_texts import LookupTexts
from app.services import Services


def get_services() -> Services:
    services: Services = current_app.extensions["services"]
    return services


def get_lookup_texts() -> LookupTexts:
    texts: LookupTexts = current_app.extensions["lookup_texts"]
    return texts
