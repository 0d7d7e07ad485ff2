"""Where hosts, ports, paths and queries end: what the finders of names, URLs and mails share.

Nothing is found here; domains and IPv4 addresses are found in `names`.
"""

from __future__ import annotations

import re
import string

from app.pipeline.finders.cells import Cells
from app.pipeline.finders.commands import command_end, separator_ends
from app.pipeline.finders.runs import before_sentence
from app.pipeline.finders.spaceless import path_end
from app.pipeline.refang import DOT
from app.pipeline.refanged_text import STEERING, RefangedText, byte_run, byte_table

_WORD = string.ascii_letters + string.digits
HOST_TABLE = byte_table({"a": string.ascii_letters, "0": string.digits, "-": "-_", ".": f".{DOT}"})
_HOST_RUN = byte_run(f"{_WORD}-_.{DOT}")
_PLAIN_TAIL = f"{_WORD}{DOT}!#$%&*+-./:=?@_~"
_TURNS = "()[],;"
_PLAIN_TAIL_RUN = byte_run(_PLAIN_TAIL, spaceless=False)
_TAIL_RUN = byte_run(_PLAIN_TAIL + _TURNS, spaceless=False)

# Most names are in their canonical form, and read by this pattern; the top-level domain is
# group 1. Others are read step by step. A whole name of at most LONGEST_LABEL characters has no
# label that is too long.
PLAIN_NAME = r"(?:[a-z0-9]++(?:-++[a-z0-9]++)*+\.)++([a-z]{2,24}+)"
LONGEST_LABEL = 63
MAX_HOST = 255
_PORT = re.compile(r":([0-9]{1,5})(?![0-9])")
# Characters at which a path or query may end, or go on: "(a)" and "a,b" go on, "[link](url)"
# and the cell of a row end.
_TURN = re.compile(r"[()\[\],;]")
# The index of a parameter, as PHP writes it: "?a[0][name]=1".
_INDEX = re.compile(
    r"\[[^\[\]\s\"'`<>|\\{}^]{0,64}\](?=(?:\[[^\[\]\s\"'`<>|\\{}^]{0,64}\]){0,4}[=&%])"
)
# "/Halberg's-Work/", "/l'offre": elsewhere an apostrophe may be the quote that closes.
_POSSESSIVE = re.compile("(?<=[A-Za-z])'s(?=[-_/])|(?<=[/_-][CDJLMNSTcdjlmnst])'(?=[a-zà-ÿ]{2})")
_TRAILING = ".,;:!?*$([" + DOT + STEERING


def port_at(text: str, position: int) -> str:
    """Return `:8080` if a port begins at the position, else an empty string."""
    match = _PORT.match(text, position)
    return match[0] if match and int(match[1]) < 65536 else ""


def host_end(refanged: RefangedText, start: int) -> int:
    """Return the end of the host that begins at `start`; `start` itself if it is too long."""
    end = refanged.run_end(_HOST_RUN, start, start + MAX_HOST)
    return end if end < start + MAX_HOST else start


class Tails:
    """Finds where paths and queries end; must be called from left to right.

    The order lets it read each run once, however many URLs a line holds.
    """

    def __init__(self, refanged: RefangedText) -> None:
        self._refanged = refanged
        self._text = refanged.text
        self._cells = Cells(refanged.text)
        self._gap = 0

    def end(self, begin: int, position: int) -> int:
        """Return the end of the path and query that begin at a position; the URL is at `begin`."""
        text, refanged = self._text, self._refanged
        if text[position] not in "/?#":
            return position
        end = self._stop(begin, position)
        while refanged.is_spaceless(end):
            letters_end = path_end(refanged, begin, position, end)
            if letters_end == end:
                break
            end = self._stop(begin, letters_end)
        while text[end] == "'" and text[begin - 1] != "'" and _POSSESSIVE.match(text, end):
            end = self._stop(begin, end + 1)
        if text[begin - 1] in "+0" or text.find("&", position, end) >= 0:
            command = command_end(text, begin, position, end)
            # What seemed to be the index of a parameter stands before the next command.
            while command < end and text[command - 1] == "]":
                command = max(text.rfind("[", position, command), position)
            end = command
        end = before_sentence(text, position, end)
        while text[end - 1] in _TRAILING and end > position:
            end -= 1
        return end

    def _stop(self, begin: int, position: int) -> int:
        """Return where the characters of a path end, from a position inside of it."""
        end = self._refanged.run_end(_PLAIN_TAIL_RUN, position)
        if self._text[end] in _TURNS and not self._refanged.is_claimed(end):
            if self._gap < end:
                self._gap = self._refanged.run_end(_TAIL_RUN, end)
            end = self._turn(begin, end)
        return end

    def _turn(self, begin: int, position: int) -> int:
        """Return the place of the first bracket that was not opened, or of the end of a cell.

        If there is none, the path ends at the next gap.
        """
        open_round = open_square = 0
        for match in _TURN.finditer(self._text, position, self._gap):
            turn = match[0]
            if turn in ",;":
                at = match.start()
                is_command_end = turn == ";" and separator_ends(self._text, begin, at)
                if is_command_end or self._cells.ends_at(begin, at):
                    return at
            elif turn == "(":
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
