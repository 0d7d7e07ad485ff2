"""Runs one extractor in a process of its own: a JSON text a line in, seconds and IOCs a line out.

It is started with the interpreter of the environment that holds the extractor, so it imports
nothing else of ours.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

Found = list[tuple[str, str]]
# The words of the other tools, by Telltale's for the same type.
IOC_FINDER = {
    "url": "urls",
    "domain": "domains",
    "ipv4": "ipv4s",
    "ipv6": "ipv6s",
    "email": "email_addresses",
    "md5": "md5s",
    "sha1": "sha1s",
    "sha256": "sha256s",
    "cve": "cves",
}
IOCSEARCHER = {"fqdn": "domain", "ip4": "ipv4", "ip6": "ipv6"}


def extractor(name: str) -> tuple[Callable[[str], Any], Callable[[Any], Found]]:
    """Return how it reads a text, and how what it returned is told as pairs of type and value."""
    if name == "ioc-finder":
        find: Callable[[str], Any] = import_module("ioc_finder").find_iocs
        return find, lambda found: [
            (ours, value) for ours, theirs in IOC_FINDER.items() for value in found[theirs]
        ]
    if name == "iocsearcher":
        search = import_module("iocsearcher.searcher").Searcher().search_data
        return search, lambda found: [
            (IOCSEARCHER.get(ioc.name, ioc.name), ioc.value) for ioc in found
        ]
    from app.pipeline import extract, extract_iocs

    if name == "telltale, with evidence":
        return extract, lambda found: [(e.ioc.type.value, e.ioc.value) for e in found.found]
    return extract_iocs, lambda found: [(ioc.type.value, ioc.value) for ioc in found]


def main() -> None:
    run, pairs = extractor(sys.argv[1])
    run("1.1.1.1 a.example.com")  # what is built at first use is built now
    print("ready", flush=True)
    for line in sys.stdin:
        text = json.loads(line)
        start = time.perf_counter()
        found = run(text)
        seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds, "found": pairs(found)}), flush=True)


main()
