"""The rules that find IOCs, in the words of an analyst."""

from __future__ import annotations

from app.pipeline.models import IOCType

_WORDS = {
    "URL": "scheme and host",
    "URL without scheme": "host with a path or query, no scheme",
    "ATT&CK tag": "attack. and the number of a technique",
}
_WORDS_OF_TYPE = {
    IOCType.IPV4: "four numbers",
    IOCType.IPV6: "groups of hexadecimal digits between colons",
    IOCType.CIDR: "address and prefix length",
    IOCType.DOMAIN: "host name with a known top-level domain",
    IOCType.EMAIL: "mailbox and host name around an at-sign",
    IOCType.MD5: "32 hexadecimal digits",
    IOCType.SHA1: "40 hexadecimal digits",
    IOCType.SHA256: "64 hexadecimal digits",
    IOCType.SHA512: "128 hexadecimal digits",
    IOCType.CVE: "CVE, year and number",
    IOCType.ASN: "AS and a number",
    IOCType.ATTACK: "T and the number of a technique",
    IOCType.BTC: "Bitcoin address with a correct checksum",
}


def rule_in_words(kind: IOCType, rule: str) -> str:
    return _WORDS.get(rule) or _WORDS_OF_TYPE.get(kind, rule)
