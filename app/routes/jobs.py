"""The JSON API of jobs: the list, one job, its IOCs and files, and its control."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from flask import Blueprint, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from app.documents.models import DOCUMENT_STATES
from app.enrichment.analysis.summary import IOCEntry, JobSummary
from app.enrichment.models import LookupState, Mode, Verdict
from app.errors import JobActionError
from app.jobs.models import JobState
from app.jobs.transitions import Step
from app.negotiation import sends_form
from app.pipeline.models import IOCType
from app.presentation.serializers import (
    serialize_document,
    serialize_ioc,
    serialize_job,
    serialize_job_details,
    serialize_shared,
)
from app.routes.current import get_services
from app.routes.online import refuse_online
from app.routes.request_fields import read_json_object, read_search, read_whole_number
from app.storage.models import GROUPS, MAX_PER_PAGE, SORTS, IOCQuery, JobQuery, Page

bp = Blueprint("jobs", __name__, url_prefix="/api/jobs")

CHANGED_MEANWHILE = "This analysis has changed since the page was opened; nothing was done."
SORT_NAMES = [sign + name for name in SORTS for sign in ("", "-")]


@bp.get("")
def index() -> ResponseReturnValue:
    found = get_services().jobs.page(
        JobQuery(
            state=_choice("state", JobState) or None,
            job_type=request.args.get("job_type") or None,
            page=_number("page", 1),
            per_page=_per_page(),
        )
    )
    return jsonify(jobs=[serialize_job(job) for job in found.items], **_paging(found))


@bp.get("/<job_id>")
def show(job_id: str) -> ResponseReturnValue:
    return jsonify(_details(get_services().jobs.find(job_id)))


@bp.get("/<job_id>/iocs")
def iocs(job_id: str) -> ResponseReturnValue:
    query = IOCQuery(
        type=_choice("type", IOCType),
        verdict=_choice("verdict", Verdict),
        state=_choice("state", LookupState),
        text=read_search(request.args.get("q", "")),
        document=request.args.get("document", ""),
        sort=_choice("sort", SORT_NAMES),
        group_by=_choice("group_by", GROUPS),
        page=_number("page", 1),
        per_page=_per_page(),
    )
    found = get_services().jobs.iocs(job_id, query)
    if not query.group_by:
        return jsonify(iocs=[serialize_ioc(entry) for entry in found.items], **_paging(found))
    sizes = get_services().jobs.group_sizes(job_id, query)
    return jsonify(groups=_groups(found, sizes), **_paging(found))


@bp.get("/<job_id>/files")
def files(job_id: str) -> ResponseReturnValue:
    state = _choice("state", DOCUMENT_STATES)
    found = get_services().jobs.documents(job_id, _number("page", 1), _per_page(), state)
    return jsonify(files=[serialize_document(one) for one in found.items], **_paging(found))


@bp.get("/<job_id>/duplicates")
def duplicates(job_id: str) -> ResponseReturnValue:
    get_services().jobs.summary_from_memory(job_id)  # or 404
    documents = get_services().documents
    same = documents.same_files(job_id)
    shared = documents.shared_iocs(job_id)
    return jsonify(
        files=[{"sha256": one.sha256, "names": list(one.names)} for one in same],
        iocs=[serialize_shared(one) for one in shared],
    )


@bp.post("/<job_id>/control")
def control(job_id: str) -> ResponseReturnValue:
    given: Mapping[str, Any] = request.form
    if request.is_json:
        given = read_json_object()
    action, ioc, provider = (_text(given, name) for name in ("action", "ioc", "provider"))
    jobs, is_page = get_services().jobs, sends_form()
    goes_online = action in (Step.CONTINUE, Step.LOOK_UP) and action in jobs.find(job_id).allowed
    if goes_online and (refusal := refuse_online(Mode.ONLINE, is_page=is_page)) is not None:
        return refusal
    try:
        job = jobs.control(job_id, action or "", ioc, provider)
    except JobActionError:
        if not is_page:
            raise
        flash(CHANGED_MEANWHILE, "error")
    if is_page:
        return redirect(_origin_page() or url_for("results.show", job_id=job_id), code=303)
    return jsonify(_details(job))


def _details(job: JobSummary) -> dict[str, Any]:
    services = get_services()
    return serialize_job_details(
        job, services.providers.left_today, services.jobs.egress(job.job.id)
    )


def _origin_page() -> str | None:
    """Return the path of our page that sent the form; None for a foreign or missing referrer."""
    if not (request.referrer or "").startswith(request.host_url):
        return None
    parts = urlsplit(request.referrer or "")
    # A path that begins with two slashes would name another host (RFC 3986, section 4.2), and
    # the redirect would leave Telltale.
    return None if parts.path.startswith("//") else urlunsplit(parts._replace(scheme="", netloc=""))


def _text(given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    return value if isinstance(value, str) else None


def _choice(name: str, choices: Any) -> str:
    """Return the chosen value; empty if the parameter is missing."""
    value = request.args.get(name, "")
    if value and value not in list(choices):
        raise BadRequest(f"`{name}` is one of {', '.join(choices)}.")
    return value


def _number(name: str, default: int) -> int:
    sentence = f"`{name}` must be a whole number from 1."
    return read_whole_number(request.args.get(name, str(default)), 10**9, sentence)


def _per_page() -> int:
    return min(_number("per_page", 50), MAX_PER_PAGE)


def _paging(found: Page[Any]) -> dict[str, int]:
    return {"page": found.page, "per_page": found.per_page, "total": found.total}


def _groups(found: Page[IOCEntry], sizes: Mapping[str | None, int]) -> list[dict[str, Any]]:
    """Return the groups of one page; `count` is the size of the whole group, over all pages."""
    return [
        {"key": key, "count": sizes[key], "iocs": [serialize_ioc(entry) for entry in entries]}
        for key, entries in groupby(found.items, key=lambda entry: entry.group)
    ]
