"""Ports behind a dot: `192.0.2.5.443`, as tcpdump, netstat and lsof write them."""

from __future__ import annotations

import re

from app.pipeline.classifier import is_octets

_ARROW_BEHIND = re.compile(r" ?[-=]?> ?(?=[0-9]{1,3}\.[0-9])")
_ARROW_BEFORE = re.compile(r"[0-9] ?[-=]?> ?$")
# A line of netstat: the protocol, two queues, and perhaps the other address.
_NETSTAT = re.compile(r"\n[ \t]*(?:tcp|udp)[46]{0,2}[ \t]+[0-9]+[ \t]+[0-9]+[ \t]+[\w.*:]*[ \t]*$")
_LONGEST_PORT = 5
_WINDOW = 100


def address_before_port(text: str, start: int, end: int) -> int:
    """Return the length of the address in `192.0.2.5.443`; 0 if that is no address and port."""
    labels = text[start:end].split(".")
    if len(labels) != 5 or not is_octets(labels[:4]):
        return 0
    port = labels[4]
    if not port or len(port) > _LONGEST_PORT or port[0] == "0" or int(port) > 65535:
        return 0
    before = text[max(0, start - _WINDOW) : start]
    if (
        _ARROW_BEHIND.match(text, end)
        or _ARROW_BEFORE.search(before[-5:])
        or _NETSTAT.search(before)
    ):
        return end - start - len(port) - 1
    return 0
