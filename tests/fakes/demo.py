"""make demo: Telltale in front of the simulator, so that online mode can be tried without a key."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from app import server
from app.enrichment.adapters import declarations
from tests.fakes.vt_simulator import VTSimulator

DATA_DIR = Path(__file__).parents[2] / ".demo-data"
KEY = "sim-key-premium"
# Fewer than the example needs, so that a newcomer sees lookups wait for their turn.
REQUESTS_PER_MINUTE = 10
LATENCY_MS = 900


def main() -> int:
    with VTSimulator(latency_ms=LATENCY_MS, invent=True) as simulator:
        # A demonstration reaches no provider, with any keys in the environment.
        parts = urlsplit(simulator.base_url)
        nowhere = {
            d.base_url_setting: f"{parts.scheme}://{parts.netloc}{urlsplit(d.base_url).path}"
            for d in declarations()
        }
        return server.run(
            nowhere
            | {
                "DEMO": True,
                # Invented answers stand beside real ones only where that is asked for.
                "DATA_DIR": os.environ.get("TELLTALE_DATA_DIR") or DATA_DIR,
                "DATABASE_URL": "",
                "VT_API_KEY": KEY,
                "VT_BASE_URL": simulator.base_url,
                "VT_REQUESTS_PER_MINUTE": REQUESTS_PER_MINUTE,
                "PROXY": "",
            }
        )


if __name__ == "__main__":
    sys.exit(main())
