"""Reads the scheme before a host in the many ways that make no link of it.

Nothing is searched for here: the finders ask at the places where they found `://` or a host.
"""

from __future__ import annotations

import re

from app.pipeline import normalizer

# Letters of "http" are doubled, lost, or replaced by others. Only the oldest spellings may have
# a letter before them; a shorter or odder word could end a word of another language.
_WORD = r"""(?:
      h[\[({]?[tx*_]{2}[\])}]?p
    | (?<![a-z0-9+.\-])(?:
        meow | purr | s?f[tx*]p | ws | ldap | rmi | [tx]{2,3}p
      | h[\[({]?[htxz0*_+\#$.\-]{1,5}[\])}]?p
      | h\ t\ t\ p(?:\ (?=s))? | h\ x\ x\ p(?:\ (?=s))?
      )
    )(?:[\[({]?s[\])}]?)?"""
_SPELLED = re.compile(rf"(?:[\[({{<]{_WORD}[\])}}>]|{_WORD})\ ?$", re.IGNORECASE | re.VERBOSE)
_WINDOW = 20
# What should be "://": with a lost or doubled mark, with spaces, brackets or percent-encoding.
# A colon alone is enough directly before a host.
_LOOSE = re.compile(
    rf"""(?<![\w/?&%.\#:@+=\-])(?P<key>(?<=[\s"'(])[\w-]{{1,20}}=["']?)?
    (?P<word>[\[({{<]{_WORD}[\])}}>]|{_WORD})
    (?P<mark>
        \ ?[\[({{]?:{{1,2}}[\])}}]?\ ?[\[({{]?/{{1,4}}[\])}}]?\ ?/?\ ?
      | [;.,]?//\ ?
      | %3A/{{1,3}}
      | [\[({{]?:[\])}}]?\ ?
    )$""",
    re.IGNORECASE | re.VERBOSE,
)
_LOOSE_WINDOW = 50


def scheme_before(text: str, at: int) -> tuple[str | None, int]:
    """Return the plain scheme that ends at a position, and its begin; None if there is none."""
    if match := _SPELLED.search(text, max(0, at - _WINDOW), at):
        return normalizer.scheme(match[0]), match.start()
    return None, at


def loose_scheme(text: str, host: int) -> tuple[str, int, bool] | None:
    """Return the scheme before a host without a proper `://`, its begin, and whether it is sure.

    It is sure if prose cannot look so: `hxxp:` is a scheme, "HTTP: " may be a label.
    """
    left = text[host - 1]
    if (text[host - 2] if left == " " else left) not in "/:":
        return None
    if left == "/" and text[host - 2].isalnum() and text[host - 4 : host - 1].lower() != "%3a":
        return None  # a path
    match = _LOOSE.search(text, max(0, host - _LOOSE_WINDOW), host)
    name = normalizer.scheme(match["word"]) if match else None
    if match is None or name is None:
        return None
    is_sure = match["word"].lower() != name or "/" in match["mark"]
    return name, match.start("word"), is_sure
