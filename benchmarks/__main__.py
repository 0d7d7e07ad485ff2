"""python -m benchmarks: prints the tables of docs/speed.md."""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.corpus import ALL_KINDS, HOSTILE, KINDS, Corpus, hostile
from benchmarks.extractors import PROJECT, Extractor, peers
from benchmarks.page import pages
from benchmarks.tables import NO_ANSWER, duration, machine, rate, ratio, table

_ROUNDS = 3
_DEADLINE_S = 20.0
_PASTE = 5_000
_SMALL_HOSTILE = 4_000


def best(extractors: Sequence[Extractor], text: str, rounds: int = _ROUNDS) -> list[float | None]:
    """The best time of each; they take turns, so that a busy machine is busy for all."""
    times: list[list[float]] = [[] for _ in extractors]
    for _ in range(rounds):
        for extractor, taken in zip(extractors, times, strict=True):
            seconds = extractor.seconds(text, _DEADLINE_S)
            if seconds is not None:
                taken.append(seconds)
    return [min(taken) if len(taken) == rounds else None for taken in times]


def throughput(all_of: Sequence[Extractor], size: int, peer_size: int) -> str:
    ours, others = all_of[:2], all_of[2:]
    rows = []
    for kind in (*KINDS, ALL_KINDS):
        text = Corpus().text(kind, size)
        plain, explained = best(ours, text)
        shared = text[:peer_size]
        mine, *theirs = best([ours[0], *others], shared)
        rows.append(
            [kind, rate(len(text), plain), rate(len(text), explained)]
            + [f"{rate(len(shared), time_)} ({ratio(time_, mine)})" for time_ in theirs]
        )
    return table(["text", *(extractor.name for extractor in all_of)], rows)


def latency(all_of: Sequence[Extractor]) -> str:
    times = best(all_of, Corpus().text(ALL_KINDS, _PASTE)[:_PASTE], rounds=20)
    header = ["", *(extractor.name for extractor in all_of)]
    return table(header, [["a paste of 5 kB", *map(duration, times)]])


def attacks(all_of: Sequence[Extractor], size: int) -> str:
    rows = []
    for name in HOSTILE:
        whole, growth = grown(all_of[0], hostile(name, size))
        small = hostile(name, _SMALL_HOSTILE)
        mine, *theirs = best([all_of[0], *all_of[2:]], small, rounds=1)
        rows.append([name, duration(whole), growth, duration(mine), *map(duration, theirs)])
    others = [f"4 kB, {extractor.name}" for extractor in (all_of[0], *all_of[2:])]
    return table(["hostile text", f"{size / 1e6:g} MB", "time(2n)/time(n)", *others], rows)


def grown(extractor: Extractor, text: str) -> tuple[float | None, str]:
    """The best time for a text, and how many times that for the half of it this is."""
    halves, wholes = [], []
    for _ in range(_ROUNDS):
        halves.append(extractor.seconds(text[: len(text) // 2], _DEADLINE_S))
        wholes.append(extractor.seconds(text, _DEADLINE_S))
    if None in halves or None in wholes:
        return None, NO_ANSWER
    half, whole = (min(filter(None, times)) for times in (halves, wholes))
    return whole, f"{whole / half:.2f}"


def streaming(sizes: Sequence[int]) -> str:
    rows = []
    with tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder:
        path = Path(folder) / "large.log"
        for size in sizes:
            write_log(path, size)
            for options in ([], ["--explain"]):
                command = f"`telltale extract {' '.join([*options, '--format jsonl'])}`"
                seconds, peak = streamed(path, options)
                cells = [f"{size / 1e6:,.0f} MB", rate(size, seconds), f"{peak / 1e6:.0f} MB"]
                rows.append([command, *cells])
    return table(["command", "file", "rate", "peak memory"], rows)


def write_log(path: Path, size: int) -> None:
    """The same million characters again and again: what grows is the file, not what is in it."""
    part = "".join(Corpus().lines("web log", 1_000_000))
    with path.open("w", encoding="utf-8") as log:
        for _ in range(size // len(part)):
            log.write(part)
        log.write(part[: size % len(part)])


def streamed(path: Path, options: list[str]) -> tuple[float, int]:
    """The seconds and the peak memory in bytes of the command on a file."""
    start = time.perf_counter()
    completed = subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-m", "benchmarks.command", "extract", "-f", "jsonl", *options, str(path)],
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=True,
    )
    return time.perf_counter() - start, int(completed.stderr.split()[-1])


def opening() -> str:
    """The results page beside the one of a short analysis."""
    (_, shortest, _), *_ = measured = pages([100, 1_000, 5_000])
    rows = [
        [
            f"{count:,} IOCs",
            duration(seconds),
            f"{seconds / shortest:.1f} ×",
            f"{size / 1e3:.0f} kB",
        ]
        for count, seconds, size in measured
    ]
    return table(["results page", "server time", "to the first", "size"], rows)


def show(part: str) -> None:
    print(part, end="\n\n", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--mb", type=float, default=3, help="size of each kind of text")
    parser.add_argument("--peer-kb", type=float, default=300, help="what the others get of it")
    parser.add_argument("--hostile-kb", type=float, default=1000, help="size of a hostile text")
    parser.add_argument("--stream-mb", type=float, default=100, help="size of the large file")
    parser.add_argument("--no-peers", action="store_true", help="measure Telltale alone")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        others = [] if options.no_peers else stack.enter_context(peers())
        names = ("telltale", "telltale, with evidence")
        all_of = [*(stack.enter_context(Extractor(name)) for name in names), *others]
        print(f"Measured {machine()}; best of {_ROUNDS}, taking turns.\n")
        show(throughput(all_of, int(options.mb * 1e6), int(options.peer_kb * 1e3)))
        show(latency(all_of))
        show(attacks(all_of, int(options.hostile_kb * 1e3)))
    show(opening())
    show(streaming([int(options.stream_mb * share) for share in (1e5, 1e6)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
