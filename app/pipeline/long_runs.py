"""Judges long runs of letters and digits that are no hash and no Bitcoin address.

They are wallets of other currencies, TLSH digests, and ids of Chrome extensions.
"""

from __future__ import annotations

import re
import string

from app.pipeline.checksums import base58_bytes, is_base58check
from app.pipeline.keccak import keccak_256
from app.pipeline.models import IOCType
from app.pipeline.objections import Objection

_TRON_VERSION = 0x41
_MONERO_LENGTHS = (95, 106)
_MONERO_NETWORKS = (18, 19, 42)  # addresses, integrated addresses and subaddresses
# Monero encodes eight bytes in eleven characters, and the five bytes that remain in seven.
_MONERO_BYTES = {11: 8, 7: 5}
_LOWER_HEX, _UPPER_HEX = frozenset("0123456789abcdef"), frozenset("0123456789ABCDEF")
_HEX = frozenset(string.hexdigits)
# Chrome writes 128 bits of the hash of a key in the letters a to p.
_EXTENSION_LETTERS = frozenset("abcdefghijklmnop")
_FEWEST_LETTERS = 8  # "aaaabbbb…" is no id
_ETHEREUM_WORDS = re.compile(
    r"(?<![a-z0-9])(?:wallets?|ethereum|eth|ether|erc-?20|bep-?20|(?:smart[ -]?)?contracts?|bsc|bnb"
    r"|usdt|usdc|metamask|drainers?|blockchain|web3|polygon)(?![a-z0-9])"
)
_CASED = (IOCType.XMR, IOCType.TRX)
_WORDS_WINDOW = 64


def is_costly(run: str) -> bool:
    """Return whether the checksum of a run needs Keccak, which takes a millisecond."""
    if len(run) == 42:
        return run[:2] == "0x" and not (run[2:].islower() or run[2:].isupper())
    return len(run) in _MONERO_LENGTHS


def classify_other_run(run: str) -> IOCType | Objection | None:
    """Return the type of a run, or the objection to it; None for all other runs."""
    match len(run):
        case 42 if run[:2] == "0x" and _HEX.issuperset(run[2:]):
            return _ethereum(run[2:])
        case 34 if run[0] == "T" and is_base58check(run, (_TRON_VERSION,)):
            return IOCType.TRX
        case 95 | 106 if run[0] in "48" and _is_monero(run):
            return IOCType.XMR
        case 72 if run[:2] == "T1" and _UPPER_HEX.issuperset(run.upper()[1:]):
            return IOCType.TLSH
        case 32 if _EXTENSION_LETTERS.issuperset(run) and len(set(run)) >= _FEWEST_LETTERS:
            return IOCType.CHROME_EXTENSION
    return None


def canonical(kind: IOCType, run: str) -> str:
    """Return the canonical form of a run."""
    if kind is IOCType.TLSH:
        return run.upper()
    # EIP-55 hides a checksum in the capitals; without it the address is the same.
    return run if kind in _CASED else run.lower()


def is_ethereum_text(text: str, start: int, end: int) -> bool:
    """Return whether a word shortly before an address, or just behind it, speaks of Ethereum."""
    around = f"{text[max(0, start - _WORDS_WINDOW) : start]} {text[end : end + 24]}"
    return _ETHEREUM_WORDS.search(around.lower()) is not None


def _ethereum(digits: str) -> IOCType | Objection:
    if _LOWER_HEX.issuperset(digits) or _UPPER_HEX.issuperset(digits):
        return Objection.ETHEREUM_UNSURE
    # EIP-55: a letter is a capital where the hash of the address has a digit above 7.
    lowered = digits.lower()
    marks = keccak_256(lowered.encode()).hex()
    is_correct = all(
        character.isdigit() or character.isupper() == (mark > "7")
        for character, mark in zip(digits, marks, strict=False)
    )
    return IOCType.ETH if is_correct else Objection.ETHEREUM_CHECKSUM


def _is_monero(run: str) -> bool:
    data = b""
    for start in range(0, len(run), 11):
        part = run[start : start + 11]
        block = base58_bytes(part, _MONERO_BYTES[len(part)])
        if block is None or (not data and block[0] not in _MONERO_NETWORKS):
            return False
        data += block
    return keccak_256(data[:-4])[:4] == data[-4:]
