from __future__ import annotations

import pytest

from app.pipeline import extract
from app.pipeline.keccak import keccak_256
from tests.pipeline.found import found

# The examples of EIP-55, and two well-known public addresses.
ETH = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
OTHER_ETH = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
TRX = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
XMR = (
    "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3"
    "XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A"
)
LOWER, OTHER_LOWER = ETH.lower(), OTHER_ETH.lower()


@pytest.mark.parametrize(
    ("data", "digest"),
    [
        (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        (b"testing", "5f16f4c7f149ac4f9510d9cf8cf384038ad348b3bcdc01915f95de12df9d1b02"),
    ],
)
def test_keccak_gives_the_published_digests(data: bytes, digest: str) -> None:
    assert keccak_256(data).hex() == digest


@pytest.mark.parametrize("length", [135, 136, 137, 272])
def test_keccak_reads_several_blocks(length: int) -> None:
    reference = pytest.importorskip("Cryptodome.Hash.keccak")
    data = bytes(i % 251 for i in range(length))
    assert keccak_256(data) == reference.new(digest_bits=256, data=data).digest()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ETH, [f"eth {LOWER}"]),
        (f"({OTHER_ETH}),", [f"eth {OTHER_LOWER}"]),
        (f"wallet: {LOWER}", [f"eth {LOWER}"]),
        (f'const contract = "{LOWER}"', [f"eth {LOWER}"]),
        (f"smart contract {LOWER}", [f"eth {LOWER}"]),
        (f"ETH,{LOWER}", [f"eth {LOWER}"]),
        (f"{LOWER} (Ethereum)", [f"eth {LOWER}"]),
        (f"wallets\n{LOWER}\n{OTHER_LOWER}", [f"eth {LOWER}", f"eth {OTHER_LOWER}"]),
        (f"ETH 0x{LOWER[2:].upper()}", [f"eth {LOWER}"]),
        (f"pay to {TRX}.", [f"trx {TRX}"]),
        (f"wallet={XMR};", [f"xmr {XMR}"]),
        # Look-alikes.
        (LOWER, []),
        (f"serial {LOWER}", []),
        (f"together {LOWER}", []),
        (f"address {LOWER} of the function", []),
        (f"{ETH}00 wallet", []),
        (f"wallet 0x{'ab' * 32}", []),
        (TRX[:-1] + "u", []),
        (TRX.lower(), []),
        (XMR[:-1] + "B", []),
        ("5" + XMR[1:], []),
        ("T" + "a" * 33, []),
    ],
)
def test_wallet_is_found_by_its_checksum_or_a_word(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("pasted", "reason"),
    [
        (ETH[:-1] + "D", "the checksum of an Ethereum address is wrong"),
        (LOWER, "an Ethereum address only beside a word that says so"),
    ],
)
def test_other_ethereum_address_is_a_near_miss(pasted: str, reason: str) -> None:
    (miss,) = extract(f"see {pasted} there").near_misses
    assert (miss.text, miss.reason) == (pasted, reason)


def test_costly_checksums_are_computed_for_a_hundred_runs_of_a_block() -> None:
    wrong = "\n".join(f"0xAbCdEfAbCdEfAb{i:026x}" for i in range(150))
    assert found(f"{ETH}\n{wrong}") == [f"eth {LOWER}"]
    reasons = [miss.reason for miss in extract(wrong).near_misses]
    assert reasons.count("the checksum of an Ethereum address is wrong") == 100
