"""Finds the QR codes in the pictures of the pages of a PDF."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import DictionaryObject, IndirectObject, StreamObject

from app.documents.models import Item, Part, Unread
from app.documents.readers.image import codes_of, is_too_large

_DEEPEST = 4  # forms, which may hold pictures, may stand in forms
_MOST_NAMES = 2_000
_MOST_PIXELS = 150_000_000  # of all pictures: about four seconds
_SMALLEST = 21  # the smallest QR code has as many squares on each side
# What pypdf and Pillow raise over damaged pictures.
_TROUBLE = (
    *(PyPdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, OSError),
    *(NotImplementedError, AssertionError, OverflowError, SyntaxError, ImportError),
    *(RecursionError, EOFError, zlib.error, struct.error),
)


def picture_codes(reader: PdfReader, pages: int) -> Iterator[Item]:
    """Yield the codes of each page, and what could not be searched; each picture is read once."""
    seen: set[tuple[int, int]] = set()
    unread, left = 0, _MOST_PIXELS
    for number in range(pages):
        try:
            for picture in _pictures(reader.pages[number].get("/Resources"), 0, seen):
                width, height = int(picture.get("/Width", 0)), int(picture.get("/Height", 0))
                left -= width * height
                if min(width, height) < _SMALLEST:
                    continue
                if left < 0 or is_too_large(width, height) or _needs_program(picture):
                    unread += 1
                else:
                    yield from _codes(picture, f"page {number + 1}")
        except _TROUBLE:
            unread += 1
    if unread:
        yield Unread(f"{unread:,} of its pictures could not be searched for QR codes.")
    if len(seen) > _MOST_NAMES:
        yield Unread("It has too many pictures; not all of them were searched for QR codes.")


def _pictures(found: Any, depth: int, seen: set[tuple[int, int]]) -> Iterator[StreamObject]:
    resources = _resolved(found)
    objects = _resolved(resources.get("/XObject")) if resources is not None else None
    if not isinstance(objects, DictionaryObject) or depth > _DEEPEST:
        return
    for name in objects:
        place = objects.raw_get(name)
        if isinstance(place, IndirectObject):
            if (place.idnum, place.generation) in seen or len(seen) > _MOST_NAMES:
                continue
            seen.add((place.idnum, place.generation))
        one = _resolved(place)
        if isinstance(one, StreamObject) and one.get("/Subtype") == "/Image":
            yield one
        elif isinstance(one, StreamObject):
            yield from _pictures(one.get("/Resources"), depth + 1, seen)


def _needs_program(picture: StreamObject) -> bool:
    """Return whether pypdf would start a program to decode the picture."""
    return "JBIG2" in str(picture.get("/Filter"))


def _codes(picture: StreamObject, page: str) -> Iterator[Item]:
    image = picture.decode_as_image()
    if image is not None and not is_too_large(*image.size):
        for item in codes_of(image):
            if isinstance(item, Part):
                yield Part(f"{page}, {item.part}", item.text)


def _resolved(value: Any) -> Any:
    return value.get_object() if isinstance(value, IndirectObject) else value
