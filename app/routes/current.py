"""The services of the app that serves the current request."""

from __future__ import annotations

from flask import current_app

from app.services import Services


def get_services() -> Services:
    services: Services = current_app.extensions["services"]
    return services
