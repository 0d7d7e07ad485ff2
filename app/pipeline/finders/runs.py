"""Judges the shape of a run of letters, digits, dots and hyphens, in which a name may stand."""

from __future__ import annotations

import re

from app.pipeline.classifier import HOST_TLDS, is_octets
from app.pipeline.refang import DOT
from app.pipeline.words import word_set

_STARTERS = word_set("""
    A After All Also An And As At Before Both But By Each For From He Her His How However If In It
    Its My No Not On Once One Our She So Some That The Their Then There These They This Those To
    Upon We When Where Which While Who With You Your
    """)
"""Words with a capital that begin sentences, and are no extensions of files."""
_LONGEST_STARTER = 8


def begins_sentence(text: str, name: str, end: int) -> bool:
    """Return whether the last label begins a sentence: "example.com.In addition"."""
    before, _, last = name.rpartition(".")
    if not last.istitle() or text[end] not in " '\u2019" or not text[end + 1].isalpha():
        return False
    labels = before.split(".")
    if len(labels) == 4 and is_octets(labels):
        return True
    return len(labels) > 1 and labels[-1] in HOST_TLDS and before.islower()


def before_sentence(text: str, start: int, end: int) -> int:
    """Return the end of a path without the first word of a sentence: "evil.com/a.It was"."""
    if text[end] == " " and text[end + 1].isalpha():
        dot = text.rfind(".", max(start, end - _LONGEST_STARTER), end)
        if dot >= 0 and text[dot + 1 : end] in _STARTERS:
            return dot
    return end


def trimmed(run: str, start: int) -> tuple[str, int]:
    """Return the name without the marks around it, and its begin.

    "_dmarc.example.com" keeps its underscore; "_example.com_", emphasis in Markdown, loses both.
    """
    stripped = run.rstrip("._-" + DOT)
    edge = ".-" + DOT if len(stripped) == len(run) else "._-" + DOT
    name = stripped.lstrip(edge)
    return name, start + len(stripped) - len(name)


def is_numeric(run: str) -> bool:
    return run.replace(".", "").replace(DOT, "").isdecimal()


def is_mixed(run: str) -> bool:
    """Return whether a label mixes ASCII with another script, as in a sentence without spaces."""
    labels = run.replace(DOT, ".").split(".")
    return any(not label.isascii() and re.search("[ -~]", label) for label in labels)
