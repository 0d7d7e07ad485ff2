"""Finders of strings that a literal mark announces, such as `GHSA-`, `pkg:` or the word ssdeep.

A block of the text without any of the marks of a type costs a few calls of `in`.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator
from os.path import commonprefix
from typing import NamedTuple

from app.pipeline.classifier import HASH_BY_LENGTH
from app.pipeline.hits import Hits
from app.pipeline.models import IOCType
from app.pipeline.refang import DOT
from app.pipeline.refanged_text import RefangedText

_HIVES = {
    "HKLM": "HKEY_LOCAL_MACHINE",
    "HKCU": "HKEY_CURRENT_USER",
    "HKCR": "HKEY_CLASSES_ROOT",
    "HKCC": "HKEY_CURRENT_CONFIG",
    "HKU": "HKEY_USERS",
}
_PACKAGE_TYPES = (
    "alpm|apk|bitbucket|bitnami|cargo|cocoapods|composer|conan|conda|cpan|cran|deb|docker|gem"
    "|generic|github|golang|hackage|hex|huggingface|luarocks|maven|mlflow|npm|nuget|oci|pub|pypi"
    "|qpkg|rpm|swid|swift"
)


# A space belongs to a key before words with capitals, if a backslash or the end of a quotation or
# line follows: "Windows NT\\CurrentVersion", but not "the Run key".
_KEY_PART = (
    r"\\{1,2}[\w.{}$*#@&()+~!-]{1,128}"
    r"(?:(?: [A-Z0-9][\w.{}$&()+~-]{0,40}){1,4}(?=[\\\"'`\r\n,;)\]<|]))?"
)
_REGISTRY_KEY = re.compile(
    r"(?i:HKEY_(?:LOCAL_MACHINE|CURRENT_USER|CLASSES_ROOT|USERS|CURRENT_CONFIG)|HK(?:LM|CU|CR|CC|U))"
    rf":?(?:{_KEY_PART}){{1,30}}"
)


def _ssdeep(written: str) -> str | None:
    size, first, second = written.split(":")
    blocks = int(size)
    # The block size is three times a power of two; a signature has 64 characters at most.
    is_size = blocks % 3 == 0 and (blocks // 3).bit_count() == 1
    return written if is_size and len(first) <= 64 and len(second) <= 64 else None


def _registry_key(written: str) -> str | None:
    hive, _, path = written.replace("\\\\", "\\").partition("\\")
    hive = hive.rstrip(":").upper()
    return f"{_HIVES.get(hive, hive)}\\{path}"


def _grouped_hash(written: str) -> str | None:
    digits = "".join(written.split()).lower()
    return digits if len(digits) in HASH_BY_LENGTH else None


def _mac(written: str) -> str:
    digits = written.translate(_NO_JOINTS).lower()
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def _package(written: str) -> str | None:
    kind, _, rest = written.partition("/")
    return f"{kind.lower()}/{rest}"


_NO_JOINTS = str.maketrans("", "", ":-.")


class _Marked(NamedTuple):
    marks: tuple[str, ...]
    """A match begins with one of these, or stands somewhere behind it."""
    reach: int
    """The number of characters behind a mark where a match may begin."""
    pattern: re.Pattern[str]
    """Its first group, if it has one, is the IOC."""
    kind: IOCType | None
    """None: a hash, whose length says of which type."""
    rule: str
    canonical: Callable[[str], str | None]
    """Makes the value of the match; None refuses it."""


_LONGEST_MATCH = 256  # of those that stand behind their mark
_ANYWHERE = 10_000  # the label may be the head of a column
_HEX = "[0-9A-Fa-f]"
_GROUP_GAP = r"(?:[ \t]{1,2}|[ \t]{0,8}\r?\n[ \t]{0,8})"
_GROUPS = "|".join(
    f"{_HEX}{{{size}}}(?:{_GROUP_GAP}{_HEX}{{{size}}}){{{32 // size - 1},{128 // size - 1}}}"
    for size in (8, 4, 2)
)
_PACKAGES = _Marked(
    ("pkg:",),
    0,
    re.compile(
        rf"(?<![^\s\"'`(\[{{<>|,;=])pkg:(?:{_PACKAGE_TYPES})/[^\s\"'`<>|,;(){{}}\[\]]*[A-Za-z0-9]",
        re.IGNORECASE,
    ),
    IOCType.PURL,
    "purl",
    _package,
)
# A search for one character is faster than `in` for several.
_PACKAGE_MARK = re.compile("k(?<=pk)(?=g:)")
_OTHERS = (
    _Marked(
        ("GHSA-",),
        0,
        re.compile(r"GHSA(?:-[23456789cfghjmpqrvwx]{4}){3}(?![\w-])", re.IGNORECASE),
        IOCType.GHSA,
        "ghsa",
        lambda written: f"GHSA{written[4:].lower()}",
    ),
    _Marked(
        ("KB",),
        0,
        re.compile(r"KB[0-9]{6,7}(?![0-9A-Za-z]|\.[0-9])"),
        IOCType.KB,
        "kb",
        str,
    ),
    _Marked(
        ("ssdeep", "SSDEEP", "SSDeep"),
        _ANYWHERE,
        re.compile(r"[0-9]{1,10}:[A-Za-z0-9+/]{3,}:[A-Za-z0-9+/]{3,}(?![A-Za-z0-9+/:])"),
        IOCType.SSDEEP,
        "ssdeep",
        _ssdeep,
    ),
    _Marked(
        ("JA4", "ja4"),
        _ANYWHERE,
        re.compile(
            r"[tqd](?:[0s][23]|1[0-3]|d[123]|00)[di][0-9]{4}[0-9a-z]{2}(?:_[0-9a-f]{12}){2}(?!\w)"
        ),
        IOCType.JA4,
        "ja4",
        str,
    ),
    # "MD5: d41d8cd9 8f00b204 …", and in pairs as certutil wrote them before Windows 10.
    _Marked(
        ("MD5", "SHA"),
        0,
        re.compile(
            r"(?:md5|sha[-_ ]?(?:1|256|512))(?:[-_ ]?(?:sum|hash|digest))?"
            r"(?: of [^\n]{1,120}| ?\([^()\n]{1,120}\))?\W{1,12}"
            rf"({_GROUPS})(?![0-9A-Za-z]|{_GROUP_GAP}{_HEX}{{2,8}}(?![0-9A-Za-z]))",
            re.IGNORECASE,
        ),
        None,
        "parts of a hash",
        _grouped_hash,
    ),
    # The letters stand for software, groups, mitigations and campaigns. Alone they name anything.
    _Marked(
        ("ATT&CK", "MITRE"),
        _ANYWHERE,
        re.compile(r"(?:[SGM][01]|C0)[0-9]{3}(?![0-9A-Za-z]|\.[0-9])"),
        IOCType.ATTACK,
        "ATT&CK object",
        str,
    ),
    _Marked(
        ("MAC", "HWaddr"),
        32,
        re.compile(
            r"(?:(?:[0-9A-Fa-f]{2}-){5}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4})"
            r"(?![\w:]|[.-]\w)"
        ),
        IOCType.MAC,
        "mac",
        _mac,
    ),
    _Marked(
        ("HKEY_", "HKLM", "HKCU", "HKCR", "HKCC", "HKU"),
        0,
        _REGISTRY_KEY,
        IOCType.REGISTRY_KEY,
        "registry_key",
        _registry_key,
    ),
)


# Six pairs with dashes need no mark, unless they are digits alone, as a date and a time are.
_DASHED_MAC = re.compile(r"-(?<=[0-9A-Fa-f]{2}-)(?:[0-9A-Fa-f]{2}-){4}[0-9A-Fa-f]{2}(?![\w-])")

# Capitals are rare in most texts: the marks are looked for among these alone first, and before
# them what the marks of a type begin with.
_DROPPED = bytes(i for i in range(256) if chr(i) not in string.ascii_uppercase)
_CAPITALS = {m: "".join(filter(str.isupper, m)) for marked in _OTHERS for m in marked.marks}
_CAPITALS_IN = {mark: capitals.encode() for mark, capitals in _CAPITALS.items()}
_BEGINS = [commonprefix([_CAPITALS[mark] for mark in one.marks]).encode() for one in _OTHERS]


def find_packages(refanged: RefangedText, hits: Hits) -> None:
    """Find package URLs, before the finders that would take the host in them."""
    if _PACKAGE_MARK.search(refanged.text):
        _find(refanged, hits, _PACKAGES, ["pkg:"])


def find_marked(refanged: RefangedText, hits: Hits) -> None:
    """Find everything else that a mark announces; what stands in a URL or a name is left."""
    text, capitals = refanged.text, refanged.without(_DROPPED)
    for marked, begin in zip(_OTHERS, _BEGINS, strict=True):
        if begin in capitals:
            present = [m for m in marked.marks if _CAPITALS_IN[m] in capitals and m in text]
            if present:
                _find(refanged, hits, marked, present)
    for match in _DASHED_MAC.finditer(text) if "-" in text else ():
        start, end = match.start() - 2, match.end()
        is_date = text[start:end].replace("-", "").isdigit()
        if not is_date and not _is_inside(text[start - 1]) and not refanged.is_claimed(start):
            hits.add_hit((start, end, IOCType.MAC, _mac(text[start:end]), "mac"))
            refanged.claim(start, end)


def _find(refanged: RefangedText, hits: Hits, marked: _Marked, marks: list[str]) -> None:
    text = refanged.text
    for match in _matches(text, marked, marks):
        start = match.start(marked.pattern.groups)
        if _is_inside(text[start - 1]) or refanged.is_claimed(start):
            continue
        written = match[marked.pattern.groups].replace(DOT, ".").rstrip(".")
        if written[-1] in ")}" and _is_unbalanced(written):
            written = written[:-1]
        if value := marked.canonical(written):
            end = start + len(written)
            kind = marked.kind or HASH_BY_LENGTH[len(value)]
            hits.add_hit((start, end, kind, value, marked.rule))
            refanged.claim(start, end)


def _matches(text: str, marked: _Marked, marks: list[str]) -> Iterator[re.Match[str]]:
    """Yield the matches behind the marks; one that two marks reach comes twice."""
    for mark in marks:
        at = end = 0
        while (at := text.find(mark, max(at, end))) >= 0:
            if not marked.reach:
                if match := marked.pattern.match(text, at):
                    yield match
                at += 1
                continue
            end = at + marked.reach
            for match in marked.pattern.finditer(text, at, end + min(marked.reach, _LONGEST_MATCH)):
                if match.start() > end:
                    break
                yield match


def _is_unbalanced(written: str) -> bool:
    """Return whether the bracket at the end was opened before the match."""
    opening = "(" if written[-1] == ")" else "{"
    return written.count(written[-1]) > written.count(opening)


def _is_inside(before: str) -> bool:
    """Return whether a match behind this character is the end of a longer word."""
    return before.isalnum() or before in "_-."
