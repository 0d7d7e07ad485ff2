"""python run.py: serve on 127.0.0.1, nothing else."""

from __future__ import annotations

import sys

from app.server import main

if __name__ == "__main__":
    sys.exit(main())
