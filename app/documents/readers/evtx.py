"""The reader of Windows event logs: each event by its number, its fields line by line."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from html import unescape
from io import BytesIO
from typing import Any

from evtx import PyEvtxParser

from app.documents.limits import Budget
from app.documents.models import Item, Part, Unread
from app.documents.readers.binary import strings

_SHORTEST = 6
_CHUNK, _CHUNK_SIZE, _FILE_HEAD = b"ElfChnk\x00", 1 << 16, 1 << 12
_FIELD = re.compile(r"<Data Name=\"([^\"<>]*)\">")
_NAMESPACE = re.compile(r"\sxmlns(?::[\w.-]+)?=\"[^\"]*\"")
_TAG = re.compile(r"</?([\w:.-]+)([^<>]*)>")
_ATTRIBUTE = re.compile(r"([\w:.-]+)=\"([^\"]*)\"")


def read_evtx(data: bytes, budget: Budget) -> Iterator[Item]:
    found = 0
    reason = ""
    with warnings.catch_warnings(record=True) as unread:
        warnings.simplefilter("always")
        try:
            for record in _records(data):
                found += 1
                yield Part(f"event {record['event_record_id']}", _lines(record["data"]))
        except RuntimeError:
            reason = "It is damaged, or its end is missing."
        if unread:
            reason = f"{len(unread):,} pieces of it are damaged."
    chunks = data.count(_CHUNK)
    if not found or reason or chunks * _CHUNK_SIZE + _FILE_HEAD > len(data):
        yield from strings(data, "strings", _SHORTEST)
        yield Unread(
            (reason or "Its end is missing, or no event of it can be read.")
            + " Runs of letters were read of it."
        )


def _records(data: bytes) -> Iterator[dict[str, Any]]:
    # One thread: a reader may start no other.
    yield from PyEvtxParser(BytesIO(data), number_of_threads=1, skip_errors=True).records()


def _lines(xml: str) -> str:
    """Return an event as lines of "name: value", as an analyst reads it."""
    text = _FIELD.sub(r"\n\1: ", _NAMESPACE.sub("", xml))
    return unescape(_TAG.sub(_tag, text))


def _tag(match: re.Match[str]) -> str:
    """Return what stands in place of a tag: a new line, and the attributes that it has."""
    if match[0].startswith("</"):
        return "\n"
    attributes = "".join(f"\n{name}: {value}\n" for name, value in _ATTRIBUTE.findall(match[2]))
    return f"\n{attributes}{match[1]}: "
