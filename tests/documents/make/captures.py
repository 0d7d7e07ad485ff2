"""Makes packet captures and Windows event logs."""

from __future__ import annotations

from ipaddress import ip_address
from struct import pack
from zlib import crc32

CLIENT, SERVER = "10.0.0.5", "61.20.30.40"


def pcap(*frames: bytes, link: int = 1, order: str = "<") -> bytes:
    records = b"".join(pack(f"{order}IIII", 0, 0, len(f), len(f)) + f for f in frames)
    return pack(f"{order}IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link) + records


def pcapng(*frames: bytes, link: int = 1) -> bytes:
    def block(kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        size = len(body) + 12
        return pack("<II", kind, size) + body + pack("<I", size)

    head = block(0x0A0D0D0A, pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)) + block(
        1, pack("<HHI", link, 0, 0)
    )
    return head + b"".join(block(6, pack("<IIIII", 0, 0, 0, len(f), len(f)) + f) for f in frames)


def ethernet(packet: bytes, vlan: bool = False) -> bytes:
    kind = b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00"
    return bytes(12) + (b"\x81\x00\x00\x05" if vlan else b"") + kind + packet


def ip(payload: bytes, protocol: int, source: str = CLIENT, target: str = SERVER) -> bytes:
    addresses = ip_address(source).packed + ip_address(target).packed
    if ip_address(source).version == 6:
        return pack(">IHBB", 6 << 28, len(payload), protocol, 64) + addresses + payload
    head = pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0)
    return head + addresses + payload


def udp(payload: bytes, port: int, **addresses: str) -> bytes:
    return ip(pack(">HHHH", 40_000, port, 8 + len(payload), 0) + payload, 17, **addresses)


def tcp(payload: bytes, port: int, **addresses: str) -> bytes:
    head = pack(">HHIIBBHHH", 40_001, port, 0, 0, 5 << 4, 24, 0, 0, 0)
    return ip(head + payload, 6, **addresses)


def name(written: str) -> bytes:
    labels = written.encode().split(b".")
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\x00"


def query(written: str, *answers: tuple[int, bytes]) -> bytes:
    """Return a DNS message; each answer is the number of its type, and its content."""
    records = b"".join(
        b"\xc0\x0c" + pack(">HHIH", kind, 1, 60, len(content)) + content
        for kind, content in answers
    )
    head = pack(">HHHHHH", 1, 0x100, 1, len(answers), 0, 0)
    return head + name(written) + pack(">HH", 1, 1) + records


def hello(host: str, extra: int = 0) -> bytes:
    """Return a ClientHello with a server name, and an extension of some length before it."""
    sni = pack(">HHHBH", 0, len(host) + 5, len(host) + 3, 0, len(host)) + host.encode()
    padding = pack(">HH", 21, extra) + bytes(extra)
    extensions = padding + sni
    body = b"\x03\x03" + bytes(32) + b"\x00" + b"\x00\x02\x13\x01" + b"\x01\x00"
    body += pack(">H", len(extensions)) + extensions
    message = b"\x01" + pack(">I", len(body))[1:] + body
    return b"\x16\x03\x01" + pack(">H", len(message)) + message


def evtx(*events: dict[str, str]) -> bytes:
    """Return a log of one chunk; each event has an element `Data` for each of its fields."""
    chunk = bytearray(512)
    for number, fields in enumerate(events, 1):
        start = len(chunk)
        body = _binary_xml(start + 24, fields)
        size = len(body) + 28
        chunk += pack("<IIQQ", 0x2A2A, size, number, 0) + body + pack("<I", size)
    free = len(chunk)
    count = len(events)
    head = b"ElfChnk\x00" + pack("<QQQQIIII", 1, count, 1, count, 128, free, free, 0)
    chunk[: len(head)] = head
    chunk += bytes((1 << 16) - len(chunk))
    checked = pack("<I", crc32(bytes(chunk[512:free])))
    chunk[52:56] = checked
    chunk[124:128] = pack("<I", crc32(bytes(chunk[:120] + chunk[128:512])))
    file = b"ElfFile\x00" + pack("<QQQIHHHH", 0, 0, count + 1, 128, 1, 3, 4096, 1)
    file = file.ljust(120, b"\x00") + pack("<I", 0)
    file += pack("<I", crc32(file[:120]))
    return file.ljust(4096, b"\x00") + bytes(chunk)


def _binary_xml(start: int, fields: dict[str, str]) -> bytes:
    """Return an event in binary XML (MS-EVEN6 2.2.12), which begins at an offset of its chunk."""
    xml = bytearray(b"\x0f\x01\x01\x00")

    def named(text: str, at: int) -> bytes:
        """Return the offset of a name, and the name behind it."""
        wide = text.encode("utf-16-le")
        return pack("<I", at + 4) + pack("<IHH", 0, 0, len(text)) + wide + b"\x00\x00"

    def value(text: str) -> bytes:
        return b"\x05\x01" + pack("<H", len(text)) + text.encode("utf-16-le")

    def opened(tag: str, attribute: tuple[str, str] | None) -> None:
        xml.append(0x41 if attribute else 0x01)
        xml.extend(pack("<I", 0))
        xml.extend(named(tag, start + len(xml)))
        if attribute:
            xml.extend(pack("<I", 0) + b"\x06")
            xml.extend(named(attribute[0], start + len(xml)) + value(attribute[1]))
        xml.append(0x02)

    opened("Event", None)
    for field, text in fields.items():
        opened("Data", ("Name", field))
        xml.extend(value(text) + b"\x04")
    return bytes(xml) + b"\x04\x00"
