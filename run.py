"""python run.py: serve on 127.0.0.1, nothing else."""

from __future__ import annotations

import sys

from app.early_end import end_at_once

if __name__ == "__main__":
    end_at_once()  # before the imports of the server, which take a second

    from app.server import main

    sys.exit(main())
