"""HTML: what is shown, what is hidden, and where the links really lead."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import unquote_to_bytes

from app.documents.kinds import Kind, kind_of
from app.documents.limits import Budget
from app.documents.models import Item, Member, Part
from app.documents.readers.encodings import decode_text
from app.pipeline.words import word_set

_CHUNK = 1 << 20
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w:.-]{2,40})", re.I)
_INLINE = word_set(
    "a abbr acronym b bdi bdo big center cite code data dfn em font i ins kbd label mark nobr q s "
    "samp small span strike strong sub sup time tt u var wbr del o:p img"
)
_CELLS = frozenset(("td", "th"))
_VOID = word_set("area base br col embed hr img input link meta param source track wbr")
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|pt|em|%)?\s*(?:[;!]|$)"
    r"|mso-hide\s*:\s*all|opacity\s*:\s*0(?:\.0+)?\s*(?:[;!]|$)",
    re.I,
)
_NAMESPACE = re.compile(
    r"https?://(?:www\.w3\.org|schemas\.[a-z.-]+|purl\.org|ns\.adobe\.com|www\.wapforum\.org)/\S*"
)
_DATA_URI = re.compile(r"data:([\w.+/-]*)((?:;[\w.+=\"-]*)*),", re.I)
_BASE64 = re.compile(r"[A-Za-z0-9+/]{120,}={0,2}")
_URL = re.compile(r"\bh(?:tt|xx)ps?://[^\s\"'<>&]{4,60}", re.I)
_LONGEST_SHOWN = 80
_CONTROLS = re.compile(r"[\s\x00-\x1f]+")


def read_html(data: bytes, budget: Budget) -> Iterator[Item]:
    match = _CHARSET.search(data[:4096])
    yield from html_items(decode_text(data, match[1].decode("ascii") if match else None))


def html_items(text: str, depth: int = 0) -> Iterator[Item]:
    """The parts of a page, each with its line in the source."""
    parser = _Parser(depth)
    for start in range(0, len(text), _CHUNK):
        parser.feed(text[start : start + _CHUNK])
        yield from parser.taken()
    parser.close()
    parser.flush()
    yield from parser.taken()
    yield from _overlooked(text, parser.urls)


class _Parser(HTMLParser):
    """Joins what inline tags split; keeps apart what blocks and cells do."""

    def __init__(self, depth: int) -> None:
        super().__init__(convert_charrefs=True)
        self.urls: set[str] = set()
        self._depth = depth
        self._items: list[Item] = []
        self._text: list[str] = []
        self._hidden: list[str] = []
        self._line = 1
        self._hidden_tag = ""
        self._hidden_depth = 0
        self._link = ""
        self._shown: list[str] = []
        self._raw_tag = ""

    def taken(self) -> list[Item]:
        items, self._items = self._items, []
        return items

    def flush(self) -> None:
        self._end_link()
        self._end_block()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attributes}
        if tag in ("script", "style"):
            self._raw_tag = tag
        self._watch_hidden(tag, values)
        if tag == "a":
            self._end_link()
            self._link = values.pop("href", "")
        for name, value in values.items():
            self._attribute(name, value)
        if tag in _CELLS:
            self._text.append(" | ")
        elif tag not in _INLINE:
            self._end_block()

    def handle_endtag(self, tag: str) -> None:
        self._raw_tag = ""
        if tag == self._hidden_tag:
            self._hidden_depth -= 1
            if not self._hidden_depth:
                self._hidden_tag = ""
        if tag == "a":
            self._end_link()
        elif tag not in _INLINE and tag not in _CELLS:
            self._end_block()

    def handle_data(self, data: str) -> None:
        if self._raw_tag:
            self._add(self._raw_tag, data)
            self._smuggled(data)
        elif self._hidden_tag:
            self._hidden.append(data)
        else:
            if not self._text:
                self._line = self.getpos()[0]
            self._text.append(data)
            if self._link:
                self._shown.append(data)

    def handle_comment(self, data: str) -> None:
        self._add("comment", data)
        self._smuggled(data)

    def handle_decl(self, declaration: str) -> None:
        self._add("declaration", _NAMESPACE.sub("", declaration))

    def unknown_decl(self, data: str) -> None:
        self._add("declaration", data)

    def handle_pi(self, data: str) -> None:
        self._add("instruction", _NAMESPACE.sub("", data))

    def _watch_hidden(self, tag: str, values: dict[str, str]) -> None:
        if tag in _VOID:
            return
        if self._hidden_tag:
            self._hidden_depth += tag == self._hidden_tag
        elif "hidden" in values or _HIDDEN.search(values.get("style", "")):
            self._hidden_tag, self._hidden_depth = tag, 1

    def _attribute(self, name: str, value: str) -> None:
        if _DATA_URI.match(value.lstrip()):
            self._data_uri(value.lstrip())
        elif name == "srcdoc" and self._depth < 3:
            line = self.getpos()[0]
            for item in html_items(value, self._depth + 1):
                if isinstance(item, Part):
                    item = Part(f"attribute srcdoc, {item.part}", item.text, line, True)
                self._items.append(item)
        elif not (name.startswith("xmlns") and _NAMESPACE.fullmatch(value)):
            self._add(f"attribute {name[:40]}", value)

    def _end_link(self) -> None:
        link, self._link = self._link, ""
        shown, self._shown = _CONTROLS.sub(" ", "".join(self._shown)).strip(), []
        if link and _DATA_URI.match(link.lstrip()):
            self._data_uri(link.lstrip())
        elif link:
            # A target may have breaks in it, which browsers leave out.
            target = link.translate({9: None, 10: None, 13: None}).strip()
            self._add(f"link shown as {shown[:_LONGEST_SHOWN]}" if "." in shown else "link", target)

    def _end_block(self) -> None:
        text, self._text = "".join(self._text), []
        hidden, self._hidden = "".join(self._hidden), []
        if text.strip(" |\r\n\t"):
            self._items.append(Part("text", text, self._line))
            self._note(text)
        if hidden.strip():
            self._add("hidden text", hidden)

    def _add(self, part: str, text: str) -> None:
        if any(mark in text for mark in ".:@-%") or len(text) >= 32:
            self._items.append(Part(part, text, self.getpos()[0]))
            self._note(text)

    def _note(self, text: str) -> None:
        self.urls.update(match[0].lower() for match in _URL.finditer(text))

    def _data_uri(self, uri: str) -> None:
        match = _DATA_URI.match(uri)
        assert match is not None  # noqa: S101  # for the type checker: it was matched before
        kind, encoded = match[1].lower(), uri[match.end() :]
        data = unquote_to_bytes(encoded)
        if "base64" in match[2].lower():
            data = _base64(data.decode("ascii", "replace")) or b""
        self._add("data URI", encoded[:2000])
        if data and (not kind.startswith(("image/", "font/")) or "svg" in kind):
            self._items.append(Member("data URI", data, "embedded"))

    def _smuggled(self, text: str) -> None:
        """Files that a script carries in base64."""
        for match in _BASE64.finditer(text):
            data = _base64(match[0])
            if data and kind_of(data[:4096], data[-4096:]) is not Kind.BINARY:
                self._items.append(
                    Member(f"base64 in {self._raw_tag or 'comment'}", data, "embedded")
                )


def _base64(text: str) -> bytes | None:
    kept = re.sub(r"[^A-Za-z0-9+/_-]", "", text).translate({45: "+", 95: "/"})
    try:
        return b64decode(kept + "=" * (-len(kept) % 4))
    except (Base64Error, ValueError):
        return b64decode(kept[: len(kept) & ~3])


def _overlooked(text: str, urls: set[str]) -> Iterator[Item]:
    """The lines with an address that the parser has not told, as in a tag without an end."""
    for number, line in enumerate(text.split("\n"), 1):
        if "://" not in line:
            continue
        missed = [m for m in _URL.finditer(line) if m[0].lower() not in urls]
        for match in missed[:100]:
            rest = line[match.start() : match.start() + 2000]
            if not _NAMESPACE.match(rest):
                yield Part("source", re.split(r"[\s\"'<>]", rest, maxsplit=1)[0], number)
