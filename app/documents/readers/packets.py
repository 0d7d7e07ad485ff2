"""Finds names and requests in what packets carry: DNS, TLS, HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from struct import error as StructError
from struct import unpack_from

_DNS_PORTS = frozenset((53, 5353, 5355))
_REQUEST = re.compile(
    rb"(GET|POST|HEAD|PUT|DELETE|OPTIONS|PATCH|CONNECT|PROPFIND) (\S{1,8000}) HTTP/1\.[01]\r?\n"
)
_HOST = re.compile(rb"\r?\nHost:[ \t]*([^\r\n\s]{1,255})", re.I)
_MOST_WAITING = 2_000  # flows whose first message is not complete yet
_LONGEST = 1 << 14
_MOST_RECORDS = 200
_MOST_LABELS = 128
_A, _NS, _CNAME, _PTR, _MX, _TXT, _AAAA = 1, 2, 5, 12, 15, 16, 28

Flow = tuple[str, str, int, int]
Told = Iterator[tuple[str, str]]


class Facts:
    """The beginnings of messages that go on in the next packet, by their flow."""

    def __init__(self) -> None:
        self._waiting: dict[Flow, bytes] = {}

    def joined(self, flow: Flow, payload: bytes) -> bytes:
        return self._waiting.pop(flow, b"") + payload

    def wait(self, flow: Flow, begun: bytes) -> None:
        if len(begun) < _LONGEST and len(self._waiting) < _MOST_WAITING:
            self._waiting[flow] = begun


def facts_of(payload: bytes, is_tcp: bool, flow: Flow, facts: Facts) -> Told:
    """Yield what a payload tells of hosts: the part for the place, and the text."""
    if not payload:
        return
    if not _DNS_PORTS.isdisjoint(flow[2:]):
        yield from _dns(payload[2:] if is_tcp else payload)
        return
    if not is_tcp:
        return
    payload = facts.joined(flow, payload)
    if payload[0] == 0x16:
        name = _server_name(payload)
        if name:
            yield "server name", f"hostname: {name}"
        elif name is None:
            facts.wait(flow, payload)
    elif payload.startswith(b"HTTP/1."):
        yield "HTTP answer", _headers(payload)
    elif match := _REQUEST.match(payload):
        if b"\r\n\r\n" not in payload:
            facts.wait(flow, payload)
        yield from _request(match, payload)


def _headers(payload: bytes) -> str:
    return payload[:_LONGEST].partition(b"\r\n\r\n")[0].decode("utf-8", "replace")


def _request(match: re.Match[bytes], payload: bytes) -> Told:
    host = _HOST.search(payload, match.end() - 2)
    target = match[2].decode("utf-8", "replace")
    if match[1] == b"CONNECT":
        yield "HTTP request", f"CONNECT {target} HTTP/1.1"
    elif host and target.startswith("/"):
        yield "HTTP request", f"http://{host[1].decode('utf-8', 'replace')}{target}"
    else:
        yield "HTTP request", target
    rest = _headers(payload[match.end() :])
    yield (
        "HTTP headers",
        "\n".join(line for line in rest.splitlines() if line[:5].lower() != "host:"),
    )


def _server_name(payload: bytes) -> str | None:
    """Return the SNI of a ClientHello (RFC 6066, 3), "" without one; None if it is not complete."""
    try:
        (size,) = unpack_from(">H", payload, 3)
        if payload[5] != 1:
            return ""
        if len(payload) < 5 + size:
            return None
        place = 43 + 1 + payload[43]
        place += 2 + unpack_from(">H", payload, place)[0]
        place += 1 + payload[place]
        end = place + 2 + unpack_from(">H", payload, place)[0]
        place += 2
        while place + 4 <= end:
            kind, size = unpack_from(">HH", payload, place)
            place += 4
            if kind == 0:
                (length,) = unpack_from(">H", payload, place + 3)
                return payload[place + 5 : place + 5 + length].decode("ascii", "replace")
            place += size
    except (StructError, IndexError):
        return None if len(payload) < 43 else ""
    return ""


def _dns(message: bytes) -> Told:
    """Yield the names and addresses of a DNS message (RFC 1035, 4)."""
    try:
        _, _, questions, *counts = unpack_from(">HHHHHH", message)
        place = 12
        for _ in range(min(questions, _MOST_RECORDS)):
            name, place = _name(message, place)
            place += 4
            yield from _named("DNS query", name)
        for _ in range(min(sum(counts), _MOST_RECORDS)):
            _, place = _name(message, place)
            kind, _, _, size = unpack_from(">HHIH", message, place)
            place += 10
            yield from _answer(message, kind, place, size)
            place += size
    except (StructError, IndexError):
        return  # cut off: captures keep only the beginning of long packets


def _answer(message: bytes, kind: int, place: int, size: int) -> Told:
    content = message[place : place + size]
    if kind == _A and size == 4 == len(content):
        yield "DNS answer", str(IPv4Address(content))
    elif kind == _AAAA and size == 16 == len(content):
        yield "DNS answer", str(IPv6Address(content))
    elif kind in (_NS, _CNAME, _PTR):
        yield from _named("DNS answer", _name(message, place)[0])
    elif kind == _MX:
        yield from _named("DNS answer", _name(message, place + 2)[0])
    elif kind == _TXT:
        yield "DNS answer", content[1:].decode("utf-8", "replace")


def _named(part: str, name: str) -> Told:
    # Names of reverse look-ups and of the local network are no indicators.
    if "." in name and not name.lower().endswith((".arpa", ".local")):
        yield part, f"query: {name} IN A"


def _name(message: bytes, place: int) -> tuple[str, int]:
    """Return the name at a place, and where it ends; pointers lead backwards or end it."""
    labels: list[str] = []
    end = 0
    while len(labels) < _MOST_LABELS:
        length = message[place]
        if length >= 0xC0:
            target = (length & 0x3F) << 8 | message[place + 1]
            end = end or place + 2
            if target >= place:  # a loop
                break
            place = target
            continue
        place += 1
        if not length:
            break
        labels.append(message[place : place + length].decode("utf-8", "replace"))
        place += length
    return ".".join(labels), end or place
