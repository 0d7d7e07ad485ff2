"""The finder of mail addresses; its anchor is the `@`."""

from __future__ import annotations

import re
import string

from app.pipeline import classifier, normalizer
from app.pipeline.classifier import HOST_TLDS
from app.pipeline.finders.hosts import LONGEST_LABEL, PLAIN_NAME, host_end
from app.pipeline.finders.mailboxes import is_login, whole_local
from app.pipeline.finders.runs import begins_sentence
from app.pipeline.finders.spaceless import ascii_part
from app.pipeline.hits import Hits
from app.pipeline.joins import UNKNOWN
from app.pipeline.models import IOCType
from app.pipeline.objections import Objection
from app.pipeline.refang import DOT
from app.pipeline.refanged_text import RefangedText, byte_table
from app.pipeline.words import COMMON_TLDS, word_set

_LOCAL = {"a": f"{string.ascii_letters}{string.digits}._%+-{DOT}"}
_LOCAL_TABLE, _ANY_LOCAL_TABLE = byte_table(_LOCAL, spaceless=False), byte_table(_LOCAL)
# RFC 5321 allows 64 octets before the "@"; a run of 65 is too long.
_MAX_LOCAL = 65
_NO_EDGE = frozenset(" \t\n@:;,/\\\"'<>()[]{}|")
_ENCODED_LOCAL = re.compile(r"(?:^|[\s\"'<>(,;:&]|[\s\"'<>(,;&][\w.-]{1,30}=)([\w.+-]{1,64})%40$")
_ENCODED_WINDOW = 100
_MAIL_WORD = re.compile(r"(?:mail|contact|sender|from|address|account|to)[ :=\t\"'-]{1,3}$", re.I)
_PLACES = word_set("""
    c2 cnc domain host hosted live loader malware mirror panel payload phish phishing sample seen
    server site
    """)
"""Words before " @ " that name what is at a host, and no mailbox."""
_PLAIN = re.compile(PLAIN_NAME + r"(?=[ \t\r\n\"'<>|\\,;)\]}])")
# Header fields whose value looks like an address and is none (RFC 5322, 3.6.4). A line of a
# message has at most 998 characters (RFC 5322, 2.1.1).
_MESSAGE_ID = re.compile(r"\n(?:message-id|in-reply-to|references):[^\n]{0,998}$", re.IGNORECASE)


def find_emails(refanged: RefangedText, hits: Hits) -> None:
    """Find mail addresses, and claim those of Message-IDs so that no finder takes their host."""
    text = refanged.text
    at = text.find("@")
    while at >= 0:
        next_at = at + 1
        if address := _address(refanged, at):
            value, start, end = address
            if is_login(text, start, at, end):
                hits.add_miss(Objection.USER_AT_HOST, start, end, "email")
                at = text.find("@", next_at)
                continue
            if _is_message_id(text, start):
                hits.add_miss(Objection.MESSAGE_ID, start, end, "email")
            else:
                hits.add_hit((start, end, IOCType.EMAIL, value, "email"))
            refanged.claim(start, end)
            next_at = end
        at = text.find("@", next_at)


def _address(refanged: RefangedText, at: int) -> tuple[str, int, int] | None:
    """Return the canonical address around an `@`, and its span; None if there is none."""
    text, begin = refanged.text, at + 1
    if " " in (text[at - 1], text[begin]):
        return _spaced_address(refanged, at)
    if text[at - 1] in _NO_EDGE or text[begin] in _NO_EDGE:
        return None
    plain = _PLAIN.match(text, begin)
    is_plain = plain and plain[1] in HOST_TLDS and plain.end() - begin <= LONGEST_LABEL
    if plain and is_plain and not plain[1][0].isupper():
        end = plain.end()
        domain: str | None = text[begin:end]
    else:
        stop = host_end(refanged, begin)
        written = text[begin:stop]
        if begins_sentence(text, written.replace(DOT, "."), stop):
            written = written.rpartition(".")[0]
        name = _name(written) or _name(ascii_part(written))
        if not name:
            return None
        end = begin + len(name)
        domain = normalizer.host(name)
    local = _local(refanged, at)
    if not local or not domain:
        return None
    local = whole_local(text, at, end, local)
    return normalizer.email(local, domain), at - len(local), end


def _name(written: str) -> str:
    """Return the host name at the beginning of a run without a mark behind it; empty if none."""
    name = written.replace(DOT, ".").rstrip("._-")
    return "" if "." not in name or classifier.name_objection(name) else name


def _spaced_address(refanged: RefangedText, at: int) -> tuple[str, int, int] | None:
    """Return the address of `user @ example.com`, unless it may be prose: "the panel @ x.com"."""
    text = refanged.text
    left = at - (text[at - 1] == " ")
    begin = at + 1 + (text[at + 1] == " ")
    local = _local(refanged, left)
    written = text[begin : host_end(refanged, begin)]
    name = written.replace(DOT, ".").rstrip("._-")
    if not local[:1].isalpha() or "." not in name or classifier.name_objection(name):
        return None
    start, end = left - len(local), begin + len(name)
    line = text.rfind("\n", max(0, start - 40), start) + 1
    before = text[line or max(0, start - 40) : start]
    is_alone = text[start - 1] == "\n" and text[end] in "\r\n"
    is_sure = (
        left == at
        or DOT in written
        or any(c in "._" + DOT for c in local)
        or _MAIL_WORD.search(before)
        or (is_alone and begin > at + 1 and local.lower() not in _PLACES)
    )
    domain = normalizer.host(name) if is_sure else None
    return (normalizer.email(local, domain), start, end) if domain else None


def encoded_address(text: str, host: str, start: int) -> tuple[str, int] | None:
    """Return the address whose `%40` ends where the host begins, and its begin.

    In the path or query of a URL nothing is decoded.
    """
    before = text[max(0, start - _ENCODED_WINDOW) : start]
    match = _ENCODED_LOCAL.search(before)
    domain = normalizer.host(host) if match else None
    if match is None or not domain or classifier.name_objection(host):
        return None
    return normalizer.email(match[1], domain), start - len(before) + match.start(1)


def spoken_address(name: str) -> str | None:
    """Return the address of `user_AT_example.com`."""
    local, mark, host = name.rpartition("_AT_")
    if not mark:
        local, mark, host = name.rpartition("_at_")
        if host.rpartition(".")[2] not in COMMON_TLDS:
            return None
    domain = normalizer.host(host)
    if not local or not domain or classifier.name_objection(host):
        return None
    return normalizer.email(local, domain)


def _local(refanged: RefangedText, at: int) -> str:
    """Return what stands before an `@`; empty if it is no mailbox name."""
    # A mailbox name that ends in Chinese is Chinese (RFC 6531); before one in ASCII, it is text.
    table = _ANY_LOCAL_TABLE if refanged.is_spaceless(at - 1) else _LOCAL_TABLE
    length = refanged.run_before(table, at, _MAX_LOCAL)
    if length == _MAX_LOCAL:
        return ""
    local = refanged.text[at - length : at]
    if UNKNOWN in local:
        return ""
    if "%" in local:  # "%3C" (an encoded "<") before the address
        local = local.rpartition("%")[2][2:]
    return local.lstrip("._-+" + DOT)


def _is_message_id(text: str, start: int) -> bool:
    """Return whether an address stands in angle brackets in one of the fields of Message-IDs."""
    if text[start - 1] != "<":
        return False
    line = text.rfind("\n", max(0, start - 1000), start)
    return line >= 0 and _MESSAGE_ID.match(text, line, start) is not None
