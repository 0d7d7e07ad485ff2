"""The checksums that separate Bitcoin addresses from random words."""

from __future__ import annotations

from hashlib import sha256

_BASE58 = {c: i for i, c in enumerate("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")}
_BECH32 = {c: i for i, c in enumerate("qpzry9x8gf2tvdw0s3jn54khce6mua7l")}
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32_CONSTANT = 1  # BIP 173, witness version 0
_BECH32M_CONSTANT = 0x2BC830A3  # BIP 350, later versions
_PREFIX = [3, 3, 0, 2, 3]  # "bc", expanded as BIP 173 says


def is_base58check(address: str) -> bool:
    """Return whether a text is a P2PKH or P2SH address (version 0 or 5) with a correct checksum."""
    number = 0
    for character in address:
        digit = _BASE58.get(character)
        if digit is None:
            return False
        number = number * 58 + digit
    if number.bit_length() > 200:
        return False
    data = number.to_bytes(25, "big")
    leading_ones = len(address) - len(address.lstrip("1"))
    leading_zeros = len(data) - len(data.lstrip(b"\0"))
    if data[0] not in (0, 5) or leading_ones != leading_zeros:
        return False
    return sha256(sha256(data[:-4]).digest()).digest()[:4] == data[-4:]


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
