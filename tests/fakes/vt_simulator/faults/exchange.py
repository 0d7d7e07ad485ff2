"""What a fault has at hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..replies import encode_json, json_reply
from ..wire import Reply, Request, Wire


@dataclass(frozen=True)
class Exchange:
    request: Request
    document: dict[str, Any]  # a sound answer, this fault's own copy
    wire: Wire
    host_url: str
    foreign_url: str  # another origin, which nothing may ever reach
    interval: float  # seconds between the bytes of a dripping answer

    @property
    def attributes(self) -> dict[str, Any]:
        attributes: dict[str, Any] = self.document["data"].setdefault("attributes", {})
        return attributes

    @property
    def body(self) -> bytes:
        return encode_json(self.document)

    @property
    def reply(self) -> Reply:
        return json_reply(self.document)


# None: the fault has used up the connection, which is closed now.
Fault = Callable[[Exchange], Reply | None]
