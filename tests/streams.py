"""A client of server-sent events, as plain as the format."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests

from tests.patience import PATIENCE_S


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    data: dict[str, Any]
    id: str | None


class Stream:
    """Closed with `with`, or by `close`, as a browser's tab does."""

    def __init__(self, address: str, *job_ids: str, last_id: str | None = None) -> None:
        headers = {"Last-Event-ID": last_id} if last_id else {}
        self.answer = requests.get(
            f"{address}/api/jobs/events",
            params={"job_id": job_ids},
            headers=headers,
            stream=True,
            timeout=PATIENCE_S,
        )
        self._events = self._read() if self.answer.ok else iter(())

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Event]:
        return self._events

    def close(self) -> None:
        self.answer.close()

    def _read(self) -> Iterator[Event]:
        fields: dict[str, str] = {}
        for line in self.answer.iter_lines(chunk_size=1, decode_unicode=True):
            name, _, value = line.partition(": ")
            if line:
                fields[name] = value
            elif "data" in fields:
                yield Event(fields["event"], json.loads(fields["data"]), fields.get("id"))
                fields = {}

    def until(self, name: str, **wanted: object) -> list[Event]:
        """What comes, up to the event of that name whose data hold all that."""
        seen = []
        for event in self:
            seen.append(event)
            if event.name == name and wanted.items() <= event.data.items():
                return seen
        raise AssertionError(f"the stream ended without {name} {wanted}: {seen}")
