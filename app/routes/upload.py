"""POST /api/upload and /api/import-path: documents become an analysis."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO, cast
from uuid import uuid4

from flask import Blueprint, Request, current_app, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from app.body_limits import NO_LENGTH, UPLOAD_PATH, body_limit, too_large
from app.documents.models import Source
from app.enrichment.models import Analysis
from app.errors import StorageError
from app.intake.staging import Upload
from app.negotiation import wants_page
from app.pipeline.visible import make_visible
from app.routes.current import get_services
from app.routes.last_mode import remember_mode
from app.routes.online import refuse_online
from app.routes.request_fields import read_json_object, read_mode, read_providers, read_tlp

bp = Blueprint("upload", __name__)

LONGEST_NAME = 300
MOST_FIELDS = 20
NO_FILES = "No files came: choose some, or drop them on the page."


class UploadRequest(Request):
    """The request class of the app: streams uploaded files into the staging folder.

    Werkzeug's own would spool them into temporary files, from which they had to be copied.
    """

    upload: Upload | None = None

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        if self.upload is None:
            return super()._get_file_stream(
                total_content_length, content_type, filename, content_length
            )
        return self.upload.new_file()


@bp.post(UPLOAD_PATH)
def create() -> ResponseReturnValue:
    _check_length()
    services = get_services()
    services.imports.check_room()
    services.database.check_still_there()  # a data folder that is gone is not made anew
    job_id = uuid4().hex
    upload = services.imports.open_upload(job_id)
    is_started = False
    try:
        with closing(upload):
            sources = _received(upload)
        answer, is_started = _begin(job_id, sources)
        return answer
    finally:
        if not is_started:
            services.imports.remove_upload(job_id)


@bp.post("/api/import-path")
def import_path() -> ResponseReturnValue:
    path = _given().get("path")
    if not path:
        raise BadRequest("Say which folder or file to import, as `path`.")
    imports = get_services().imports
    imports.check_room()
    return _begin(uuid4().hex, imports.sources(path))[0]


def _begin(job_id: str, sources: Sequence[Source]) -> tuple[ResponseReturnValue, bool]:
    """Return the answer, and whether the import has begun. Raises BadRequest, StorageError."""
    given = _given()
    mode, tlp = read_mode(given), read_tlp(given)
    providers = read_providers(_chosen_providers())
    if (refusal := refuse_online(mode, tlp, wants_page())) is not None:
        return refusal, False
    shows_plan = wants_page() or "show_plan" in given
    analysis = Analysis(job_id, (), mode, tlp=tlp, providers=providers, shows_plan=shows_plan)
    get_services().analyses.begin_import(analysis, sources)
    if shows_plan and "mode" in given:  # without a script the form has no such choice
        remember_mode(mode)
    if wants_page():
        return redirect(url_for("results.show", job_id=job_id), code=303), True
    job = get_services().jobs.summary_from_memory(job_id).job
    answer = jsonify(job_id=job_id, file_count=len(sources), state=job.state.value)
    return (answer, 202), True


def _chosen_providers() -> Sequence[str]:
    if not request.is_json:
        return request.form.getlist("providers")
    chosen = read_json_object().get("providers", [])
    if isinstance(chosen, list) and all(isinstance(one, str) for one in chosen):
        return chosen
    raise BadRequest("`providers` is a list of ids.")


def _given() -> Mapping[str, str]:
    if not request.is_json:
        return request.form
    return {name: value for name, value in read_json_object().items() if isinstance(value, str)}


def _check_length() -> None:
    """Refuse an upload by its declared length, before the body is read. Raises HTTPException."""
    if request.content_length is None:
        raise BadRequest(NO_LENGTH)
    if request.content_length > body_limit(UPLOAD_PATH, current_app.config):
        raise RequestEntityTooLarge(too_large(UPLOAD_PATH, current_app.config))
    request.max_form_parts = current_app.config["MAX_UPLOAD_FILES"] + MOST_FIELDS


def _received(upload: Upload) -> list[Source]:
    config = current_app.config
    cast(UploadRequest, request).upload = upload
    try:
        files = [file for file in request.files.getlist("files") if file.filename]
        sizes = [file.stream.seek(0, os.SEEK_END) for file in files]  # writes the last buffers
    except RequestEntityTooLarge as e:  # by `max_form_parts`: the length was checked before
        raise RequestEntityTooLarge(too_many(config["MAX_UPLOAD_FILES"])) from e
    except OSError as e:
        raise StorageError(f"The upload cannot be kept: {e.strerror or e}.") from e
    if not files:
        raise BadRequest(NO_FILES)
    if len(files) > config["MAX_UPLOAD_FILES"]:
        raise RequestEntityTooLarge(too_many(config["MAX_UPLOAD_FILES"]))
    if max(sizes) > (most := config["MAX_UPLOAD_FILE_SIZE"]):
        name = _name(files[sizes.index(max(sizes))])
        raise RequestEntityTooLarge(
            f"The file {name} is larger than {most:,} bytes (TELLTALE_MAX_UPLOAD_FILE_SIZE). "
            "Import it from a folder of this machine. Nothing was read."
        )
    if sum(sizes) > config["MAX_UPLOAD_SIZE"]:
        raise RequestEntityTooLarge(too_large(UPLOAD_PATH, config))
    return [Source(Path(str(file.stream.name)), _name(file), False) for file in files]


def too_many(limit: int) -> str:
    return (
        f"These are more than {limit:,} files, which is the most that can be uploaded at once "
        "(TELLTALE_MAX_UPLOAD_FILES). Upload them in parts, or import a folder of this machine. "
        "Nothing was read."
    )


def _name(file: FileStorage) -> str:
    return make_visible(file.filename or "", LONGEST_NAME)
