"""The rules that find IOCs, each with its sentence for the analyst."""

from __future__ import annotations

RULES = {
    "IPv4": "four numbers",
    "IPv6": "groups of hexadecimal digits between colons",
    "CIDR": "address and prefix length",
    "domain": "host name with a known top-level domain",
    "URL": "scheme and host",
    "URL without scheme": "host with a path or query, no scheme",
    "encoded URL": "percent-encoded scheme and host",
    "target": "target of a link-protection or redirecting URL",
    "email": "mailbox and host name around an at-sign",
    "md5": "32 hexadecimal digits",
    "sha1": "40 hexadecimal digits",
    "sha256": "64 hexadecimal digits",
    "sha512": "128 hexadecimal digits",
    "Bitcoin address": "Bitcoin address with a correct checksum",
    "joined strings": "strings that a program joins",
    "carets": "carets that a command line drops",
    "character codes": "character codes in program text",
    "Base64": "text in Base64 or in hexadecimal digits",
    "DNS labels": "labels after their lengths, as in DNS packets",
    "parts of a hash": "hash in groups or over several lines, below its name",
    "CVE": "CVE, year and number",
    "AS number": "AS and a number",
    "ATT&CK technique": "T and the number of a technique",
    "ATT&CK tag": "attack. and the number of a technique",
}
"""The sentence for each rule, by its name; the name of a hash rule is the type."""
