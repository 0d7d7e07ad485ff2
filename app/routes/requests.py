"""What the views ask of the request they answer."""

from __future__ import annotations

from flask import current_app, request

from app.services import Services


def get_services() -> Services:
    services: Services = current_app.extensions["services"]
    return services


def wants_json() -> bool:
    """`*/*`, which is what curl sends, gets the page."""
    accepted = request.accept_mimetypes
    return accepted["application/json"] > accepted["text/html"]
