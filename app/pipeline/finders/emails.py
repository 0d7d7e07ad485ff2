"""The finder of mail addresses; its anchor is the `@`."""

from __future__ import annotations

import re
import string

from app.pipeline import classifier, normalizer
from app.pipeline.classifier import HOST_TLDS
from app.pipeline.finders.hosts import LONGEST_LABEL, PLAIN_NAME, host_end
from app.pipeline.finders.mailboxes import is_login, whole_local
from app.pipeline.hits import Hits
from app.pipeline.models import IOCType
from app.pipeline.objections import Objection
from app.pipeline.refang import DOT
from app.pipeline.refanged_text import RefangedText, byte_table

_LOCAL_TABLE = byte_table({"a": f"{string.ascii_letters}{string.digits}._%+-{DOT}"})
# RFC 5321 allows 64 octets before the "@"; a run of 65 is too long.
_MAX_LOCAL = 65
_NO_EDGE = frozenset(" \t\n@:;,/\\\"'<>()[]{}|")
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
    if text[at - 1] in _NO_EDGE or text[begin] in _NO_EDGE:
        return None
    plain = _PLAIN.match(text, begin)
    if plain and plain[1] in HOST_TLDS and plain.end() - begin <= LONGEST_LABEL:
        end = plain.end()
        domain: str | None = text[begin:end]
    else:
        name = text[begin : host_end(refanged, begin)].replace(DOT, ".").rstrip("._-")
        if "." not in name or classifier.name_objection(name):
            return None
        end = begin + len(name)
        domain = normalizer.host(name)
    local = _local(refanged, at)
    if not local or not domain:
        return None
    local = whole_local(text, at, end, local)
    return normalizer.email(local, domain), at - len(local), end


def _local(refanged: RefangedText, at: int) -> str:
    """Return what stands before an `@`; empty if it is no mailbox name."""
    length = refanged.run_before(_LOCAL_TABLE, at, _MAX_LOCAL)
    if length == _MAX_LOCAL:
        return ""
    local = refanged.text[at - length : at]
    if "%" in local:  # "%3C" (an encoded "<") before the address
        local = local.rpartition("%")[2][2:]
    return local.lstrip("._-+" + DOT)


def _is_message_id(text: str, start: int) -> bool:
    """Return whether an address stands in angle brackets in one of the fields of Message-IDs."""
    if text[start - 1] != "<":
        return False
    line = text.rfind("\n", max(0, start - 1000), start)
    return line >= 0 and _MESSAGE_ID.match(text, line, start) is not None
