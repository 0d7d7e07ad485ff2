"""Hosts are read as browsers read them; what no browser accepts gives no address."""

from __future__ import annotations

import pytest

from app.context.addresses import meant_address


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("2130706433", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("0\x00", None),
        ("1.2.3.4\x00", None),
        ("1.2.3.4 x", None),
        ("4.3.2.1.in-addr.arpa", "1.2.3.4"),
    ],
)
def test_a_host_is_read_as_the_address_that_a_browser_connects_to(
    host: str, address: str | None
) -> None:
    found = meant_address(host)
    assert (str(found) if found else None) == address
