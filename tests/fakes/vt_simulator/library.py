"""The objects the simulator knows: fixtures first, then inventions if it may."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .identifiers import (
    CANONICAL,
    HASH_LENGTHS,
    KINDS,
    InvalidIdError,
    canonical_url,
    decode_url,
    place_of,
    sha256,
)
from .invention import Invention

Document = dict[str, Any]
FIXTURES = Path(__file__).parent / "fixtures"


def envelope(collection: str, object_id: str, attributes: Document) -> Document:
    link = f"https://www.virustotal.com/api/v3/{collection}/{object_id}"
    return {
        "data": {
            "id": object_id,
            "type": KINDS[collection],
            "links": {"self": link},
            "attributes": attributes,
        }
    }


class Library:
    def __init__(self, state: Path | None, *, invents: bool, seed: int) -> None:
        self._invents = invents
        self._seed = seed
        self._objects: dict[tuple[str, str], Document | None] = {}
        self._file_ids: dict[str, str] = {}
        for collection in KINDS:
            self._add(collection, json.loads((FIXTURES / f"{collection}.json").read_text("utf-8")))
        if state is not None:
            for collection, objects in json.loads(state.read_text("utf-8")).items():
                self._add(collection, objects)

    def find(self, collection: str, text: str) -> Document | None:
        """The report on what the client calls `text`; InvalidIdError if it cannot be one."""
        object_id = CANONICAL[collection](text)
        place = (collection, self._file_ids.get(object_id, object_id))
        if place in self._objects or not self._invents:
            return self._objects.get(place)
        invention = self._invention(collection, object_id, text)
        return None if invention.is_unknown else self._told(collection, invention)

    def put(self, collection: str, object_id: str, attributes: Document | None) -> None:
        """Know an object from now on, or know it no more. A file's id is its SHA-256."""
        self._add(collection, [{"id": object_id, "attributes": attributes}])

    def restate(self, value: str, stats: dict[str, int], when: float) -> None:
        """The engines have looked again: other counts, and a new date."""
        collection, text = place_of(value)
        old = self.stand_in(collection, text)["data"]
        found = {"last_analysis_stats": stats, "last_analysis_date": int(when)}
        if collection == "files":
            self._file_ids[text] = old["id"]
        document = envelope(collection, old["id"], {**old["attributes"], **found})
        self._objects[collection, old["id"]] = document

    def stand_in(self, collection: str, text: str) -> Document:
        """Return a report for any IOC, as the raw material of a fault."""
        try:
            known = self.find(collection, text)
            object_id = CANONICAL[collection](text)
        except InvalidIdError:
            known = next(doc for (where, _), doc in self._objects.items() if where == collection)
            return known or {}
        return known or self._told(collection, self._invention(collection, object_id, text))

    def _invention(self, collection: str, object_id: str, text: str) -> Invention:
        url = canonical_url(decode_url(text)) if collection == "urls" and len(text) != 64 else ""
        return Invention(collection, object_id, url, self._seed)

    def _told(self, collection: str, invention: Invention) -> Document:
        return envelope(collection, invention.id, invention.attributes())

    def _add(self, collection: str, objects: list[Document]) -> None:
        for item in objects:
            object_id, attributes = item["id"], item["attributes"]
            if collection == "urls":
                object_id = sha256(canonical_url(object_id))
            if attributes is None:  # unknown on purpose, even to an inventor
                self._objects[collection, object_id] = None
                continue
            if collection == "files":
                hashes = (attributes.get(name, object_id) for name in HASH_LENGTHS.values())
                self._file_ids.update(dict.fromkeys(hashes, object_id))
            self._objects[collection, object_id] = envelope(collection, object_id, attributes)
