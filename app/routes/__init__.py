"""The HTTP routes: each view reads a request, calls a service, and renders a page or JSON."""

from __future__ import annotations

from flask import Flask

from app.presentation.lookup_texts import LookupTexts
from app.routes import (
    analyze,
    connection,
    documents,
    errors,
    events,
    health,
    history,
    index,
    jobs,
    plan,
    preferences,
    providers,
    results,
    settings,
    status,
    upload,
)


def register_routes(app: Flask) -> None:
    app.extensions["lookup_texts"] = LookupTexts()
    app.register_blueprint(index.bp)
    app.register_blueprint(analyze.bp)
    app.register_blueprint(results.bp)
    app.register_blueprint(plan.bp)
    app.register_blueprint(status.bp)
    app.register_blueprint(jobs.bp)
    app.register_blueprint(history.bp)
    app.register_blueprint(health.bp)
    app.register_blueprint(events.bp)
    app.register_blueprint(settings.bp)
    app.register_blueprint(providers.bp)
    app.register_blueprint(preferences.bp)
    app.register_blueprint(connection.bp)
    app.register_blueprint(upload.bp)
    app.register_blueprint(documents.bp)
    app.request_class = upload.UploadRequest
    errors.init_app(app)
