"""Hides keys in what a provider answered: it, or a proxy, may echo what it was sent."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from html.entities import codepoint2name
from typing import Any
from urllib.parse import unquote

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


class Mask:
    """Finds keys as they are, escaped for JSON, HTML or an address, in base64, and in hex.

    Letters match in either case: names of hosts, headers and hex are written in both.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        # The longest first: one key may begin with another.
        kept = sorted({s for s in secrets if len(s) >= SHORTEST}, key=len, reverse=True)
        encoded = [form for secret in kept for form in _encoded(secret)]
        self._plain = tuple({form.lower() for form in (*kept, *encoded)})
        patterns = ["".join(map(_escapable, secret)) for secret in kept]
        patterns += [re.escape(form) for form in encoded]
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


def _escapable(character: str) -> str:
    """Return a pattern for a character, itself or escaped, also more than once."""
    code = ord(character)
    forms = [
        rf"\\*{re.escape(character)}",
        rf"%(?:25)*{code:02x}",
        rf"\\+u{code:04x}",
        rf"&(?:amp;)*#(?:0*{code}|x0*{code:x});?",
    ]
    if name := codepoint2name.get(code):
        forms.append(rf"&(?:amp;)*{name};")
    return f"(?:{'|'.join(forms)})"


def _encoded(secret: str) -> Iterable[str]:
    raw = secret.encode()
    yield raw.hex()
    for before, unclear in enumerate(UNCLEAR):
        whole = (before + len(raw)) * 8 // 6
        form = b64encode(bytes(before) + raw).decode()[unclear:whole]
        yield form
        yield form.translate(str.maketrans("+/", "-_"))
