"""Reads a folder of documents as a server does; prints what it found and the memory it took.

Usage: python -m tests.documents.sandbox.probe FOLDER CPU_S IOC
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from app.documents.limits import Limits
from app.documents.models import Source
from app.documents.sandbox.pool import read_documents

_WALL_S = 40
"""More time than otherwise: a busy machine must not change what is found."""


def memory(field: str) -> int:
    """Return a field of the process status in kB: VmRSS is the present memory, VmHWM the peak."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1])


def main(folder: str, cpu_s: str, ioc: str) -> None:
    before = memory("VmRSS")
    sources = [Source(path, path.name) for path in sorted(Path(folder).iterdir())]
    for result in read_documents(sources, Limits(wall_s=_WALL_S, cpu_s=float(cpu_s)), count=2):
        with result:
            found = sum(ioc in one.evidence.ioc.value for one in result.occurrences())
            document = result.document
            print(json.dumps([document.name, document.state, document.reason, found]))
    print(json.dumps(memory("VmHWM") - before))


if __name__ == "__main__":
    main(*sys.argv[1:])
