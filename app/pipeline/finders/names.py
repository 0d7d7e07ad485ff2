"""The finder of domains and IPv4 addresses, of IPv4 networks, and of URLs without a scheme.

Its anchor is a dot. `name_judge` says what stands around one.
"""

from __future__ import annotations

import re

from app.pipeline.classifier import is_octets
from app.pipeline.contexts import FOLLOWERS, QUIET_MARKS, SMALL_NUMBERS, is_suspect
from app.pipeline.finders.hosts import HOST_TABLE, MAX_HOST
from app.pipeline.finders.name_judge import NameJudge
from app.pipeline.hits import Hits
from app.pipeline.models import IOCType
from app.pipeline.netmasks import MASK_STARTS
from app.pipeline.refanged_text import RefangedText

# A row of dots separates words: "see...example.com", or the leaders of a table of contents.
_ROW_OF_DOTS = re.compile(rb"\.\.")
# A name has a letter after a dot; an address, or a version, has three more numbers after one.
_ANCHOR = re.compile(rb"\.(?:a|0+\.0+\.0+)[a0.-]*")
# Most addresses are decided by these; `VersionWatch`, which asks the same, decides the others.
_GOES_ON = frozenset("/:?")
# Most netmasks and object identifiers begin so.
_ODD_STARTS = MASK_STARTS | {"2"}
# Between these and a product or the heading of a column, a small number begins a version.
_BEFORE_VERSIONS = frozenset(' ",;\t|')
_IPV4 = IOCType.IPV4


def find_names(refanged: RefangedText, new_hits: Hits) -> None:
    """Find domains, IPv4 addresses and networks, and URLs without a scheme."""
    text, add_hit = refanged.text, new_hits.add_hit
    classes = _ROW_OF_DOTS.sub(b"  ", refanged.classes(HOST_TABLE))
    judge = NameJudge(refanged, new_hits)
    refused_runs, refused_tlds, accepted = judge.refused_runs, judge.refused_tlds, judge.accepted
    wants_misses = new_hits.wants_misses
    gap = claimed = 0
    for anchor in _ANCHOR.finditer(classes):
        dot, end = anchor.span()
        start, gap = classes.rfind(b" ", gap, dot) + 1, end
        if start < claimed:
            continue
        run = text[start:end]
        labels = run.split(".")
        if len(labels) == 4 and is_octets(labels):
            if (
                (text[start - 1] in QUIET_MARKS or not is_suspect(text[start - 3 : start]))
                and text[end] not in _GOES_ON
                and text[end : end + 3] not in FOLLOWERS
                and labels[0] not in _ODD_STARTS
                and not (labels[0] in SMALL_NUMBERS and text[start - 1] in _BEFORE_VERSIONS)
                and start >= judge.versions.near
            ):
                add_hit((start, end, _IPV4, run, "IPv4"))
            else:
                claimed = judge.address(run, start, end)
        elif (
            run in refused_runs if wants_misses else labels[-1] in refused_tlds
        ) and run.isascii():
            continue
        elif run in accepted and text[end] not in _GOES_ON and judge.is_same_text(start):
            refanged.claim(start, end)
            if new_hits.wants_repeats:
                new_hits.add_moved(*accepted[run], start)
        elif end - start < MAX_HOST:
            known = len(new_hits.hits)
            claimed = judge.run(run, labels, start, end)
            if 0 < claimed <= end:
                accepted[run] = start, new_hits.hits[known:]
