"""The reader of packet captures (pcap, pcapng): addresses, DNS names, server names, requests."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from struct import error as StructError
from struct import unpack_from
from typing import NamedTuple

from app.documents.limits import Budget
from app.documents.models import Item, Part, Unread
from app.documents.readers.packets import Facts, facts_of

_LITTLE, _BIG = b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4"
_LITTLE_NANO, _BIG_NANO = b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d"
_SECTION, _INTERFACE, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 3, 6
_UNREAD = "Of a capture the addresses, names and requests are read; what else it carries is not."
_DAMAGED = "It is damaged or cut off; packets behind that were not read."
# The bytes before the IP header, and where the protocol is told (tcpdump.org/linktypes.html).
_ETHERNET, _NULL, _LOOP, _COOKED, _COOKED_2 = 1, 0, 108, 113, 276
_RAW = frozenset((12, 14, 101, 228, 229))
_VLAN = frozenset((0x8100, 0x88A8, 0x9100))
_IPV4, _IPV6 = 0x0800, 0x86DD
_TCP, _UDP = 6, 17
_EXTENSIONS = frozenset((0, 43, 60, 135))
_MOST_TOLD = 100_000


class _Packet(NamedTuple):
    source: str
    target: str
    protocol: int
    payload: bytes
    """What stands behind the IP header."""


def read_pcap(data: bytes, budget: Budget) -> Iterator[Item]:
    facts = Facts()
    told: set[tuple[str, str]] = set()
    unknown = 0
    trouble = ""
    frames = _blocks(data) if data[:4] == b"\x0a\x0d\x0d\x0a" else _records(data)
    for number, (link, frame) in enumerate(frames, 1):
        if link < 0:
            trouble = _DAMAGED
            break
        packet = _packet(link, frame)
        if packet is None:
            unknown += 1
            continue
        for part, text in _told(packet, facts):
            if (part, text) not in told and len(told) < _MOST_TOLD:
                told.add((part, text))
                yield Part(part, text, number, True)
    yield Unread(trouble or _UNREAD)
    if unknown:
        yield Unread(
            f"{unknown:,} of its packets are not of IP, or of a network that is not known."
        )
    if len(told) >= _MOST_TOLD:
        yield Unread(f"It names more than {_MOST_TOLD:,} hosts and requests.")


def _told(packet: _Packet, facts: Facts) -> Iterator[tuple[str, str]]:
    yield "address", packet.source
    yield "address", packet.target
    header = 20 if packet.protocol == _TCP else 8
    if packet.protocol not in (_TCP, _UDP) or len(packet.payload) < header:
        return
    ports = unpack_from(">HH", packet.payload)
    if packet.protocol == _TCP:
        header = packet.payload[12] >> 4 << 2
    flow = packet.source, packet.target, *ports
    yield from facts_of(packet.payload[header:], packet.protocol == _TCP, flow, facts)


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield link type and frame of each packet of a pcap file; link type -1 where it is damaged."""
    order = "<" if data[:4] in (_LITTLE, _LITTLE_NANO) else ">"
    if len(data) < 24:
        yield -1, b""
        return
    link = unpack_from(f"{order}I", data, 20)[0] & 0xFFFF
    place = 24
    while place + 16 <= len(data):
        (size,) = unpack_from(f"{order}I", data, place + 8)
        place += 16
        frame = data[place : place + size]
        place += size
        yield link, frame
        if place > len(data):
            break
    if place != len(data):
        yield -1, b""


def _blocks(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield link type and frame of each packet of a pcapng file (draft-ietf-opsawg-pcapng)."""
    order, place = "<", 0
    links: list[int] = []
    while place + 12 <= len(data):
        (kind,) = unpack_from(f"{order}I", data, place)
        if kind == _SECTION:
            order = "<" if data[place + 8 : place + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            links = []
        (size,) = unpack_from(f"{order}I", data, place + 4)
        if size < 12 or size % 4 or place + size > len(data):
            break
        body = data[place + 8 : place + size - 4]
        try:
            if kind == _INTERFACE:
                links.append(unpack_from(f"{order}H", body)[0])
            elif kind == _ENHANCED:
                interface, _, _, kept = unpack_from(f"{order}IIII", body)
                yield links[interface], body[20 : 20 + kept]
            elif kind == _SIMPLE:
                yield links[0], body[4:]
        except (IndexError, StructError):
            break
        place += size
    if place != len(data):
        yield -1, b""


def _packet(link: int, frame: bytes) -> _Packet | None:
    """Return the IP packet in a frame, or None if there is none that is known."""
    try:
        place, protocol = _network(link, frame)
        version = frame[place] >> 4
        if protocol == _IPV4 and version == 4:
            return _ipv4(frame[place:])
        if protocol == _IPV6 and version == 6:
            return _ipv6(frame[place:])
    except (IndexError, StructError):
        return None
    return None


def _network(link: int, frame: bytes) -> tuple[int, int]:
    """Return where the network layer begins, and its protocol."""
    if link == _ETHERNET:
        place = 12
        (protocol,) = unpack_from(">H", frame, place)
        while protocol in _VLAN:
            place += 4
            (protocol,) = unpack_from(">H", frame, place)
        return place + 2, protocol
    if link == _COOKED:
        return 16, unpack_from(">H", frame, 14)[0]
    if link == _COOKED_2:
        return 20, unpack_from(">H", frame)[0]
    place = 4 if link in (_NULL, _LOOP) else 0
    if place or link in _RAW:
        return place, _IPV4 if frame[place] >> 4 == 4 else _IPV6
    return 0, 0


def _ipv4(packet: bytes) -> _Packet:
    header = (packet[0] & 15) * 4
    length, _, fragment = unpack_from(">HHH", packet, 2)
    source, target = (str(IPv4Address(packet[at : at + 4])) for at in (12, 16))
    # Network cards fill in the length of large packets later, so it may be zero.
    payload = packet[header : length or None]
    return _Packet(source, target, packet[9], b"" if fragment & 0x1FFF else payload)


def _ipv6(packet: bytes) -> _Packet:
    source, target = (str(IPv6Address(packet[at : at + 16])) for at in (8, 24))
    (length,) = unpack_from(">H", packet, 4)
    protocol, place = packet[6], 40
    for _ in range(8):
        if protocol not in _EXTENSIONS:
            break
        protocol, size = packet[place], packet[place + 1]
        place += (size + 1) * 8
    end = 40 + length if length else None
    return _Packet(source, target, protocol, packet[place:end])
