"""Mail addresses, from the anchor `@`."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

from app.pipeline import classifier, normalizer
from app.pipeline.candidates import Candidate
from app.pipeline.classifier import Reason
from app.pipeline.finders.hosts import HOST_TABLE, MAX_HOST
from app.pipeline.models import IOCType
from app.pipeline.page import Page, byte_table
from app.pipeline.refang import DOT

_LOCAL_TABLE = byte_table({"a": f"{string.ascii_letters}{string.digits}._%+-{DOT}"})
_MAX_LOCAL = 65
_MESSAGE_ID = re.compile(r"\n(?:message-id|in-reply-to|references):[^\n]{0,998}$", re.IGNORECASE)


def find_emails(page: Page) -> Iterator[Candidate]:
    text = page.text
    locals_ = page.classes(_LOCAL_TABLE)
    hosts = page.classes(HOST_TABLE)
    at = text.find("@")
    while at >= 0:
        end = at + 1
        if hosts[end] != 32 and locals_[at - 1] != 32:
            candidate = _candidate(text, locals_, hosts, at)
            if candidate:
                yield candidate
                end = candidate.end
                page.claim(candidate.start, end)
        at = text.find("@", end)


def _candidate(text: str, locals_: bytes, hosts: bytes, at: int) -> Candidate | None:
    end = hosts.find(b" ", at + 1, at + 1 + MAX_HOST)
    name = text[at + 1 : end].replace(DOT, ".").rstrip(".-_")
    if "." not in name or classifier.name_objection(name):
        return None
    end = at + 1 + len(name)
    start = locals_.rfind(b" ", max(0, at - _MAX_LOCAL), at) + 1
    local = text[start:at]
    if not start or "%" in local:
        local = local.rpartition("%")[2][2:]
    local = local.lstrip("._-+" + DOT)
    domain = normalizer.host(name)
    if not local or not domain:
        return None
    start = at - len(local)
    if _is_message_id(text, start):
        return Candidate(start, end, "email", Reason("a Message-ID"))
    return Candidate(start, end, "email", IOCType.EMAIL, normalizer.email(local, domain))


def _is_message_id(text: str, start: int) -> bool:
    if text[start - 1] != "<":
        return False
    line = text.rfind("\n", max(0, start - 1000), start)
    return line >= 0 and _MESSAGE_ID.match(text, line, start) is not None
