"""Coverage-guided fuzzing of the extractor, with atheris where it is installed.

pip install atheris, then: python -m tests.fuzz.extraction -max_total_time=1800 -max_len=400
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["app"]):
    from tests.fuzz.invariants import check_invariants

# What indicators are made of, so that the fuzzer need not guess it letter by letter.
PIECES = (
    *Path(__file__).with_name("pieces.txt").read_text(encoding="utf-8").splitlines(),
    *(" ", "\t", "\n", "\r\n", "\n\n", "=\n", "\u202e", "\u200b"),
)


def one_text(data: bytes) -> None:
    provider = atheris.FuzzedDataProvider(data)
    parts = []
    while provider.remaining_bytes():
        if provider.ConsumeBool():
            parts.append(PIECES[provider.ConsumeIntInRange(0, len(PIECES) - 1)])
        else:
            parts.append(provider.ConsumeUnicodeNoSurrogates(provider.ConsumeIntInRange(1, 6)))
    check_invariants("".join(parts))


def main() -> None:
    atheris.Setup(sys.argv, one_text)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
