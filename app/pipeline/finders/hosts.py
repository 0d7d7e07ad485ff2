"""Where host names, ports and the tails of URLs end."""

from __future__ import annotations

import re
import string

from app.pipeline.page import STEERING, Page, byte_table
from app.pipeline.refang import DOT

_WORD = string.ascii_letters + string.digits
HOST_TABLE = byte_table(
    {"a": string.ascii_letters, "0": string.digits, "-": "-_", ".": f".{DOT}"}
)
_TAIL_TABLE = byte_table({"a": f"{_WORD}{DOT}!#$%&*+-./:=?@_~", "(": "()[],;"})

MAX_HOST = 255
_PORT = re.compile(r":([0-9]{1,5})(?![0-9])")
_TURN = re.compile(r"[()\[\],;](?:(?<![,;])|(?=[A-Za-z]{2,8}://))")
_INDEX = re.compile(r"\[[^\[\]\s]{0,64}\](?=(?:\[[^\[\]\s]{0,64}\]){0,4}[=&%])")
_TRAILING = ".,;:!?*$([" + DOT + STEERING


def port_at(text: str, position: int) -> str:
    """`:8080` if a port stands there, else nothing."""
    match = _PORT.match(text, position)
    return match[0] if match and int(match[1]) < 65536 else ""


class Tails:
    """Finds the end of the path and query that begin at a position; ask from left to right."""

    def __init__(self, page: Page) -> None:
        self._text = page.text
        self._classes = page.classes(_TAIL_TABLE)
        self._gap = 0

    def end(self, position: int) -> int:
        if self._text[position] not in "/?#":
            return position
        if self._gap < position:
            self._gap = self._classes.find(b" ", position)
        has_turn = self._classes.find(b"(", position, self._gap) >= 0
        end = self._turn(position) if has_turn else self._gap
        while self._text[end - 1] in _TRAILING and end > position:
            end -= 1
        return end

    def _turn(self, position: int) -> int:
        """The first bracket that nobody opened, link text, or next URL of a list; else the gap."""
        open_round = open_square = 0
        for match in _TURN.finditer(self._text, position, self._gap):
            turn = match[0]
            if turn == "(":
                open_round += 1
            elif turn == ")" and open_round:
                open_round -= 1
            elif turn == "[" and _INDEX.match(self._text, match.start()):
                open_square += 1
            elif turn == "]" and open_square:
                open_square -= 1
            else:
                return match.start()
        return self._gap
