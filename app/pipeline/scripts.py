"""Finds host names that can be mistaken for others: mixed scripts, or letters like Latin ones."""

from __future__ import annotations

import unicodedata

# Letters that look like Latin ones in common typefaces
# (https://www.unicode.org/Public/security/latest/confusables.txt, the single lower-case letters).
_PASS_FOR_LATIN = frozenset(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u04bb\u0501\u051b\u051d\u04cf"
    "\u03b1\u03b9\u03ba\u03bd\u03bf\u03c1\u03c5\u0131\u0261\u0251\u0578\u057d\u0585\u0581\u0570"
)
# Sets of scripts that one language mixes in one word: Japanese, Korean, Chinese (UTS 39, 5.2).
_EAST_ASIAN = (
    frozenset(("CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC", "LATIN")),
    frozenset(("CJK", "HANGUL", "LATIN")),
    frozenset(("CJK", "BOPOMOFO", "LATIN")),
)


def is_deceptive(host: str) -> bool:
    """Return whether a canonical host name has a deceptive label; labels are judged one by one."""
    return "xn--" in host and any(_is_deceptive_label(label) for label in host.split("."))


def _is_deceptive_label(label: str) -> bool:
    if not label.startswith("xn--"):
        return False
    try:
        written = label.encode("ascii").decode("idna")
    except UnicodeError:  # a browser shows such a label as it is, not in other letters
        return False
    letters = [character for character in written if character.isalpha()]
    if letters and _PASS_FOR_LATIN.issuperset(c for c in letters if not c.isascii()):
        return True
    scripts = {_script(letter) for letter in letters}
    return len(scripts) > 1 and not any(scripts <= allowed for allowed in _EAST_ASIAN)


def _script(letter: str) -> str:
    # The first word of the name of a letter is its script, in nearly all cases; the standard
    # library has no table of scripts.
    return unicodedata.name(letter, "UNNAMED").partition(" ")[0]
