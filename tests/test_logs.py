"""The log, into which hostile text gets with requests, file names and answers."""

from __future__ import annotations

import io
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.logs import FORMAT, VisibleFormatter

FORGED = "x\n2026-01-01 00:00:00,000 WARNING forged"


@pytest.fixture
def written() -> tuple[logging.Logger, io.StringIO]:
    output = io.StringIO()
    handler = logging.StreamHandler(output)
    handler.setFormatter(VisibleFormatter(FORMAT))
    logger = logging.Logger("test")
    logger.addHandler(handler)
    return logger, output


@pytest.mark.parametrize(
    "text",
    [
        FORGED,
        "a\r\nb",
        "\x1b[2J",
        "\x9b2J",
        "\u2028",
        "\u2029",
        "\x85",
        "\x0b",
        "\u202egpj",
        "\x00",
    ],
    ids=ascii,
)
def test_a_message_is_one_line_without_control_characters(
    written: tuple[logging.Logger, io.StringIO], text: str
) -> None:
    logger, output = written
    logger.warning("asked for %s", text)
    (line,) = output.getvalue().splitlines()
    assert line.isprintable()
    assert "WARNING asked for " in line


def test_a_traceback_keeps_its_lines_and_no_text_of_it_begins_one(
    written: tuple[logging.Logger, io.StringIO],
) -> None:
    logger, output = written
    other = logging.StreamHandler(io.StringIO())  # formats the traceback first, and keeps it
    logger.handlers.insert(0, other)
    try:
        raise ValueError(f"\x1b[31m{FORGED}")
    except ValueError:
        logger.exception("failed: %s", FORGED)
    first, *lines = output.getvalue().splitlines()
    assert "ERROR failed: " in first
    assert len(lines) > 2
    assert all(line.startswith("  ") and line.isprintable() for line in lines)


@given(text=st.text(), argument=st.text())
def test_every_message_is_one_line(text: str, argument: str) -> None:
    record = logging.LogRecord("a", logging.INFO, "f", 1, text + " %s", (argument,), None)
    try:
        record.getMessage()
    except (ValueError, TypeError):
        return  # a broken format, which logging reports by itself
    assert len(VisibleFormatter("%(message)s").format(record).splitlines()) <= 1
