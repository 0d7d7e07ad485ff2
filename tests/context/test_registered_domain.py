from __future__ import annotations

import pytest

from app.context.registered_domain import registered_domain
from app.pipeline.models import IOC, IOCType


@pytest.mark.parametrize(
    ("kind", "value", "registered"),
    [
        ("domain", "a.b.example.co.uk", "example.co.uk"),
        ("domain", "www.example.com", "example.com"),
        ("domain", "example.com", None),
        ("domain", "co.uk", None),
        ("domain", "evil.github.io", None),
        ("domain", "x.evil.github.io", "evil.github.io"),
        ("domain", "shop.xn--bcher-kva.de", "xn--bcher-kva.de"),
        ("email", "anna@mail.example.org", "example.org"),
        ("url", "https://u:p@login.example.net:8443/a.b/c", "example.net"),
        ("url", "http://10.0.0.1/x", None),
        ("url", "http://[2a0b:f4c2::10]/x", None),
        ("url", "http://[broken", None),
        ("ipv4", "8.8.4.4", None),
        ("md5", "0" * 32, None),
    ],
)
def test_the_registered_domain_is_the_public_suffix_and_one_label(
    kind: str, value: str, registered: str | None
) -> None:
    assert registered_domain(IOC(IOCType(kind), value)) == registered
