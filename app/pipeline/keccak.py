"""Keccak-256 as it was before SHA-3: the checksums of Ethereum and Monero still use it.

`hashlib` knows SHA-3 alone, which pads its input differently. The permutation is that of FIPS 202.
"""

from __future__ import annotations

_RATE = 136  # bytes of a block, for a digest of 32 bytes
_WORD = 2**64 - 1


def _round_constants() -> list[int]:
    # FIPS 202, 3.2.5: the bits come from a linear feedback shift register.
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            if register & 1:
                constant |= 1 << ((1 << j) - 1)
            register <<= 1
            if register & 0x100:
                register ^= 0x171
        constants.append(constant)
    return constants


def _lanes() -> list[tuple[int, int, int]]:
    """Return, for rho and pi together, where each lane comes from, goes to, and is turned by."""
    moves, x, y = [(0, 0, 0)], 1, 0
    for t in range(24):
        moves.append((x + 5 * y, y + 5 * ((2 * x + 3 * y) % 5), (t + 1) * (t + 2) // 2 % 64))
        x, y = y, (2 * x + 3 * y) % 5
    return moves


_CONSTANTS = _round_constants()
_MOVES = _lanes()
_FIVES = [(i, (i + 1) % 5, (i + 4) % 5) for i in range(5)]
_ROWS = [(y + x, y + (x + 1) % 5, y + (x + 2) % 5) for y in range(0, 25, 5) for x in range(5)]


def keccak_256(data: bytes) -> bytes:
    """Return the Keccak-256 digest of some bytes."""
    padded = bytearray(data + b"\x01" + bytes(-(len(data) + 1) % _RATE))
    padded[-1] |= 0x80
    state = [0] * 25
    for start in range(0, len(padded), _RATE):
        for i in range(_RATE // 8):
            at = start + 8 * i
            state[i] ^= int.from_bytes(padded[at : at + 8], "little")
        state = _permuted(state)
    return b"".join([lane.to_bytes(8, "little") for lane in state[:4]])


def _permuted(state: list[int]) -> list[int]:
    turned = [0] * 25
    for constant in _CONSTANTS:
        columns = [
            state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20]
            for x in range(5)
        ]
        theta = [
            columns[before] ^ (columns[after] << 1 & _WORD | columns[after] >> 63)
            for _, after, before in _FIVES
        ]
        for source, target, turn in _MOVES:
            lane = state[source] ^ theta[source % 5]
            turned[target] = lane << turn & _WORD | lane >> (64 - turn)
        state = [turned[a] ^ (~turned[b] & turned[c]) for a, b, c in _ROWS]
        state[0] ^= constant
    return state
