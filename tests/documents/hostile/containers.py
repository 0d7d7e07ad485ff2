"""Makes hostile captures, event logs, sections and shortcuts: cut, looping, with wrong lengths."""

from __future__ import annotations

from struct import pack

from tests.documents.hostile.model import IOC, TEXT, Hostile, half
from tests.documents.make.captures import ethernet, evtx, pcap, pcapng, query, tcp, udp
from tests.documents.make.lnk import block, lnk
from tests.documents.make.onenote import FILE, file_object, section

_URL = f"http://{IOC}/"
_QUERY = ethernet(udp(query(IOC), 53))
_LOOP = pack(">HHHHHH", 1, 0x100, 60_000, 60_000, 0, 0) + b"\xc0\x0c" * 200
_LONG = query(".".join("a" * 60 for _ in range(200)))


def _flows(count: int) -> bytes:
    """Return the beginnings of many messages that never go on."""
    waiting = b"\x16\x03\x01\x40\x00\x01" + bytes(1_000)
    return pcap(*(ethernet(tcp(waiting, port % 60_000 + 1_000)) for port in range(count)), _QUERY)


def _damaged_log() -> bytes:
    log = bytearray(evtx({"CommandLine": _URL}))
    log[4096 + 512 + 24 + 8 : 4096 + 512 + 24 + 12] = b"\xff\xff\xff\xff"
    return bytes(log)


CONTAINERS = (
    Hostile("capture cut off", lambda: pcap(_QUERY, _QUERY)[:-20]),
    Hostile("capture with a wrong length",
            lambda: pcap(_QUERY) + pack("<IIII", 0, 0, 0xFFFFFFFF, 1)),
    Hostile("capture of DNS that loops", lambda: pcap(ethernet(udp(_LOOP, 53)), _QUERY)),
    Hostile("capture of endless names", lambda: pcap(*[ethernet(udp(_LONG, 53))] * 2_000, _QUERY)),
    Hostile("capture of 20,000 messages that never end", lambda: _flows(20_000)),
    Hostile("capture of empty packets", lambda: pcap(_QUERY, *[b""] * 200_000)),
    Hostile("pcapng with a block of no length", lambda: pcapng(_QUERY) + bytes(99)),
    Hostile("pcapng of an interface that is not there",
            lambda: pcapng(_QUERY) + pack("<IIIIIIII", 6, 32, 9, 0, 0, 0, 0, 32)),
    Hostile("event log cut off", lambda: evtx({"CommandLine": _URL})[:9_000]),
    Hostile("event log with a wrong offset", _damaged_log),
    Hostile("event log of heads", lambda: evtx({"a": _URL}) + b"ElfChnk\x00" * 100_000),
    Hostile("section with a file of 2^63 bytes", lambda: section(file_object(TEXT, 2**63))),
    Hostile("section of 100,000 files", lambda: section(file_object(TEXT), FILE * 100_000)),
    Hostile("section cut off", lambda: section(file_object(b"x" + TEXT * 9))[:-200]),
    Hostile("shortcut with a wrong length",
            lambda: lnk(arguments=_URL, extra=pack("<II", 0xFFFFFFFF, 0xA0000001))),
    Hostile("shortcut of 100,000 blocks",
            lambda: lnk(arguments=_URL, extra=block(0xA0000009, b"x") * 100_000)),
    Hostile("shortcut cut off", lambda: half(lnk(arguments=_URL * 9))),
)  # fmt: skip
