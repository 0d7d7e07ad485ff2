"""Writes values in their canonical form: two ways to write one IOC give the same value."""

from __future__ import annotations

import re
from ipaddress import ip_network

from app.pipeline.refang import DOT
from app.pipeline.words import word_set

_HEX = re.compile("[0-9a-f:]{2,39}")
_PLAIN_GROUPS = re.compile("(?:[0-9a-f]{1,4}:){1,7}(?::(?:[0-9a-f]{1,4}:){0,5})?[0-9a-f]{1,4}")
_ENCODED_NAME = re.compile("[a-z0-9._-]+")
_NUMBER = re.compile("0x[0-9a-f]{0,8}|0[0-7]{0,11}|[1-9][0-9]{0,9}")
_ZEROS = re.compile("(?::0){2,}:")
_OCTETS = frozenset(map(str, range(256)))
_MAPPED = [0, 0, 0, 0, 0, 0xFFFF]
_MAX_HOST = 253
_HTTP = re.compile("(?:h[htxz0*_+#$.-]{1,5}p|[tx]{2,3}p|meow|purr)(s?)")
_FTP = re.compile("(s?)f[tx*]p(s?)")
_PLAIN_SCHEMES = word_set("ftp ftps sftp ws wss ldap ldaps rmi")


def scheme(written: str) -> str | None:
    """Return the plain scheme: hxxp, hXXps, h**p, h[tt]p, h00p and meow are http or https."""
    name = written.lower()
    for mark in "[](){}<> ":
        name = name.replace(mark, "")
    if name in _PLAIN_SCHEMES:
        return name
    if match := _HTTP.fullmatch(name):
        return f"http{match[1]}"
    match = _FTP.fullmatch(name)
    return f"{match[1]}ftp{match[2]}" if match else None


def host(written: str) -> str | None:
    """Return a host in lower case, with punycode for labels beyond ASCII; None if there is none."""
    name = written.lower()
    if DOT in name:
        name = name.replace(DOT, ".")
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            return None
        # IDNA replaces compatible letters: "\u2486" becomes "(19)", which is no part of a name.
        if not _ENCODED_NAME.fullmatch(name):
            return None
    return name if len(name) <= _MAX_HOST else None


def numeric_host(written: str) -> str | None:
    """Return the IPv4 address that a browser reads in one number, or in octal or hex numbers."""
    # https://url.spec.whatwg.org/#concept-ipv4-parser, except that two or three decimal numbers
    # are not read: everywhere else in a text they are versions.
    parts = written.lower().split(".")
    if len(parts) > 4 or not all(map(_NUMBER.fullmatch, parts)):
        return None
    is_odd = any(part.startswith("0x") for part in parts)
    if not is_odd and len(parts) != 4 and not (len(parts) == 1 and len(written) > 7):
        return None
    numbers = [_number(part) for part in parts]
    last = 256 ** (5 - len(parts))
    if max(numbers[:-1], default=0) > 255 or numbers[-1] >= last:
        return None
    value = sum(number << 8 * (3 - i) for i, number in enumerate(numbers[:-1])) + numbers[-1]
    return ".".join(map(str, value.to_bytes(4, "big")))


def _number(part: str) -> int:
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    return int(part, 8 if part.startswith("0") else 10)


def ipv6(written: str) -> str | None:
    """Return an IPv6 address compressed, in lower case, without its zone; None if it is none."""
    text = written.partition("%")[0].lower()
    if _is_canonical_ipv6(text):
        return text
    text = text.replace(DOT, ".")
    head, dots, quad = text.rpartition(":")
    if "." in quad:
        octets = quad.split(".")
        if not dots or len(octets) != 4 or not _OCTETS.issuperset(octets):
            return None
        a, b, c, d = map(int, octets)
        text = f"{head}:{a << 8 | b:x}:{c << 8 | d:x}"
    groups = _groups(text)
    if groups is None:
        return None
    if groups[:6] == _MAPPED:  # written with the four numbers of the IPv4 address (RFC 5952, 5)
        a, b = groups[6:]
        return f"::ffff:{a >> 8}.{a & 255}.{b >> 8}.{b & 255}"
    return _compressed(groups)


def _is_canonical_ipv6(text: str) -> bool:
    """Return whether an address is surely canonical, quickly; False means it must be read."""
    if ":0" in text or text[:1] in "0:" or not _PLAIN_GROUPS.fullmatch(text):
        return False
    colons = text.count(":")
    return colons < 7 if "::" in text else colons == 7


def _groups(text: str) -> list[int] | None:
    """Return the eight numbers of an address; None if it is none."""
    before, gap, after = text.partition("::")
    head = before.split(":") if before else []
    tail = after.split(":") if after else []
    missing = 8 - len(head) - len(tail)
    if missing < 1 if gap else missing != 0:
        return None
    words = [*head, *(["0"] * missing), *tail]
    if not _HEX.fullmatch(text) or not all(words) or max(map(len, words)) > 4:
        return None
    return [int(word, 16) for word in words]


def _compressed(groups: list[int]) -> str:
    # RFC 5952, 4.2: "::" stands for the longest row of zeros, the first of several, and for no
    # single zero.
    text = ":".join([f"{group:x}" for group in groups])
    rows = _ZEROS.findall(f":{text}:")
    if not rows:
        return text
    before, after = f":{text}:".split(max(rows, key=len), 1)
    return f"{before[1:]}::{after[:-1]}"


def network(address: str, prefix: str) -> str | None:
    """Return the network of an address and a prefix length; None if the length is too large."""
    try:
        return str(ip_network(f"{address}/{int(prefix)}", strict=False))
    except ValueError:
        return None


def email(local: str, domain: str) -> str:
    """Return a mail address in lower case."""
    # RFC 5321, 2.4 allows mailbox names that differ in capitals alone; in practice they are one.
    return f"{local.replace(DOT, '.').lower()}@{domain}"


def path(written: str) -> str:
    """Return a path, or any other part of a URL but the host, with plain dots."""
    return written.replace(DOT, ".")
