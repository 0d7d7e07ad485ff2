"""The reader of HTML: visible text, hidden text, and the real targets of links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple
from urllib.parse import urljoin

from app.documents.limits import Budget
from app.documents.models import Item, Part
from app.documents.readers.encodings import decode_text
from app.documents.readers.scripts import carried, carried_file, data_uri, is_data_uri, script_items
from app.pipeline.words import word_set

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
# Our own tokens: `html.parser` takes quadratic time for some hostile pages, and `lxml.html`
# returns nothing below 300 nested elements. Possessive quantifiers keep this pattern linear.
_TOKEN = re.compile(
    r"""<!--(?P<comment>.*?)(?:--!?>|\Z)
    |<(?P<slash>/?)(?P<tag>[a-zA-Z][^\s/>]*+)
      (?:(?P<inside>(?:[^>"']++|"[^"]*+"|'[^']*+')*+)>|(?P<rest>[^>]*+)(?:>|\Z))
    |<[!?](?P<declaration>[^>]*+)(?:>|\Z)
    |[^<]++
    |<""",
    re.S | re.X,
)
_ATTRIBUTE = re.compile(
    r"""([^\s"'>/=][^\s=>/]*+)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s>]*+))?|["'=/]""", re.S
)
_RAW_ENDS = {tag: re.compile(f"</{tag}", re.I) for tag in ("script", "style", "xmp", "noembed")}
# "<user@example.com>" and "<https:" are no tags, though they begin like some.
_NO_TAG = re.compile(r"[@.]|:\Z")
_AT_ONCE = 1000
_LONGEST_SHOWN = 80
_SCRIPT_URI = re.compile(r"\s*(?:java|vb)script\s*:", re.I)
_ADDRESSES = frozenset(("href", "src", "action", "formaction"))
# Browsers take one slash, three, or backslashes for two slashes (WHATWG URL, 4.4).
_SLASHES = re.compile(r"(?i)(https?|ftp|wss?):[\\/]++")
_SLASHED = {ord("\\"): "/"}
_HOST = re.compile(r"^\w+://(?:[^/@]*@)?|[/:?#].*", re.S)
_SCHEME = re.compile(r"[a-zA-Z][\w.+-]*:|#")
_CONTROLS = re.compile(r"[\s\x00-\x1f]+")


def read_html(data: bytes, budget: Budget) -> Iterator[Item]:
    match = _CHARSET.search(data[:4096])
    yield from html_items(decode_text(data, match[1].decode("ascii") if match else None))


def html_items(text: str, depth: int = 0) -> Iterator[Item]:
    """Yield the parts of a page, each with its line in the source; `depth` counts `srcdoc`."""
    page = _Page(depth)
    for number, token in enumerate(_tokens(text)):
        page.add(token)
        if not number % _AT_ONCE:
            yield from page.take_items()
    page.flush()
    yield from page.take_items()


class _Token(NamedTuple):
    """A piece of the source of a page."""

    kind: str
    """"text", "start", "end", "raw", "broken", "comment" or "declaration"."""
    tag: str
    text: str
    line: int


def _tokens(text: str) -> Iterator[_Token]:
    """Yield the tokens of a page in one pass: hostile pages take linear time."""
    place, line = 0, 1
    raw_tag = ""
    # In XML an element may end in its own tag; in HTML a script runs up to its end tag.
    is_xml = text[:200].lstrip().startswith("<?xml")
    while place < len(text):
        if raw_tag:
            end = _RAW_ENDS[raw_tag].search(text, place)
            stop = end.start() if end else len(text)
            token, raw_tag = _Token("raw", raw_tag, text[place:stop], line), ""
        else:
            match = _TOKEN.match(text, place)
            assert match is not None  # noqa: S101  # the last alternative takes any character
            stop = match.end()
            token = _token(match, line)
            ends = is_xml and token.text.endswith("/")
            if token.kind == "start" and token.tag in _RAW_ENDS and not ends:
                raw_tag = token.tag
        yield token
        line += text.count("\n", place, stop)
        place = stop


def _token(match: re.Match[str], line: int) -> _Token:
    comment, slash, tag, inside, rest, declaration = match.group(
        "comment", "slash", "tag", "inside", "rest", "declaration"
    )
    if comment is not None:
        return _Token("comment", "", comment, line)
    if declaration is not None:
        return _Token("declaration", "", declaration, line)
    if tag is not None:
        if inside is None or _NO_TAG.search(tag):
            return _Token("broken", "", match[0], line)
        return _Token("end" if slash else "start", tag.lower(), inside, line)
    return _Token("text", "", match[0], line)


class _Page:
    """Gathers the items of a page.

    Text that inline tags split is joined ("evil<b>.com</b>"); blocks and cells separate text.
    """

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._base = ""
        self._items: list[Item] = []
        self._text: list[str] = []
        self._hidden: list[str] = []
        self._line = 1
        self._text_line = 1
        self._hidden_tag = ""
        self._hidden_depth = 0
        self._link = ""
        self._after_link = False
        self._shown: list[str] = []

    def add(self, token: _Token) -> None:
        self._line = token.line
        match token.kind:
            case "text":
                self._data(unescape(token.text))
            case "start":
                self._start(token.tag, token.text)
            case "end":
                self._end(token.tag, token.text)
            case "raw" if token.tag == "style":
                self._add(token.tag, token.text)
            case "raw":
                self._items += script_items(token.tag, token.text, token.line)
            case "broken":  # a mail address between angle brackets, for example
                self._data(" ")
                self._add("tag", unescape(token.text))
            case "comment":
                self._add("comment", token.text)
                self._items += carried("comment", token.text, token.line)
            case _:
                self._add("declaration", _NAMESPACE.sub("", token.text))

    def take_items(self) -> list[Item]:
        items, self._items = self._items, []
        return items

    def flush(self) -> None:
        self._end_link()
        self._end_block()

    def _start(self, tag: str, written: str) -> None:
        attributes = [
            (match[1].lower(), unescape(_unquoted(match[2] or "")))
            for match in _ATTRIBUTE.finditer(written)
            if match[1]
        ]
        values = dict(attributes)
        self._watch_hidden(tag, values)
        if tag == "base" and not self._base:
            self._base = self._address(values.get("href", ""))
        if tag == "a":
            self._end_link()
            if self._after_link:  # two links in a row are two texts, though both are inline
                self._text.append(" ")
        self._after_link = False
        for name, value in attributes:
            if (tag, name) == ("a", "href") and not self._link:
                self._link = value
            else:
                self._attribute(name, value)
        if tag in _CELLS:
            self._text.append(" | ")
        elif tag not in _INLINE:
            self._end_block()

    def _end(self, tag: str, attributes: str) -> None:
        if tag == self._hidden_tag:
            self._hidden_depth -= 1
            if not self._hidden_depth:
                self._hidden_tag = ""
        self._after_link = tag == "a"
        if tag == "a":
            self._end_link()
        elif tag not in _INLINE and tag not in _CELLS:
            self._end_block()
        self._add("tag", unescape(attributes))

    def _data(self, data: str) -> None:
        self._after_link = False
        if self._hidden_tag:
            self._hidden.append(data)
            return
        if not self._text:
            self._text_line = self._line
        self._text.append(data)
        if self._link:
            self._shown.append(data)

    def _watch_hidden(self, tag: str, values: dict[str, str]) -> None:
        if tag in _VOID:
            return
        if self._hidden_tag:
            self._hidden_depth += tag == self._hidden_tag
        elif "hidden" in values or _HIDDEN.search(values.get("style", "")):
            self._hidden_tag, self._hidden_depth = tag, 1

    def _attribute(self, name: str, value: str) -> None:
        if is_data_uri(value):
            self._data_uri(value)
        elif name.startswith("on") or _SCRIPT_URI.match(value):
            self._items += script_items(f"attribute {name[:40]}", value, self._line)
        elif name == "srcdoc" and self._depth < 3:
            line = self._line
            for item in html_items(value, self._depth + 1):
                if isinstance(item, Part):
                    item = Part(f"attribute srcdoc, {item.part}", item.text, line, True)
                self._items.append(item)
        elif not (name.startswith("xmlns") and _NAMESPACE.fullmatch(value)):
            target = self._address(value) if name in _ADDRESSES else value
            self._add(f"attribute {name[:40]}", target)

    def _address(self, written: str) -> str:
        """Return the address that a browser asks for."""
        # Browsers drop tabs and line breaks inside of a target (WHATWG URL, 4.4).
        target = written.translate({9: None, 10: None, 13: None}).strip()
        if match := _SLASHES.match(target):
            path, mark, query = target[match.end() :].partition("?")
            repaired = f"{match[1]}://{path.translate(_SLASHED)}{mark}{query}"
            if not target.startswith("//", len(match[1]) + 1):
                # The host is certain; that the rest is an address is only the browser's view.
                self._add("host of a link", _HOST.sub("", repaired))
            return repaired
        if self._base and target and not _SCHEME.match(target):
            try:
                return urljoin(self._base, target)
            except ValueError:  # the base is no URL
                return target
        return target

    def _end_link(self) -> None:
        link, self._link = self._link, ""
        shown, self._shown = _CONTROLS.sub(" ", "".join(self._shown)).strip(), []
        part = f"link shown as {shown[:_LONGEST_SHOWN]}" if "." in shown else "link"
        if is_data_uri(link):
            self._data_uri(link)
        elif _SCRIPT_URI.match(link):
            self._items += script_items(part, link, self._line)
        elif link:
            self._add(part, self._address(link))

    def _end_block(self) -> None:
        text, self._text = "".join(self._text), []
        hidden, self._hidden = "".join(self._hidden), []
        if text.strip(" |\r\n\t"):
            self._items.append(Part("text", text, self._text_line))
        if hidden.strip():
            self._add("hidden text", hidden)

    def _add(self, part: str, text: str) -> None:
        if any(mark in text for mark in ".:@-%") or len(text) >= 32:
            self._items.append(Part(part, text, self._line))

    def _data_uri(self, uri: str) -> None:
        kind, written, data = data_uri(uri)
        self._add("data URI", written[:2000])
        self._items += carried_file(kind, data, self._line)


def _unquoted(value: str) -> str:
    return value[1:-1] if value[:1] in ("'", '"') and value[-1:] == value[:1] else value
