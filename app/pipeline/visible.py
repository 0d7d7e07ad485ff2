"""Makes hostile text safe to look at: characters that steer the display are shown by number."""

from __future__ import annotations

import unicodedata

# Cc controls, Cf format (bidi, zero width), Cs lone surrogates, Co private use,
# Zl and Zp line and paragraph separators: none has a shape of its own. A right-to-left override
# makes "exe.fdp" of "pdf.exe".
SHAPELESS = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
# More combining marks on one letter than any script needs would run over the lines above and
# below; the surplus ones are shown by number too.
MAX_MARKS = 4


def make_visible(text: str, limit: int | None = None) -> str:
    """Return one line, cut at `limit` characters; shapeless characters become ‹U+202E›."""
    cut = limit is not None and len(text) > limit
    shown = text[:limit] if cut else text
    if not (shown.isascii() and shown.isprintable()):
        shown = _escape(shown)
    return shown + "…" if cut else shown


def _escape(text: str) -> str:
    parts: list[str] = []
    marks = 0
    for char in text:
        category = unicodedata.category(char)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if char in "\n\r\t":
            parts.append(" ")
        elif category in SHAPELESS or marks > MAX_MARKS:
            parts.append(f"‹U+{ord(char):04X}›")
        else:
            parts.append(char)
    return "".join(parts)
