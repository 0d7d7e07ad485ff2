"""Runs one extractor in a process of its own: a JSON text a line in, the seconds a line out.

It is started with the interpreter of the environment that holds the extractor, so it imports
nothing else of ours.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module


def extractor(name: str) -> Callable[[str], object]:
    if name == "ioc-finder":
        find: Callable[[str], object] = import_module("ioc_finder").find_iocs
        return find
    if name == "iocsearcher":
        search: Callable[[str], object] = (
            import_module("iocsearcher.searcher").Searcher().search_data
        )
        return search
    from app.pipeline import extract, extract_iocs

    return extract if name == "telltale, with evidence" else extract_iocs


def main() -> None:
    run = extractor(sys.argv[1])
    run("1.1.1.1 a.example.com")  # what is built at first use is built now
    print("ready", flush=True)
    for line in sys.stdin:
        text = json.loads(line)
        start = time.perf_counter()
        run(text)
        print(time.perf_counter() - start, flush=True)


main()
