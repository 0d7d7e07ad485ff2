"""The paste form."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue

from app.enrichment.models import TLP, Mode
from app.errors import ConfigStoreError
from app.jobs.transitions import ENDED
from app.presentation.results_page import recent_analyses, running_analyses
from app.routes.current import get_services
from app.routes.example import EXAMPLE

bp = Blueprint("index", __name__)

# The paste form is to be seen without scrolling; further jobs stand among the recent ones.
MAX_TILES = 3


@bp.get("/")
def show() -> ResponseReturnValue:
    return render_index(EXAMPLE if "example" in request.args else "")


def render_index(
    text: str = "",
    mode: Mode = Mode.OFFLINE,
    error: str | None = None,
    tlp: TLP | None = None,
) -> str:
    jobs = get_services().jobs.recent(8)
    running = [job for job in jobs if job.job.state not in ENDED][:MAX_TILES]
    return render_template(
        "index.html",
        text=text,
        mode=mode.value,
        tlp=tlp,
        error=error,
        online=describe_online(),
        upload_limits=_upload_limits(),
        running=running_analyses(running),
        recent=recent_analyses([job for job in jobs if job not in running]),
    )


def describe_online() -> dict[str, Any]:
    services = get_services()
    online: dict[str, Any] = {
        "usable": False,
        "providers": [adapter.name for adapter in services.adapters],
        "key_hint": None,
        "per_minute": None,
        "problem": None,
    }
    try:
        online |= {
            "usable": services.can_ask,
            "key_hint": services.keys.get_vt_api_key_hint(),
            "per_minute": services.per_minute,
        }
    except ConfigStoreError as e:  # offline work goes on whatever became of the key file
        online["problem"] = str(e)
    return online


def _upload_limits() -> dict[str, Any]:
    most = current_app.config["MAX_UPLOAD_SIZE"]
    shown = f"{most / 1024 / 1024:.4g} MiB" if most >= 100_000 else f"{most} bytes"
    return {"files": current_app.config["MAX_UPLOAD_FILES"], "bytes": most, "shown": shown}
