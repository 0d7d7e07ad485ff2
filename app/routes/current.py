"""What the views ask of the app they run in."""

from __future__ import annotations

from flask import current_app

from app.services import Services


def get_services() -> Services:
    services: Services = current_app.extensions["services"]
    return services
