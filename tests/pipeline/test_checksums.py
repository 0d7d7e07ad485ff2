from __future__ import annotations

import pytest

from app.pipeline.checksums import is_base58check, is_segwit
from tests.pipeline.found import found

# The example addresses of the Bitcoin wiki and of BIP 173 and BIP 350.
BASE58 = ["1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"]
SEGWIT = [
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
    "bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
    "BC1SW50QGDZ25J",
]


@pytest.mark.parametrize("address", BASE58)
def test_a_correct_base58_checksum_is_accepted(address: str) -> None:
    assert is_base58check(address)
    assert found(f"pay to {address}.") == [f"btc {address}"]


@pytest.mark.parametrize("address", BASE58)
def test_each_changed_character_breaks_the_base58_checksum(address: str) -> None:
    for i, character in enumerate(address):
        other = "2" if character != "2" else "3"
        assert not is_base58check(address[:i] + other + address[i + 1 :])


@pytest.mark.parametrize("address", ["", "1", "1" * 34, "0" * 34, "I" * 30, "z" * 35])
def test_other_text_is_refused_as_a_base58_address(address: str) -> None:
    assert not is_base58check(address)


@pytest.mark.parametrize("address", SEGWIT)
def test_a_correct_bech32_checksum_is_accepted(address: str) -> None:
    assert is_segwit(address)


def test_segwit_address_is_found_in_lower_case() -> None:
    assert found(f"{SEGWIT[0]} or {SEGWIT[1]}") == [f"btc {SEGWIT[0]}"]


@pytest.mark.parametrize(
    "address",
    [
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3T4",
        "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx",
        "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",
        "bc1pw5dgrnzv",
        "bc1qr508d6qejxtdg4y5r3zarvaryv98gj9p",
        "bc1",
    ],
)
def test_other_text_is_refused_as_a_segwit_address(address: str) -> None:
    assert not is_segwit(address)
