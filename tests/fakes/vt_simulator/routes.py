"""What each path answers, once key, faults and quota have let the request through."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from .identifiers import KINDS, NOUNS, InvalidIdError
from .keys import Key
from .library import Document, Library
from .quota import Account
from .replies import error_reply, json_reply
from .rules import PREFIX
from .wire import Reply, Request

GTI = {
    "verdict": {"value": "VERDICT_UNDETECTED"},
    "severity": {"value": "SEVERITY_NONE"},
    "threat_score": {"value": 1},
    "description": "A made-up assessment.",
}


def segments(target: str) -> list[str]:
    """The decoded parts of the path below the prefix; none when it lies elsewhere."""
    path = target.partition("?")[0]
    if not path.startswith(f"{PREFIX}/"):
        return []
    return [unquote(part) for part in path.removeprefix(f"{PREFIX}/").split("/")]


def is_violation(request: Request) -> bool:
    """Whether the client did more than look: it may never submit, and never fetch a sample."""
    return request.method != "GET" or request.path.rstrip("/").endswith("/download")


@dataclass(frozen=True)
class Caller:
    """Who asks, as far as the routes care."""

    text: str  # the key as sent
    key: Key
    account: Account
    now: float


class Routes:
    def __init__(self, library: Library) -> None:
        self._library = library

    def answer(self, request: Request, caller: Caller) -> Reply:
        if is_violation(request):
            return error_reply("ForbiddenError")
        match segments(request.path):
            case [collection, text] if collection in KINDS:
                return self._object(collection, text, request, caller)
            case ["users", name, *rest]:
                return self._user(name, rest, caller)
        return error_reply("NotFoundError")

    def sound_document(self, request: Request, caller: Caller) -> Document:
        """What the request deserved, for a fault to spoil: always a document with data."""
        match segments(request.path):
            case [collection, text] if collection in KINDS:
                document = self._library.stand_in(collection, text)
                return _assessed(copy.deepcopy(document), request, caller)
            case ["users", _, "overall_quotas"]:
                return {"data": overall_quotas(caller)}
            case ["users", *_]:
                return user_document(caller)
        return {"data": {"id": "made-up", "type": "file", "attributes": {}}}

    def _object(self, collection: str, text: str, request: Request, caller: Caller) -> Reply:
        try:
            document = self._library.find(collection, text)
        except InvalidIdError as e:
            return error_reply("InvalidArgumentError", str(e))
        if document is None:
            return error_reply("NotFoundError", f'{NOUNS[collection]} "{text}" not found')
        return json_reply(_assessed(document, request, caller))

    def _user(self, name: str, rest: list[str], caller: Caller) -> Reply:
        if name not in (caller.text, caller.key.user):
            return error_reply("ForbiddenError")
        match rest:
            case []:
                return json_reply(user_document(caller))
            case ["overall_quotas"]:
                return json_reply({"data": overall_quotas(caller)})
        return error_reply("NotFoundError")


def _assessed(document: Document, request: Request, caller: Caller) -> Document:
    """Premium integrations that name themselves get one more attribute."""
    if not caller.key.is_premium or "x-tool" not in request.headers:
        return document
    data = document["data"]
    return {"data": {**data, "attributes": {**data["attributes"], "gti_assessment": GTI}}}


def overall_quotas(caller: Caller) -> Document:
    return {name: {"user": use} for name, use in caller.account.usage(caller.now).items()}


def user_document(caller: Caller) -> Document:
    user = caller.key.user
    attributes: dict[str, Any] = {
        "apikey": caller.text,
        "email": f"{user}@example.com",
        "first_name": "Ana",
        "last_name": "Lyst",
        "status": "active",
        "reputation": 1,
        "user_since": 1600000000,
        "last_login": 1763600000,
        "has_2fa": True,
        "preferences": {},
        "privileges": {"private": {"granted": caller.key.is_premium}},
        "quotas": caller.account.usage(caller.now),
    }
    link = f"https://www.virustotal.com{PREFIX}/users/{user}"
    return {"data": {"id": user, "type": "user", "links": {"self": link}, "attributes": attributes}}
