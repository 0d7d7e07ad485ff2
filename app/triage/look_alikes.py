"""Names that look like one of the analyst's own: asking about them tells who is attacked."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache

from app.context.registered_domain import registered_name

# Latin letter -> characters that look like it in common typefaces: letters of other scripts
# (https://www.unicode.org/Public/security/latest/confusables.txt, single lower-case letters),
# strokes that Unicode does not take apart, and the digits that are written for letters.
PASS_FOR = {
    "a": "\u0430\u03b1\u02514",
    "b": "\u04328",
    "c": "\u0441",
    "d": "\u0501\u0111",
    "e": "\u0435\u03b53",
    "g": "\u0261\u05819",
    "h": "\u04bb\u043d\u0570\u0127",
    "j": "\u0458",
    "k": "\u03ba\u043a",
    "l": "\u04cf\u01421i\u0456\u03b9\u0131",
    "m": "\u043c",
    "n": "\u0578\u03b7",
    "o": "\u043e\u03bf\u0585\u00f80",
    "p": "\u0440\u03c1",
    "q": "\u051b",
    "s": "\u04555",
    "t": "\u0442\u03c47",
    "u": "\u03c5\u057d",
    "v": "\u03bd",
    "w": "\u051d",
    "x": "\u0445",
    "y": "\u0443",
}
LETTERS = str.maketrans({c: latin for latin, others in PASS_FOR.items() for c in others})
# Pairs that a proportional typeface draws like one letter.
PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
# Shorter labels are one edit away from too many words.
LEAST_EDITED = 5
# Shorter labels are parts of too many words.
LEAST_PART = 3
# Common names of hosts: a look-alike of mail.example.com would match every mail server.
COMMON_PARTS = frozenset(
    ("www", "mail", "api", "app", "cdn", "login", "web", "shop", "blog", "dev")
)


class LookAlikes:
    """An index over own names that finds the one that a host imitates."""

    def __init__(self, own_domains: Iterable[str]) -> None:
        self._names: dict[str, str] = {}
        """Skeleton of a name -> the own name."""
        self._labels: dict[str, str] = {}
        """Skeleton of the registered label, without the public suffix -> the own name."""
        self._shortened: dict[str, set[str]] = defaultdict(set)
        """Label with one letter left out, or none -> own labels. Two labels with a common entry can
        be one edit apart; `is_one_edit` decides."""
        self._parts: dict[str, str] = {}
        self._label_parts: dict[str, str] = {}
        """Skeletons with hyphens instead of dots, as they appear inside other names."""
        for name in own_domains:
            self._add(name)
        self._part = _pattern(self._parts)
        self._label_part = _pattern(self._label_parts)

    def imitated(self, host: str) -> str | None:
        """Return the own name that the host looks like, None without one.

        The caller has excluded own names and their subdomains, which look like themselves.
        """
        if not self._names or (registered := registered_name(host)) is None:
            return None
        label = skeleton(registered.partition(".")[0])
        return (
            self._names.get(skeleton(registered))
            or self._labels.get(label)
            or self._one_edit_away(label)
            or self._part_of(host, registered)
        )

    def _add(self, name: str) -> None:
        self._names[skeleton(name)] = name
        self._parts[skeleton(name).replace(".", "-")] = name
        if registered_name(name) != name:  # the first label of a subdomain may be any word
            return
        written = name.partition(".")[0]
        label = skeleton(written)
        self._labels.setdefault(label, name)
        if len(written) >= LEAST_PART and written not in COMMON_PARTS:
            self._label_parts.setdefault(label, name)
        if len(label) >= LEAST_EDITED:
            for shortened in _shortened(label):
                self._shortened[shortened].add(label)

    def _one_edit_away(self, label: str) -> str | None:
        for shortened in _shortened(label):
            for own in self._shortened.get(shortened, ()):
                if is_one_edit(label, own):
                    return self._labels[own]
        return None

    def _part_of(self, host: str, registered: str) -> str | None:
        """Return the own name that stands between dots or hyphens: example-login.com."""
        if found := self._part.search(skeleton(host).replace(".", "-")):
            return self._parts[found[1]]
        suffix = registered.partition(".")[2]
        labels = skeleton(host.removesuffix(f".{suffix}"))
        found = self._label_part.search(labels.replace(".", "-"))
        return self._label_parts[found[1]] if found else None


def _pattern(parts: Iterable[str]) -> re.Pattern[str]:
    """Compile a pattern for the longest of these parts between hyphens."""
    # `(?!)` matches nothing, so an empty list finds nothing.
    longest_first = sorted(map(re.escape, parts), key=len, reverse=True)
    return re.compile(rf"(?:^|-)({'|'.join(longest_first) or '(?!)'})(?![^-])")


@lru_cache(maxsize=65536)
def skeleton(name: str) -> str:
    """Return the skeleton of a name; names that look the same have the same skeleton."""
    if "xn--" in name:
        name = ".".join(_written(label) for label in name.split("."))
    if not name.isascii():
        apart = unicodedata.normalize("NFKD", name.lower())
        name = "".join(c for c in apart if not unicodedata.combining(c))
    name = name.translate(LETTERS)
    for pair, letter in PAIRS:
        name = name.replace(pair, letter)
    return name


def is_one_edit(one: str, other: str) -> bool:
    """Return whether one letter was added, removed or replaced, or two neighbours were swapped."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    if len(one) != len(other):
        shorter, longer = sorted((one[start:], other[start:]), key=len)
        return longer[1:] == shorter
    ours, theirs = one[start:], other[start:]
    return ours[1:] == theirs[1:] or (
        ours[1::-1] == theirs[:2] and len(ours) > 1 and ours[2:] == theirs[2:]
    )


def _written(label: str) -> str:
    """Return a label in the letters that people see; invalid Punycode as it is."""
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def _shortened(label: str) -> Iterator[str]:
    """Yield the label itself, then the label without each of its letters."""
    yield label
    for at in range(len(label)):
        yield label[:at] + label[at + 1 :]
