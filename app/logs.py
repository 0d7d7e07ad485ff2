"""The lines of the log: hostile text cannot end one, begin one, or steer a terminal."""

from __future__ import annotations

import logging
from copy import copy
from typing import Any

from app.pipeline.visible import make_visible

FORMAT = "%(asctime)s %(levelname)s %(message)s"


class VisibleFormatter(logging.Formatter):
    """Writes each message in one line, and the lines of a traceback indented below it."""

    # Requests, file names and answers stand in messages, also in those of waitress and of other
    # libraries, and in the texts of exceptions.

    def format(self, record: logging.LogRecord) -> str:
        record = copy(record)
        record.exc_text = None  # another formatter's, with lines of any kind
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = make_visible(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:
        return _indented(super().formatStack(stack_info))


def _indented(text: str) -> str:
    return "\n".join(f"  {make_visible(line)}" for line in text.split("\n"))


def log_to_stderr() -> None:
    """Write the messages of all loggers, from INFO on, to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(VisibleFormatter(FORMAT))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
