"""GET /api/jobs/events: the changes of jobs as server-sent events (WHATWG HTML, section 9.2)."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest
from werkzeug.wsgi import ClosingIterator

from app.enrichment.models import Lookup
from app.errors import JobNotFoundError
from app.jobs.events import Follower
from app.jobs.transitions import ENDED
from app.presentation.lookup_texts import LookupTexts, compact_json
from app.presentation.serializers import serialize_live_job
from app.routes.current import get_lookup_texts, get_services
from app.routes.request_fields import read_cursor
from app.services import Services

bp = Blueprint("events", __name__)

MEDIA_TYPE = "text/event-stream; charset=utf-8"
HEARTBEAT_S = 15.0
# How often the server looks whether the client has disconnected, where waitress can tell.
GLANCE_S = 1.0
# Changes that follow each other within this time are sent together.
GATHER_S = 0.2
# After this time a browser that lost its stream reconnects.
RETRY_MS = 2000
MAX_JOBS = 100
_SEQ = re.compile("[0-9]{1,18}")


@bp.get("/api/jobs/events")
def show() -> Response:
    cursors = _cursors()
    services = get_services()
    for job_id in cursors:
        services.jobs.summary_from_memory(job_id)
    follower = services.events.follow(cursors)
    is_gone = request.environ.get("waitress.client_disconnected", lambda: False)
    events = JobStream(services, follower, cursors, get_lookup_texts()).events(is_gone)
    # The generator cannot free the place among the streams: where the client disconnects before
    # the first event (or sends HEAD), it never starts, and its `finally` would not run.
    body = ClosingIterator(events, [follower.close])
    return Response(body, content_type=MEDIA_TYPE, direct_passthrough=True)


def _cursors() -> dict[str, int]:
    """Return for each requested job the cursor of the last row that the client has."""
    job_ids, since = request.args.getlist("job_id"), request.args.getlist("since")
    if not 0 < len(job_ids) <= MAX_JOBS:
        raise BadRequest(f"Name 1 to {MAX_JOBS} jobs as `job_id`.")
    if since and len(since) != len(job_ids):
        raise BadRequest("With `since`, name one for each `job_id`, in the same order.")
    given = dict(zip(job_ids, since or ["0"] * len(job_ids), strict=True))
    seen = parse_id(request.headers.get("Last-Event-ID", ""))
    return {
        job_id: seen[job_id] if job_id in seen else read_cursor(text) if text else _last(job_id)
        for job_id, text in given.items()
    }


def _last(job_id: str) -> int:
    """Return the cursor after the last row, for clients that want future rows only."""
    return get_services().jobs.last_seq(job_id)


def make_id(cursors: Mapping[str, int]) -> str:
    """Return the position of a stream in each of its jobs; `seq` counts across restarts."""
    return ",".join(f"{job_id}:{seq}" for job_id, seq in cursors.items())


def parse_id(text: str) -> dict[str, int]:
    """Return the cursors of an event id; empty for a foreign id, so that all rows are sent."""
    parts = [part.rpartition(":") for part in text.partition("!")[0].split(",")]
    return {job_id: int(seq) for job_id, _, seq in parts if _SEQ.fullmatch(seq)}


class JobStream:
    """The stream of one client: sends the changes of its jobs since the last event."""

    def __init__(
        self,
        services: Services,
        follower: Follower,
        cursors: dict[str, int],
        texts: LookupTexts,
    ) -> None:
        self._services = services
        self._follower = follower
        self._cursors = cursors
        self._texts = texts
        self._sent: dict[str, dict[str, Any]] = {}
        self._open = set(cursors)

    def events(
        self, is_gone: Callable[[], bool], heartbeat_s: float = HEARTBEAT_S
    ) -> Iterator[bytes]:
        """Yield events until all jobs have ended, the client is gone, or the server ends."""
        yield b"retry: %d\n\n" % RETRY_MS
        sent_at = time.monotonic()
        while not self._follower.is_ended:
            for news in map(self._news, list(self._cursors)):
                if news:
                    yield news.encode()
                    sent_at = time.monotonic()
            if not self._open:
                yield _event("end", "{}").encode()
                return
            time.sleep(GATHER_S)
            while not self._follower.wait(min(GLANCE_S, heartbeat_s)):
                if is_gone():
                    return
                if time.monotonic() - sent_at >= heartbeat_s:
                    yield b": heartbeat\n\n"
                    sent_at = time.monotonic()

    def _news(self, job_id: str) -> str:
        """Return the events of one job: the rows that changed, then the job if it changed."""
        try:
            # The job is read before its rows. In the other order, a row that ends between the two
            # reads would be missing though the job is sent as complete and the stream ends.
            summary = self._services.jobs.summary_from_memory(job_id)
        except JobNotFoundError:  # deleted, so nothing more will come
            del self._cursors[job_id]
            self._open.discard(job_id)
            return ""
        rows = self._services.jobs.rows_since(job_id, self._cursors[job_id])
        events = [self._result(job_id, row) for row in rows]
        job = serialize_live_job(summary)
        if rows or self._sent.get(job_id) != job:
            self._sent[job_id] = job
            # After `!` a number that makes the id unique; `parse_id` ignores it.
            event_id = f"{make_id(self._cursors)}!{time.time_ns()}"
            events.append(_event("job-update", compact_json(job), event_id))
        if summary.job.state in ENDED:
            self._open.discard(job_id)
        else:
            self._open.add(job_id)
        return "".join(events)

    def _result(self, job_id: str, row: Lookup) -> str:
        self._cursors[job_id] = row.seq
        data = f'{self._texts.text(job_id, row)[:-1]},"job_id":{json.dumps(job_id)}}}'
        return _event("result", data, make_id(self._cursors))


def _event(name: str, data: str, event_id: str | None = None) -> str:
    place = f"id: {event_id}\n" if event_id else ""
    return f"event: {name}\n{place}data: {data}\n\n"
