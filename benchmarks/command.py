"""Runs the command line and tells on standard error how much memory it took at most."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from app.cli import main


def peak() -> int:
    """Return the largest resident size of this process, in bytes."""
    status = Path("/proc/self/status")
    # ru_maxrss below begins with the size of the process that started this one.
    if status.exists():
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    taken = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return taken if sys.platform == "darwin" else taken * 1024


main(sys.argv[1:])
print(peak(), file=sys.stderr)
