"""python -m benchmarks.accuracy: what is found in labelled files, and what is found wrongly."""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks.extractors import Extractor, peers
from benchmarks.labelled import Label, LabelledFile, labelled_files
from benchmarks.tables import machine, table

_DEADLINE_S = 60.0
_ALL = "all kinds"
# The types that every tool knows; others count neither for it nor against it.
COUNTED = frozenset({"url", "domain", "ipv4", "ipv6", "email", "md5", "sha1", "sha256", "cve"})


@dataclass(slots=True)
class Score:
    """The numbers of IOCs found rightly, found wrongly, and missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def add(self, found: set[Label], labels: frozenset[Label]) -> None:
        self.right += len(found & labels)
        self.wrong += len(found - labels)
        self.missed += len(labels - found)

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong or 1)

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed or 1)


def scores(
    find: Callable[[str], Iterable[Label]], files: Iterable[LabelledFile]
) -> dict[str, Score]:
    """Return the score of each kind of file, and of all."""
    by_kind: dict[str, Score] = defaultdict(Score)
    for file in files:
        found = {label for label in find(file.text) if label[0] in COUNTED}
        for kind in (file.kind, _ALL):
            by_kind[kind].add(found, file.labels)
    return by_kind


def compare(tools: Sequence[Extractor], files: Sequence[LabelledFile]) -> str:
    of_tools = [
        scores(lambda text, tool=tool: tool.found(text, _DEADLINE_S) or (), files)  # type: ignore[misc]
        for tool in tools
    ]
    header = ["precision / recall", "IOCs", *(tool.name for tool in tools)]
    rows = [
        [kind, f"{first.right + first.missed:,}"]
        + [f"{of[kind].precision:.3f} / {of[kind].recall:.3f}" for of in of_tools]
        for kind, first in sorted(of_tools[0].items(), key=lambda row: row[0] == _ALL)
    ]
    return table(header, rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--lines", type=int, default=20_000, help="lines of labelled text")
    parser.add_argument("--no-peers", action="store_true", help="measure Telltale alone")
    options = parser.parse_args()
    files = list(labelled_files(options.lines))
    with ExitStack() as stack:
        others = [] if options.no_peers else stack.enter_context(peers())
        tools = [stack.enter_context(Extractor("telltale")), *others]
        print(f"{options.lines:,} lines of labelled text, {machine()}\n")
        print(compare(tools, files))
    return 0


if __name__ == "__main__":
    sys.exit(main())
