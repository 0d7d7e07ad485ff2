"""The ends of host names, ports and the rest of URLs."""

from __future__ import annotations

import re
import string

from app.pipeline.refang import DOT
from app.pipeline.refanged_text import STEERING, RefangedText, byte_run, byte_table

_WORD = string.ascii_letters + string.digits
HOST_TABLE = byte_table({"a": string.ascii_letters, "0": string.digits, "-": "-_", ".": f".{DOT}"})
_HOST_RUN = byte_run(f"{_WORD}-_.{DOT}")
_PLAIN_TAIL = f"{_WORD}{DOT}!#$%&*+-./:=?@_~"
_TURNS = "()[],;"
_PLAIN_TAIL_RUN, _TAIL_RUN = byte_run(_PLAIN_TAIL), byte_run(_PLAIN_TAIL + _TURNS)

# Most names: in their canonical form; the top-level domain is group 1. Others are read step by
# step. What is no longer than a label may be is not too long in any part.
PLAIN_NAME = r"(?:[a-z0-9]++(?:-++[a-z0-9]++)*+\.)++([a-z]{2,24}+)"
LONGEST_LABEL = 63
MAX_HOST = 255
_PORT = re.compile(r":([0-9]{1,5})(?![0-9])")
_TURN = re.compile(r"[()\[\],;](?:(?<![,;])|(?=[A-Za-z]{2,8}://))")
_INDEX = re.compile(r"\[[^\[\]\s]{0,64}\](?=(?:\[[^\[\]\s]{0,64}\]){0,4}[=&%])")
_TRAILING = ".,;:!?*$([" + DOT + STEERING


def port_at(text: str, position: int) -> str:
    """`:8080` if a port stands there, else nothing."""
    match = _PORT.match(text, position)
    return match[0] if match and int(match[1]) < 65536 else ""


def host_end(refanged: RefangedText, start: int) -> int:
    """Return the end of the host that begins at a position.

    The position itself if it is too long.
    """
    end = refanged.run_end(_HOST_RUN, start, start + MAX_HOST)
    return end if end < start + MAX_HOST else start


class Tails:
    """Finds the end of the path and query that begin at a position; ask from left to right."""

    def __init__(self, refanged: RefangedText) -> None:
        self._page = refanged
        self._text = refanged.text
        self._gap = 0

    def end(self, position: int) -> int:
        text = self._text
        if text[position] not in "/?#":
            return position
        end = self._page.run_end(_PLAIN_TAIL_RUN, position)
        if text[end] in _TURNS and not self._page.is_claimed(end):
            if self._gap < end:
                self._gap = self._page.run_end(_TAIL_RUN, end)
            end = self._turn(end)
        while text[end - 1] in _TRAILING and end > position:
            end -= 1
        return end

    def _turn(self, position: int) -> int:
        """Return the first unopened bracket, link text, or next URL of a list; else the gap."""
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
