"""Reads what a link to a report is about: the hash of a file, or an id of ATT&CK."""

from __future__ import annotations

import re

from app.pipeline.classifier import HASH_BY_LENGTH
from app.pipeline.models import IOCType
from app.pipeline.words import word_set

REPORT_HOSTS = word_set(
    """
    analyze.intezer.com attack.mitre.org bazaar.abuse.ch exchange.xforce.ibmcloud.com filescan.io
    hashlookup.circl.lu
    hybrid-analysis.com joesandbox.com malprob.io malshare.com maltiverse.com metadefender.com
    mwdb.cert.pl opentip.kaspersky.com otx.alienvault.com polyswarm.network s.threatbook.cn
    s.threatbook.com talosintelligence.com threatminer.org tria.ge unpac.me virscan.org
    virusshare.com virustotal.com yaraify.abuse.ch
    """
)
_ENDINGS = frozenset(".".join(host.rsplit(".", 2)[-2:]) for host in REPORT_HOSTS)
SUFFIX = 6
SUFFIXES = frozenset(host[-SUFFIX:] for host in REPORT_HOSTS)
"""The last characters of these hosts rule most hosts out, by one look into a set."""
_HASH = re.compile(
    r"(?<![0-9A-Za-z])([0-9A-Fa-f]{64}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{32})(?![0-9A-Za-z])"
)
# A page on a URL, a user or a collection is named by a hash as well, or by an id like one.
_NO_FILE = re.compile(
    r"/(?:urls?|domains?|users?|collections?|graphs?|rules?|tasks?)/",
    re.IGNORECASE,
)


_ATTACK_HOST = "attack.mitre.org"
_ATTACK_PAGE = re.compile(
    r"/(?:versions/v[0-9]{1,3}/)?(?:techniques|tactics|groups|software|mitigations|campaigns)/"
    r"((?:T|TA|G|S|M|C)[0-9]{4})(?:/([0-9]{3}))?(?![0-9A-Za-z])"
)


def find_reported(authority: str, tail: str) -> tuple[IOCType, str, int, int] | None:
    """Return type and value of the IOC that a link to a report names, and its place in `tail`.

    None for all other links. Of several hashes the first one is meant.
    """
    host = authority.rpartition("@")[2].partition(":")[0]
    if ".".join(host.rsplit(".", 2)[-2:]) not in _ENDINGS or not _is_report_host(host):
        return None
    if host == _ATTACK_HOST:
        page = _ATTACK_PAGE.match(tail)
        value = ".".join(filter(None, page.groups())) if page else ""
        return (IOCType.ATTACK, value, page.start(1), page.end()) if page else None
    match = _HASH.search(tail)
    if match is None or match[1].isdigit() or _NO_FILE.search(tail, 0, match.start()):
        return None
    return HASH_BY_LENGTH[len(match[1])], match[1].lower(), match.start(), match.end()


def _is_report_host(host: str) -> bool:
    while host:
        if host in REPORT_HOSTS:
            return True
        host = host.partition(".")[2]
    return False
