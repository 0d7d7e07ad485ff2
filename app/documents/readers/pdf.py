"""The reader of PDF: text of pages, links, scripts, forms, embedded files."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from pypdf import PageObject, PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject, StreamObject

from app.documents.limits import Budget
from app.documents.models import Item, Member, Part, Unread
from app.documents.readers.archives import ENCRYPTED, PASSWORDS
from app.documents.readers.binary import strings
from app.documents.readers.encodings import decode_text
from app.documents.readers.inflating import Inflating
from app.documents.readers.wrapped import unwrapped
from app.errors import DocumentError

_BEGIN, _END = b"%PDF-", b"%%EOF"
# What pypdf raises over damaged files.
_TROUBLE = (
    *(PyPdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, OSError),
    *(NotImplementedError, AssertionError, OverflowError, zlib.error),
)
_TEXT_OPERATORS = re.compile(rb"[)>\]]\s*(?:Tj|TJ|'|\")")
_STREAM = re.compile(rb"stream\r?\n")
_MOST_OBJECTS = 100_000  # objects that are looked into
_DEEPEST = 20
# The keys of dictionaries whose strings may hold an IOC (ISO 32000).
_TELLING = frozenset(
    ("/URI", "/JS", "/F", "/UF", "/V", "/DV", "/TU", "/Contents", "/RC", "/Title", "/Author",
     "/Subject", "/Keywords", "/Creator", "/Producer", "/Desc", "/D", "/P", "/O", "/Base", "/URL",
     "/T", "/CA", "/Info", "/Win", "/Unix", "/Mac")
)  # fmt: skip
_TEXT_STREAMS = frozenset(("/Metadata", "/XFA", "/JS", "/RichMedia"))


def read_pdf(data: bytes, budget: Budget) -> Iterator[Item]:
    begin, end = data.find(_BEGIN), data.rfind(_END)
    if begin > 0 and data[:begin].strip():
        yield Member("what stands before the document", data[:begin], "embedded")
    behind = data[end + len(_END) :] if end >= 0 else b""
    if behind.strip(b"\x00\r\n\t "):
        yield Member("what stands behind the document", behind, "embedded")
    try:
        reader = _opened(data[max(begin, 0) :])
        pages = _page_count(reader)
    except (*_TROUBLE, RecursionError) as e:
        yield from _salvaged(data, budget)
        yield Unread(f"It is damaged ({type(e).__name__}); only readable pieces were read.")
        return
    if end < 0:
        yield Unread("Its end is missing.")
    # The text of the pages comes last, because it takes the time: a page of 109 kB took 17 s.
    linked: set[str] = set()
    for number in range(pages):
        for item in _links(reader, number):
            if isinstance(item, Part):
                linked.add(item.text)
            yield item
    for item in _objects(reader, budget):
        if not (isinstance(item, Part) and item.part == "URI" and item.text in linked):
            yield item
    for number in range(pages):
        yield from _page_text(reader, number)
    if b"/Image" in data or b"/ObjStm" in data:
        from app.documents.readers.pdf_pictures import picture_codes

        yield from picture_codes(reader, pages)


def _opened(data: bytes) -> PdfReader:
    reader = PdfReader(BytesIO(data), strict=False)
    if reader.is_encrypted and not any(reader.decrypt(word) for word in ("", *PASSWORDS)):
        raise DocumentError(ENCRYPTED)
    return reader


def _page_count(reader: PdfReader) -> int:
    count = len(reader.pages)
    if not count:
        raise ValueError("no pages")
    return count


def _page_text(reader: PdfReader, number: int) -> Iterator[Item]:
    place = f"page {number + 1}"
    try:
        page = reader.pages[number]
        text = page.extract_text()
        has_no_letters = not any(map(str.isalnum, text)) and _has_text(page)
    except (*_TROUBLE, RecursionError) as e:
        yield Unread(f"The text of {place} could not be read ({type(e).__name__}).")
        return
    yield Part(place, unwrapped(text))
    if has_no_letters:
        yield Unread(f"The letters of {place} could not be decoded.")


def _has_text(page: PageObject) -> bool:
    """Return whether a page has operators that draw text; fonts may hide which letters."""
    contents = page.get_contents()
    return contents is not None and bool(_TEXT_OPERATORS.search(contents.get_data()))


def _links(reader: PdfReader, number: int) -> Iterator[Item]:
    place = f"page {number + 1}"
    try:
        annotations = reader.pages[number].get("/Annots")
        for one in (annotations.get_object() if annotations is not None else None) or ():
            action = one.get_object().get("/A")
            action = action.get_object() if action is not None else None
            if isinstance(action, DictionaryObject) and "/URI" in action:
                yield Part(f"{place}, link", _text(action["/URI"]))
    except (*_TROUBLE, RecursionError) as e:
        yield Unread(f"The links of {place} could not be read ({type(e).__name__}).")


def _objects(reader: PdfReader, budget: Budget) -> Iterator[Item]:
    """Yield addresses, scripts, forms and files from all objects, also those of no page."""
    numbers = _numbers(reader)
    if len(numbers) > _MOST_OBJECTS:
        yield Unread(f"Of {len(numbers):,} objects only {_MOST_OBJECTS:,} were read.")
    seen: set[tuple[str, str]] = set()
    unread = 0
    for number, generation in numbers[:_MOST_OBJECTS]:
        try:
            found = reader.get_object(IndirectObject(number, generation, reader))
            items = list(_telling(found, "", 0, budget, reader)) if found is not None else []
        except (*_TROUBLE, RecursionError):
            unread += 1
            continue
        for item in items:
            if isinstance(item, Part):
                if (item.part, item.text) in seen:
                    continue
                seen.add((item.part, item.text))
            yield item
    if unread:
        yield Unread(f"{unread:,} of its objects could not be read.")


def _numbers(reader: PdfReader) -> list[tuple[int, int]]:
    found = [(n, gen) for gen, objects in reader.xref.items() for n in objects]
    return sorted({*found, *((n, 0) for n in reader.xref_objStm)})


def _telling(value: Any, key: str, depth: int, budget: Budget, reader: PdfReader) -> Iterator[Item]:
    """Yield the strings of an object under the keys in `_TELLING`.

    References to other objects are not followed: `_objects` reads each object by its number.
    """
    if depth > _DEEPEST:
        return
    if isinstance(value, IndirectObject):
        # Strings, and scripts in streams, may stand in an object of their own.
        if key in _TELLING or key in _TEXT_STREAMS:
            target = value.get_object()
            if isinstance(target, (str, bytes)):
                yield Part(key[1:], _text(target))
            elif isinstance(target, StreamObject) and key in _TEXT_STREAMS:
                yield Part(key[1:], decode_text(target.get_data()))
    elif isinstance(value, StreamObject):
        yield from _stream(value, key)
        yield from _entries(value, depth, budget, reader)
    elif isinstance(value, DictionaryObject):
        yield from _entries(value, depth, budget, reader)
    elif isinstance(value, ArrayObject):
        for item in value:
            yield from _telling(item, key, depth + 1, budget, reader)
    elif isinstance(value, (str, bytes)) and key in _TELLING and not isinstance(value, NameObject):
        yield Part(key[1:], _text(value))


def _entries(
    value: DictionaryObject, depth: int, budget: Budget, reader: PdfReader
) -> Iterator[Item]:
    for key in value:
        if key != "/Parent":
            yield from _telling(value.raw_get(key), str(key), depth + 1, budget, reader)
    embedded = value.get("/EF")
    if isinstance(embedded, DictionaryObject):
        name = _text(value.get("/UF") or value.get("/F") or "unnamed")
        seen = set()
        for key in embedded:
            stream = embedded[key].get_object()
            if isinstance(stream, StreamObject) and id(stream) not in seen:
                seen.add(id(stream))
                yield Member(name, stream.get_data(), "embedded")


def _stream(value: StreamObject, key: str) -> Iterator[Item]:
    if value.get("/Type") in _TEXT_STREAMS or key in _TEXT_STREAMS:
        yield Part((key or str(value.get("/Type")))[1:], decode_text(value.get_data()))


def _text(value: Any) -> str:
    return decode_text(bytes(value)) if isinstance(value, bytes) else str(value)


# The id of a file, and what its encryption needs, are digits that no one looks up.
_KEYS = re.compile(
    rb"/(?:ID\s{0,8}\[[^\]]{0,400}\]"
    rb"|(?:O|U|OE|UE|Perms)\s{0,8}(?:<[^<>]{0,400}>|\((?:\\.|[^\\)]){0,400}\)))",
    re.DOTALL,
)


def _salvaged(data: bytes, budget: Budget) -> Iterator[Item]:
    """Yield the text of a damaged file: runs of letters, and streams that can be unpacked."""
    yield from strings(_KEYS.sub(b"", data), "strings")
    for match in _STREAM.finditer(data):
        body = data[match.end() : data.find(b"endstream", match.end()) % (len(data) + 1)]
        content, _ = budget.unpack(Inflating(body, may_be_cut=True), len(body))
        # "(evil) -20 (.com) Tj": the numbers move letters apart; without them the text is whole.
        shown = re.sub(rb"\)\s*-?[\d.]*\s*\(", b"", content)
        yield from strings(shown, "strings of streams")
