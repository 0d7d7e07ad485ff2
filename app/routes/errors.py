"""The error handlers: each failure becomes an error page or a JSON sentence."""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import (
    BadRequest,
    Forbidden,
    HTTPException,
    LengthRequired,
    RequestEntityTooLarge,
    RequestTimeout,
    ServiceUnavailable,
    TooManyRequests,
)

from app.body_limits import InsufficientStorage, too_large
from app.errors import (
    ConfigStoreError,
    ImportRefusedError,
    JobActionError,
    JobNotFoundError,
    NoProviderError,
    StaysHereError,
    StorageError,
    TooManyImportsError,
    TooManyStreamsError,
    UnknownProviderError,
)
from app.negotiation import wants_json

TITLES = {
    400: "Not understood",
    403: "Refused",
    404: "Not found",
    409: "Not now",
    413: "Too much at once",
    500: "Something went wrong",
    503: "Cannot be kept",
}
# The Retry-After of a refused stream, in seconds.
STREAM_RETRY_S = 10
# The exceptions that we raise with a sentence of our own.
OURS = (
    BadRequest,
    Forbidden,
    InsufficientStorage,
    LengthRequired,
    RequestEntityTooLarge,
    RequestTimeout,
    ServiceUnavailable,
    TooManyRequests,
)
NO_TEXT = "This request holds characters that are no text, such as half of a surrogate pair."
SENTENCES = {
    400: "Telltale did not understand this request.",
    403: "This request was refused.",
    404: "There is no such page.",
    405: "Method not allowed at this address.",
    500: "Something went wrong inside Telltale; the log on this machine says what.",
}


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(JobNotFoundError, lambda e: _answer(404, str(e)))
    app.register_error_handler(StaysHereError, lambda e: _answer(409, str(e)))
    app.register_error_handler(NoProviderError, lambda e: _answer(409, str(e)))
    app.register_error_handler(UnknownProviderError, lambda e: _answer(400, str(e)))
    app.register_error_handler(JobActionError, _action_refused)
    app.register_error_handler(TooManyStreamsError, _no_place)
    app.register_error_handler(ImportRefusedError, _import_refused)
    app.register_error_handler(TooManyImportsError, lambda e: _answer(503, str(e)))
    app.register_error_handler(StorageError, lambda e: _answer(503, str(e)))
    app.register_error_handler(ConfigStoreError, lambda e: _answer(500, str(e)))
    # Lone surrogates, which JSON can hold and neither a database nor a file name.
    app.register_error_handler(UnicodeError, lambda e: _answer(400, NO_TEXT))
    app.register_error_handler(Exception, _unexpected)


def _action_refused(error: JobActionError) -> ResponseReturnValue:
    return jsonify(error=str(error), state=error.state, allowed=error.allowed), 400


def _import_refused(error: ImportRefusedError) -> ResponseReturnValue:
    return _answer(403 if error.is_forbidden else 400, str(error))


def _no_place(error: TooManyStreamsError) -> ResponseReturnValue:
    return jsonify(error=str(error)), 503, {"Retry-After": str(STREAM_RETRY_S)}


def _unexpected(error: Exception) -> ResponseReturnValue:
    current_app.logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return _answer(500, SENTENCES[500])


def _http_error(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if code < 400:  # a redirect of the router's own
        return error
    retry_after = getattr(error, "retry_after", None)
    headers = {"Retry-After": str(retry_after)} if retry_after else {}
    return _answer(code, _sentence(error, code), headers)


def _sentence(error: HTTPException, code: int) -> str:
    # The exceptions that we raise bring a sentence; the libraries' own speak to developers.
    if type(error) in OURS and error.description != type(error).description:
        return error.description or ""
    if code == 413:
        return too_large(request.path, current_app.config)
    return SENTENCES.get(code) or f"{HTTPStatus(code).description}."


def _answer(code: int, sentence: str, headers: dict[str, str] | None = None) -> ResponseReturnValue:
    if wants_json():
        return jsonify(error=sentence), code, headers or {}
    title = TITLES.get(code, HTTPStatus(code).phrase)
    page = render_template("error.html", code=code, title=title, message=sentence)
    return page, code, headers or {}
