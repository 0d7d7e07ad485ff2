"""The checksums that separate addresses of Bitcoin, of Tor and their like from random words."""

from __future__ import annotations

from base64 import b32decode
from collections.abc import Container
from hashlib import sha3_256, sha256

_BASE58 = {c: i for i, c in enumerate("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")}
_BECH32 = {c: i for i, c in enumerate("qpzry9x8gf2tvdw0s3jn54khce6mua7l")}
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32_CONSTANT = 1  # BIP 173, witness version 0
_BECH32M_CONSTANT = 0x2BC830A3  # BIP 350, later versions
_PREFIX = [3, 3, 0, 2, 3]  # "bc", expanded as BIP 173 says


def is_base58check(address: str, versions: Container[int] = (0, 5)) -> bool:
    """Return whether a text is an address of 25 bytes with a correct checksum.

    Versions 0 and 5 are the P2PKH and P2SH addresses of Bitcoin.
    """
    data = base58_bytes(address, 25)
    if data is None:
        return False
    leading_ones = len(address) - len(address.lstrip("1"))
    leading_zeros = len(data) - len(data.lstrip(b"\0"))
    if data[0] not in versions or leading_ones != leading_zeros:
        return False
    return sha256(sha256(data[:-4]).digest()).digest()[:4] == data[-4:]


def base58_bytes(text: str, length: int) -> bytes | None:
    """Return the bytes that a text encodes in base58; None if they do not fit into the length."""
    number = 0
    for character in text:
        digit = _BASE58.get(character)
        if digit is None:
            return None
        number = number * 58 + digit
    return number.to_bytes(length, "big") if number.bit_length() <= 8 * length else None


def is_segwit(address: str) -> bool:
    """Return whether a text is a native segregated-witness address with a correct checksum."""
    lowered = address.lower()
    # BIP 173 refuses addresses in mixed case.
    if address not in (lowered, address.upper()) or not lowered.startswith("bc1"):
        return False
    values = [_BECH32.get(character, -1) for character in lowered[3:]]
    if -1 in values or len(values) < 8:
        return False
    version, program_bits = values[0], 5 * (len(values) - 7)
    constant = _BECH32M_CONSTANT if version else _BECH32_CONSTANT
    if version > 16 or not _is_program(version, program_bits // 8, program_bits % 8):
        return False
    return _polymod(_PREFIX + values) == constant


def _is_program(version: int, length: int, padding: int) -> bool:
    # BIP 141: 2 to 40 bytes, and in version 0 just 20 or 32; BIP 173: at most 4 bits of padding.
    return padding < 5 and (length in (20, 32) if version == 0 else 2 <= length <= 40)


def _polymod(values: list[int]) -> int:
    # The BCH code of BIP 173.
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate(_GENERATORS):
            if top >> i & 1:
                check ^= generator
    return check


def is_onion(name: str) -> bool:
    """Return whether a host name ends in the address of an onion service (Tor rend-spec-v3)."""
    label = name.split(".")[-2]
    if len(label) != 56 or not name.endswith(".onion"):
        return False
    try:
        data = b32decode(label.upper())
    except ValueError:
        return False
    key, checksum, version = data[:32], data[32:34], data[34:]
    return (
        version == b"\x03" and sha3_256(b".onion checksum" + key + version).digest()[:2] == checksum
    )
