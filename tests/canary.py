"""The key that every test stores, and the watch kept over where it turns up."""

from __future__ import annotations

import logging
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote

CANARY_KEY = "canary-c0ffee-2b7e151628aed2a6abf7158809cf4f3c-9z8y"
FORMS = (
    CANARY_KEY.encode(),
    b64encode(CANARY_KEY.encode()).rstrip(b"="),
    quote(CANARY_KEY, safe="").encode(),
    CANARY_KEY[:24].encode(),
)
KEY_STORE = "keys.json"


def holds_canary(content: bytes) -> bool:
    return any(form in content for form in FORMS)


def files_with_canary(folder: Path) -> list[Path]:
    """Files other than key stores in which the key stands in any form."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return [p for p in files if p.name != KEY_STORE and holds_canary(p.read_bytes())]


class CanaryHandler(logging.Handler):
    """Notes every log record, traceback included, that holds the key."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.leaks: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if holds_canary(self.format(record).encode()):
            self.leaks.append(f"a log record of {record.name}")
