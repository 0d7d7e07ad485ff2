"""Mail addresses, from the anchor `@`."""

from __future__ import annotations

import re
import string

from app.pipeline import classifier, normalizer
from app.pipeline.finders.hosts import HOST_TABLE, MAX_HOST
from app.pipeline.findings import Findings
from app.pipeline.models import IOCType
from app.pipeline.page import Page, byte_table
from app.pipeline.refang import DOT

_LOCAL_TABLE = byte_table({"a": f"{string.ascii_letters}{string.digits}._%+-{DOT}"})
_MAX_LOCAL = 65
_GAP = ord(" ")
_MESSAGE_ID = re.compile(r"\n(?:message-id|in-reply-to|references):[^\n]{0,998}$", re.IGNORECASE)


def find_emails(page: Page, findings: Findings) -> None:
    text = page.text
    if "@" not in text:
        return
    reader = _Reader(page)
    at = text.find("@")
    while at >= 0:
        next_at = at + 1
        if address := reader.address(at):
            value, start, end = address
            if _is_message_id(text, start):
                findings.miss("a Message-ID", start, end, "email")
            else:
                findings.hit((start, end, IOCType.EMAIL, value, "email"))
            page.claim(start, end)
            next_at = end
        at = text.find("@", next_at)


class _Reader:
    def __init__(self, page: Page) -> None:
        self._text = page.text
        self._locals = page.classes(_LOCAL_TABLE)
        self._hosts = page.classes(HOST_TABLE)

    def address(self, at: int) -> tuple[str, int, int] | None:
        """The canonical address around an `@`, and its span."""
        if self._hosts[at + 1] == _GAP or self._locals[at - 1] == _GAP:
            return None
        end = self._hosts.find(b" ", at + 1, at + 1 + MAX_HOST)
        name = self._text[at + 1 : end].replace(DOT, ".").rstrip("._-")
        if "." not in name or classifier.name_objection(name):
            return None
        local = self._local(at)
        domain = normalizer.host(name)
        if not local or not domain:
            return None
        return normalizer.email(local, domain), at - len(local), at + 1 + len(name)

    def _local(self, at: int) -> str:
        gap = self._locals.rfind(b" ", max(0, at - _MAX_LOCAL), at)
        if gap < 0:
            return ""
        local = self._text[gap + 1 : at]
        if "%" in local:  # "%3C" before the address
            local = local.rpartition("%")[2][2:]
        return local.lstrip("._-+" + DOT)


def _is_message_id(text: str, start: int) -> bool:
    if text[start - 1] != "<":
        return False
    line = text.rfind("\n", max(0, start - 1000), start)
    return line >= 0 and _MESSAGE_ID.match(text, line, start) is not None
