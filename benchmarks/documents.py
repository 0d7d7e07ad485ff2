"""python -m benchmarks.documents: a folder of mails imported, and how the server fares."""

from __future__ import annotations

import argparse
import base64
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from urllib.request import Request, urlopen

from benchmarks.extractors import PROJECT
from benchmarks.tables import duration, machine, table

_POLL_S = 0.1
_ENDED = ("success", "error", "cancelled")
_HEAD = """Received: from mx{n}.evil-bench.com (203.0.{a}.{b}) by mail.corp-bench.com; x
From: "Billing" <billing{n}@evil-bench.com>
Subject: invoice {n}
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="frontier"

--frontier
Content-Type: text/html; charset=utf-8

<p>Please see <a href="http://pay{n}.evil-bench.com/in?id={n}">http://corp-bench.com/pay</a></p>
{text}
--frontier
Content-Type: application/octet-stream
Content-Disposition: attachment; filename="list{n}.csv"
Content-Transfer-Encoding: base64

{attached}
--frontier--
"""


def write_mails(folder: Path, count: int, size: int) -> None:
    """Each of about so many bytes, with a link, hops, an HTML body and an attachment."""
    dice = random.Random(6)
    words = [f"w{n:x}" for n in range(4_000)]
    for n in range(count):
        lines = [f"{n},host{n % 50}.evil-bench.net,{' '.join(dice.choices(words, k=12))}"]
        lines += [" ".join(dice.choices(words, k=14)) for _ in range(size // 150)]
        attached = base64.encodebytes("\n".join(lines).encode()).decode()
        text = " ".join(dice.choices(words, k=max(0, size - len(attached) - 900) // 5))
        mail = _HEAD.format(n=n, a=n // 250 % 250, b=n % 250, text=text, attached=attached)
        (folder / f"mail{n:05}.eml").write_text(mail)


@contextmanager
def server(folder: Path) -> Iterator[tuple[int, str]]:
    """run.py in a process of its own; yields its number and its address."""
    settings = {
        "DATA_DIR": f"{folder}/data",
        "PORT": "0",
        "IMPORT_ROOTS": f"{folder}/mails",
        "VT_REQUESTS_PER_MINUTE": "0",
    }
    environ = os.environ | {f"TELLTALE_{name}": value for name, value in settings.items()}
    with subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, str(PROJECT / "run.py")],
        cwd=folder,
        env=environ | {"PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield process.pid, line.split()[3]
        finally:
            process.kill()


@dataclass
class Watch:
    """The memory and the processor time of the server and its children, while it works."""

    pid: int
    own_mb: float = 0.0
    readers_mb: float = 0.0
    most_readers: int = 0
    is_over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.is_over.wait(0.2):
            self.own_mb = max(self.own_mb, memory_mb(self.pid))
            family = descendants(self.pid)
            self.readers_mb = max(self.readers_mb, max(map(memory_mb, family), default=0.0))
            # Each reader is a pair: one waits, and its copy reads.
            self.most_readers = max(self.most_readers, len(children(self.pid)))


def memory_mb(pid: int) -> float:
    """Resident, private to the process."""
    try:
        status = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    kilobytes = sum(int(line.split()[1]) for line in status.splitlines() if "Private_" in line)
    return kilobytes / 1024


def children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(n) for task in tasks for n in (task / "children").read_text().split()]
    except OSError:
        return []


def descendants(pid: int) -> list[int]:
    found = children(pid)
    return found + [inner for child in found for inner in descendants(child)]


def ask(address: str, path: str, body: object = None) -> dict[str, object]:
    data = json.dumps(body).encode() if body is not None else None
    request = Request(address + path, data, {"Content-Type": "application/json"})  # noqa: S310  # ours
    with urlopen(request, timeout=30) as answer:  # noqa: S310
        told: dict[str, object] = json.loads(answer.read())
        return told


def write_hostile(folder: Path) -> None:
    hostile = import_module("tests.documents.hostile")
    for number, one in enumerate(hostile.HOSTILE):
        (folder / f"{number:03}").write_bytes(one.make())


def measure(title: str, write: Callable[[Path], None]) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="telltale-bench-") as name:
        folder = Path(name)
        (folder / "mails").mkdir()
        write(folder / "mails")
        sizes = [path.stat().st_size for path in (folder / "mails").iterdir()]
        count, megabytes = len(sizes), sum(sizes) / 1e6
        with server(folder) as (pid, address):
            ask(address, "/api/jobs")
            before = memory_mb(pid)
            watch = Watch(pid)
            watcher = threading.Thread(target=watch.run)
            watcher.start()
            began = time.monotonic()
            told = ask(address, "/api/import-path", {"path": f"{folder}/mails"})
            times: list[float] = []
            state = told["state"]
            while state not in _ENDED:
                start = time.monotonic()
                state = ask(address, f"/enrichment/status/{told['job_id']}")["state"]
                times.append(time.monotonic() - start)
                time.sleep(_POLL_S)
            took = time.monotonic() - began
            watch.is_over.set()
            watcher.join()
            page = f"/api/jobs/{told['job_id']}/files?per_page=1&state="
            counts = {s: ask(address, page + s)["total"] for s in ("ok", "partial", "failed")}
            iocs = ask(address, f"/api/jobs/{told['job_id']}/iocs?per_page=1")
    times.sort()
    return [
        f"{count:,} {title}, {megabytes:,.0f} MB",
        f"{state}: {', '.join(f'{n:,} {s}' for s, n in counts.items() if n)}; "
        f"{iocs['total']:,} IOCs",
        f"{took:,.1f} s, {count / took:,.0f}/s, {megabytes / took:,.1f} MB/s",
        str(watch.most_readers),
        f"{before:,.0f} to {watch.own_mb:,.0f} MB",
        f"{watch.readers_mb:,.0f} MB",
        f"{duration(times[len(times) // 2])}, {duration(times[int(len(times) * 0.95)])}",
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.documents", description=__doc__)
    parser.add_argument("--mails", type=int, default=1_000)
    parser.add_argument("--size", type=int, default=100_000, help="bytes of each")
    options = parser.parse_args()
    print(f"Measured {machine()}.\n")
    header = ["read", "what came of it", "throughput", "readers", "server", "a reader"]
    rows = [
        measure("mails", partial(write_mails, count=options.mails, size=options.size)),
        measure("hostile files", write_hostile),
    ]
    print(table([*header, "status p50, p95"], rows), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
