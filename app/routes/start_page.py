"""The start page: the paste form, running jobs, recent analyses."""

from __future__ import annotations

from typing import Any

from flask import current_app, render_template

from app.enrichment.models import TLP, Mode
from app.jobs.transitions import ENDED
from app.presentation.results_page import recent_analyses, running_analyses
from app.routes.current import get_services
from app.routes.last_mode import last_mode
from app.routes.online import describe_online

# More tiles would push the paste form below the first screen; other jobs are listed as recent.
MAX_TILES = 3


def render_start_page(
    text: str = "",
    mode: Mode | None = None,
    error: str | None = None,
    tlp: TLP | None = None,
) -> str:
    """Render the paste form; `mode`: None for the one that this browser chose last."""
    online = describe_online()
    if mode is None:
        mode = last_mode() if online["usable"] else Mode.OFFLINE
    jobs = get_services().jobs.recent(8)
    running = [job for job in jobs if job.job.state not in ENDED][:MAX_TILES]
    return render_template(
        "index.html",
        text=text,
        mode=mode.value,
        tlp=tlp,
        error=error,
        online=online,
        upload_limits=_upload_limits(),
        running=running_analyses(running),
        recent=recent_analyses([job for job in jobs if job not in running]),
    )


def _upload_limits() -> dict[str, Any]:
    most = current_app.config["MAX_UPLOAD_SIZE"]
    shown = f"{most / 1024 / 1024:.4g} MiB" if most >= 100_000 else f"{most} bytes"
    return {"files": current_app.config["MAX_UPLOAD_FILES"], "bytes": most, "shown": shown}
