"""make demo: Telltale in front of the simulator, so that online mode can be tried without a key."""

from __future__ import annotations

import sys
from pathlib import Path

from app import server
from tests.fakes.vt_simulator import VTSimulator

DATA_DIR = Path(__file__).parents[2] / ".demo-data"
KEY = "sim-key-premium"
# Fewer than the example needs, so that a newcomer sees lookups wait for their turn.
REQUESTS_PER_MINUTE = 10
LATENCY_MS = 900


def main() -> int:
    with VTSimulator(latency_ms=LATENCY_MS, invent=True) as simulator:
        return server.run(
            {
                "DEMO": True,
                "DATA_DIR": DATA_DIR,
                "VT_API_KEY": KEY,
                "VT_BASE_URL": simulator.base_url,
                "VT_REQUESTS_PER_MINUTE": REQUESTS_PER_MINUTE,
                "PROXY": "",
            }
        )


if __name__ == "__main__":
    sys.exit(main())
