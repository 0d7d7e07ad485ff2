"""Telltale: the desk at which analysts triage indicators of compromise."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

__version__ = "0.1.0"


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Build the app. Raises ConfigError or StorageError, each with a sentence for the operator."""
    # Imported here, so that `from app.pipeline import …` does not load a web framework.
    from flask import Flask

    from app import security
    from app.config import load_config, read_dotenv
    from app.routes import register_routes
    from app.services import Services, load_secret_key
    from app.sessions import Sessions

    app = Flask(__name__)
    app.config.from_mapping(load_config({**read_dotenv(Path(".env")), **os.environ}, config))
    services = app.extensions["services"] = Services.build(app.config)
    app.config.from_mapping(
        SECRET_KEY=load_secret_key(app.config["DATA_DIR"]),
        # Cookies know no port: two Telltales on one machine must not share theirs.
        SESSION_COOKIE_NAME=f"telltale-{app.config['PORT']}",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        # A paste is one form field; Flask's own limit for those is 500 kB.
        MAX_FORM_MEMORY_SIZE=app.config["MAX_CONTENT_LENGTH"],
    )
    app.jinja_env.globals.update(
        demo=app.config["DEMO"],
        version=__version__,
        providers=[adapter.name for adapter in services.providers],
    )
    # Fields keep the order in which the serializers name them. Sorting them would take a third of
    # the time of a status, and most polls read one.
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of Flask's own provider
    sessions = Sessions(app.config["DATA_DIR"] / "sessions.json", app.config["ACCESS_TOKEN"])
    security.init_app(app, sessions)
    register_routes(app)
    services.resume_unfinished()
    return app
