"""Well-formed answers: JSON documents and the errors of the API."""

from __future__ import annotations

import json
from typing import Any

from .wire import Reply

ERRORS = {
    "BadRequestError": (400, "Bad request"),
    "InvalidArgumentError": (400, "Invalid argument"),
    "NotAvailableYet": (400, "The resource is not available yet"),
    "AuthenticationRequiredError": (401, "X-Apikey header is missing"),
    "WrongCredentialsError": (401, "Wrong API key"),
    "UserNotActiveError": (401, "User is not active"),
    "ForbiddenError": (403, "You are not authorized to perform the requested operation"),
    "NotFoundError": (404, "Resource not found"),
    "QuotaExceededError": (429, "Quota exceeded"),
    "TooManyRequestsError": (429, "Too many requests"),
    "TransientError": (503, "Transient error, try again"),
    "DeadlineExceededError": (504, "Deadline exceeded"),
}


def encode_json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def json_reply(document: Any, status: int = 200) -> Reply:
    return Reply(status, encode_json(document))


def error_reply(code: str, message: str | None = None) -> Reply:
    status, usual = ERRORS[code]
    return json_reply({"error": {"code": code, "message": message or usual}}, status)
