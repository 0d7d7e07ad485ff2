from __future__ import annotations

import base64
import ipaddress
import json
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.pipeline import extract_iocs
from app.pipeline.models import IOC, IOCType
from app.triage.models import Preferences
from app.triage.policy import Policy, find_holds
from tests.triage.corpus import ASKED, HELD, OWN

POLICY = Policy(OWN)


def url(text: str) -> IOC:
    return IOC(IOCType.URL, text)


def one(pasted: str) -> IOC:
    found = extract_iocs(pasted)
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(("pasted", "reason"), HELD)
def test_a_held_back_ioc_has_its_reason(pasted: str, reason: str) -> None:
    hold = POLICY.hold(one(pasted))
    assert hold is not None
    assert reason in hold.reason.sentence


@pytest.mark.parametrize("pasted", ASKED)
def test_ordinary_iocs_are_asked(pasted: str) -> None:
    assert POLICY.hold(one(pasted)) is None


@pytest.mark.parametrize(
    ("value", "kind", "host"),
    [
        ("http://bob:pw@files.evil-host.net/x", IOCType.DOMAIN, "files.evil-host.net"),
        ("http://bob%3Apw%40files.evil-host.net/x", IOCType.DOMAIN, "files.evil-host.net"),
        ("http://bob:pw@8.8.4.4:80/x", IOCType.IPV4, "8.8.4.4"),
        ("http://bob:pw@[2a0b:f4c2::10]/x", IOCType.IPV6, "2a0b:f4c2::10"),
    ],
)
def test_the_host_of_a_url_with_credentials_can_be_asked_alone(
    value: str, kind: IOCType, host: str
) -> None:
    hold = POLICY.hold(url(value))
    assert hold is not None
    assert "carries a password" in hold.reason.sentence
    assert hold.instead == IOC(kind, host)


def test_a_host_that_is_held_back_itself_is_not_offered() -> None:
    hold = POLICY.hold(url("https://bob:pw@example-login.com/x"))
    assert hold is not None
    assert hold.reason.sentence == "looks like your domain example.com; carries a password"
    assert hold.instead is None


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        ("185.10.7.0/24", "overlaps your network 185.10.0.0/16"),
        ("185.0.0.0/8", "overlaps your network 185.10.0.0/16"),
        ("10.0.0.0/8", "private network (RFC 1918)"),
        ("185.11.0.0/16", None),
        ("2a0b:f4c1::/32", None),
    ],
)
def test_a_network_that_overlaps_an_own_one_is_held_back(network: str, reason: str | None) -> None:
    hold = POLICY.hold(IOC(IOCType.CIDR, network))
    assert (hold.reason.sentence if hold else None) == reason


@pytest.mark.parametrize("address", ["bob@example.com", "bob@mail.example.com"])
def test_mail_addresses_of_own_domains_are_held_back(address: str) -> None:
    hold = POLICY.hold(IOC(IOCType.EMAIL, address))
    assert hold is not None
    assert hold.reason.sentence == "mail address of your domain example.com"


def test_look_alikes_can_be_asked_if_the_analyst_says_so() -> None:
    policy = Policy(Preferences(OWN.own_domains, OWN.own_networks, hold_look_alikes=False))
    assert policy.hold(IOC(IOCType.DOMAIN, "examp1e.com")) is None
    assert policy.hold(IOC(IOCType.DOMAIN, "a.example.com")) is not None


def test_without_preferences_only_reserved_addresses_and_secrets_are_held_back() -> None:
    policy = Policy(Preferences())
    assert policy.hold(IOC(IOCType.DOMAIN, "example.com")) is None
    assert policy.hold(IOC(IOCType.IPV4, "10.0.0.1")) is not None
    assert policy.hold(url("https://a.evil-host.net/?token=abc123")) is not None


@pytest.mark.parametrize("kind", [IOCType.SHA256, IOCType.CVE, IOCType.ASN, IOCType.BTC])
def test_types_without_a_host_are_never_held_back(kind: IOCType) -> None:
    assert POLICY.hold(IOC(kind, "example.com")) is None


NOTATIONS = (
    str,
    lambda a: str(int(a)),
    lambda a: hex(int(a)),
    lambda a: f"0{int(a):o}",
    lambda a: ".".join(f"0{part:o}" for part in a.packed),
    lambda a: ".".join(hex(part) for part in a.packed),
    lambda a: f"{a.packed[0]}.{int(a) & 0xFFFFFF}",
    lambda a: f"[::ffff:{a}]",
    lambda a: f"[::{a}]",
    lambda a: f"[64:ff9b::{a}]",
    lambda a: f"[{ipaddress.IPv6Address((0x2002 << 112) | (int(a) << 80) | 1)}]",
    lambda a: f"[{ipaddress.IPv6Address((0x20010000 << 96) | (~int(a) & 0xFFFFFFFF))}]",
    lambda a: quote(str(a)).replace("1", "%31"),
    lambda a: "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in str(a)),
)


@settings(deadline=None)
@given(
    st.integers(0, 0xFFFF).map(lambda n: ipaddress.IPv4Address(0xB90A0000 + n)),
    st.sampled_from(NOTATIONS),
)
def test_an_own_address_is_held_back_in_every_notation(address: object, write: object) -> None:
    hold = POLICY.hold(url(f"http://{write(address)}/x"))  # type: ignore[operator]
    assert hold is not None
    assert "185.10.0.0/16" in hold.reason.sentence


@settings(deadline=None)
@given(st.emails())
def test_a_mail_address_is_found_however_it_is_wrapped(address: str) -> None:
    """Only those that people have: of simple letters, at a name that can exist."""
    local = "".join(c for c in address.partition("@")[0] if c.isalnum() and c.isascii()) or "x"
    mail = f"{local}@firma.de"
    wrapped = base64.b64encode(mail.encode()).decode()
    for value in (mail, quote(mail, safe=""), quote(quote(mail, safe="")), wrapped):
        hold = POLICY.hold(url(f"https://evil-host.net/p?x={value}"))
        assert hold is not None, value


@settings(deadline=None)
@given(st.binary(min_size=18, max_size=60))
def test_a_json_web_token_is_found(payload: bytes) -> None:
    parts = [json.dumps({"alg": "HS256"}).encode(), b'{"sub":"1234567"}', payload]
    token = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    hold = POLICY.hold(url(f"https://evil-host.net/r/{token}"))
    assert hold is not None


@settings(deadline=None)
@given(st.text(max_size=60))
def test_every_url_can_be_judged(text: str) -> None:
    POLICY.hold(url(f"http://{text}"))
    POLICY.hold(url(f"http://evil-host.net/{text}"))
    POLICY.hold(IOC(IOCType.DOMAIN, text))


@pytest.mark.parametrize("value", ["http://10.6/x", "http://127.1:8080/admin", "http://0/"])
def test_short_forms_are_addresses_too(value: str) -> None:
    assert POLICY.hold(url(value)) is not None


def test_many_iocs_are_judged_together() -> None:
    iocs = [*extract_iocs("10.0.0.1 8.8.4.4 vpn.example.com")]
    assert {ioc.value for ioc in find_holds(iocs, OWN)} == {"10.0.0.1", "vpn.example.com"}
