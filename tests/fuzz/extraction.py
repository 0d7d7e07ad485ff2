"""Coverage-guided fuzzing of the extractor, with atheris where it is installed.

pip install atheris, then: python -m tests.fuzz.extraction -max_total_time=1800 -max_len=400
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["app"]):
    from tests.fuzz.invariants import check_invariants

# What indicators are made of, so that the fuzzer need not guess it letter by letter.
PIECES = (
    "http hxxps :// [:] [.] (.) {.} [dot] (at) [@] \\. . : / // @ # ? = & % %2e =3D =\n "
    "&amp; \\u0026 example com net org zip py md sh co.uk xn--p1ai пример рф bücher 1 10 255 256 999 8.8.4.4 "
    "2a0b:f4c2::10 fe80::1 ::ffff: %eth0 / /24 /33 /x.php ?q=1 ( ) [ ] < > { } \" ' ` | , ; ! "
    "CVE-2024-3400 cve 2021 T1059 .001 AS13335 anna user :pw@ mailto: version v2 0x "
    "d41d8cd98f00b204e9800998ecf8427e da39a3eeda39a3eeda39a3eeda39a3eeda39a3ee "
    "1BoatSLRHtKNngkdXEeobR76b53LETtpyT setup.exe Win32/Spy.Tiny.CL safelinks \u202e \u200b 😀"
).split(" ")  # noqa: SIM905 - seventy quoted strings would be harder to read


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
