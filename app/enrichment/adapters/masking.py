"""Hides keys in what a provider answered: it, or a proxy, may echo what it was sent."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from html import escape
from html.entities import codepoint2name
from typing import Any
from urllib.parse import quote, unquote

from app.enrichment.models import EnrichmentResult

MASK = "‹key›"
# No provider gives out a key this short, and ordinary words and codes of countries are: to hide
# one would garble every answer.
SHORTEST = 8
# The characters that begin an escape of JSON, HTML, or an address.
ESCAPES = re.compile(r"[\\%&]")
# What base64 makes of the first bytes also depends on those before: characters to leave out
# after so many bytes.
UNCLEAR = (0, 2, 3)
URL_SAFE = str.maketrans("+/", "-_")


class Mask:
    """Finds keys as they are, escaped for JSON, HTML or an address, in base64, and in hex.

    Letters match in either case: names of hosts, headers and hex are written in both.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        # The longest first: one key may begin with another.
        kept = sorted({s for s in secrets if len(s) >= SHORTEST}, key=len, reverse=True)
        encoded = [form for secret in kept for form in _encoded(secret)]
        self._plain = tuple({form.lower() for form in (*kept, *encoded)})
        patterns = [re.escape(form) for form in sorted(encoded, key=len, reverse=True)]
        patterns += [pattern for secret in kept for pattern in _escapable(secret)]
        self._pattern = re.compile("|".join(patterns), re.IGNORECASE) if patterns else None

    def text(self, text: str) -> str:
        if self._pattern is None:
            return text
        lowered = text.lower()
        if ESCAPES.search(text) or any(form in lowered for form in self._plain):
            return self._pattern.sub(MASK, text)
        return text

    def json(self, value: Any) -> Any:
        """Return JSON with each text masked, names of fields included."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(name): self.json(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.json(item) for item in value]
        if isinstance(value, int) and not isinstance(value, bool):
            return value if self.text(str(value)) == str(value) else MASK
        return value


@lru_cache(maxsize=16)
def mask_of(secrets: frozenset[str]) -> Mask:
    return Mask(secrets)


def without_masked_link(result: EnrichmentResult) -> EnrichmentResult:
    """Drop a link in which a key was hidden: it leads nowhere."""
    is_masked = result.link is not None and MASK in unquote(result.link)
    return replace(result, link=None) if is_masked else result


def _escapable(secret: str) -> Iterator[str]:
    """Yield patterns for a key of which each character may be escaped, also twice.

    A character is atomic and of bounded length, so that no answer makes the search slow.
    """
    forms = [_forms(character) for character in secret]
    yield "".join(f"(?>{'|'.join(found)})" for found in forms)
    if ESCAPES.search(secret):  # a character of the key looks like an escape of itself
        yield "".join(f"(?>{'|'.join(reversed(found))})" for found in forms)


def _forms(character: str) -> list[str]:
    code = ord(character)
    forms = [
        re.escape(character),
        rf"%(?:25){{0,2}}{code:02x}",
        rf"\\{{1,3}}u{code:04x}",
        rf"&(?:amp;){{0,2}}#(?:0{{0,6}}{code}|x0{{0,6}}{code:x});?",
    ]
    if character in '"/':
        forms.append(rf"\\{{1,3}}{character}")
    if name := codepoint2name.get(code):
        forms.append(rf"&(?:amp;){{0,2}}{name};")
    return forms


def _encoded(secret: str) -> Iterator[str]:
    """Yield what the whole key becomes."""
    # Also where a character of the key itself looks like the begin of an escape.
    yield json.dumps(secret)[1:-1]
    yield escape(secret)
    yield quote(secret, safe="")
    yield quote(quote(secret, safe=""), safe="")
    raw = secret.encode()
    yield raw.hex()
    for before, unclear in enumerate(UNCLEAR):
        whole = (before + len(raw)) * 8 // 6
        form = b64encode(bytes(before) + raw).decode()[unclear:whole]
        yield form
        yield form.translate(URL_SAFE)
