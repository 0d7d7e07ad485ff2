"""The finder of file names: paths of Windows and Unix, and names with the extension of a file."""

from __future__ import annotations

import re

from app.pipeline import words
from app.pipeline.hits import Hits
from app.pipeline.models import IOCType
from app.pipeline.refang import DOT
from app.pipeline.refanged_text import RefangedText
from app.pipeline.words import word_set

_PART = r"[\w.$@~+&!%{}()-]"
_EXTENSION = "|".join(sorted(words.FILE_EXTENSIONS | words.FILE_TLDS))
# A space belongs to a folder if a backslash follows, and to a file if its extension does.
_WINDOWS_PATH = re.compile(
    r"(?:(?<![A-Za-z0-9])[A-Za-z]:|%\w{2,40}(?:\(x86\))?%|\$env:\w{2,40}"
    r"|(?<!\\)\\{2,4}(?:[?.]\\{1,2})?[\w.$-]{1,63})"
    rf"(?:\\{{1,2}}{_PART}{{1,128}}+(?: {_PART}{{1,64}}+){{0,6}}+(?=\\)){{0,30}}"
    rf"\\{{1,2}}(?:(?:{_PART}{{1,64}}+ ){{0,4}}?{_PART}{{0,128}}\.(?:{_EXTENSION})(?!\.?\w)"
    rf"|{_PART}{{1,128}}\.\w{{1,8}}(?!\w))",
    re.IGNORECASE,
)
_UNIX_PART = r"[\w.@+%~=-]"
_UNIX_PATH = re.compile(
    r"/(?<![\w.:/\\-]/)(?:tmp|var|usr|etc|home|opt|root|dev/shm|bin|sbin|lib|mnt|run|srv|boot"
    r"|Users|Library|Applications|private)/"
    rf"(?:{_UNIX_PART}{{1,128}}+/){{0,30}}+{_UNIX_PART}{{1,128}}+(?!/)"
    rf"|~(?<![\w~/]~)/(?:{_UNIX_PART}{{1,128}}+/){{0,30}}+{_UNIX_PART}{{1,128}}+(?!/)"
)
# What a request names is a path of a web server.
_REQUEST = re.compile(r"\b(?:GET|POST|HEAD|PUT|DELETE|OPTIONS|PATCH) \Z")
# Endings that stand behind a dot in program text and prose as well.
_WORDS = word_set("class com conf dot inc key lib o one pub properties reg so url")
_BARE_END = re.compile(
    rf"\.(?:{'|'.join(sorted((words.FILE_EXTENSIONS | words.FILE_TLDS) - _WORDS))})"
    r"(?![\w(\[/\\-]|\.\w)",
    re.IGNORECASE,
)
_BARE = re.compile(r"(?<![\w./\\@%$-])[\w~$][\w.+~$-]{0,120}\Z")
_QUOTED = re.compile(r"([\"'`])([^\"'`\n\\/:*?<>|]{1,120})\Z")
_WINDOW = 130
_TRAILING = ".,;:!?)}"
_DOUBLED = re.compile(r"[^\\]\\\\[^\\]")


def find_file_names(refanged: RefangedText, hits: Hits) -> None:
    """Find the names of files, with their path where it is written; no folders."""
    text = refanged.text.replace(DOT, ".")
    for match in _WINDOWS_PATH.finditer(text) if "\\" in text else ():
        _add(text, refanged, hits, *match.span())
    for match in _UNIX_PATH.finditer(text):
        if not _REQUEST.search(text, max(0, match.start() - 9), match.start()):
            _add(text, refanged, hits, *match.span())
    for ending in _BARE_END.finditer(text):
        end = ending.end()
        window = max(0, ending.start() - _WINDOW)
        quoted = _QUOTED.search(text, window, ending.start())
        if quoted and text[end] == quoted[1]:
            _add(text, refanged, hits, quoted.start(2), end)
        elif bare := _BARE.search(text, window, ending.start()):
            _add(text, refanged, hits, bare.start(), end)


def _add(text: str, refanged: RefangedText, hits: Hits, start: int, end: int) -> None:
    """Report the name at a span, unless another finder took its begin or its end."""
    written = text[start:end].rstrip(_TRAILING)
    end = start + len(written)
    if refanged.is_claimed(start) or refanged.is_claimed(end - 1):
        return
    value = written.replace("\\\\", "\\") if _DOUBLED.search(written) else written
    hits.add_hit((start, end, IOCType.FILENAME, value, "filename"))
    refanged.claim(start, end)
