"""Hostile files: each has an outcome, what is unread is reported, and the server is unharmed."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.documents import hostile
from tests.documents.hostile import HOSTILE, OUT_OF_REACH
from tests.documents.hostile.model import IOC

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[3]
CPU_S = 3
MOST_KB = 20_000
SPARSE = {"sparse PDF": hostile.sparse, "sparse ZIP": hostile.sparse_zip}
NEVER_ENDING_S = 300
PARTS = 8


class Outcome(NamedTuple):
    state: str
    reason: str
    found: int


class Outcomes:
    """The outcomes of all hostile files, read as a server would, a part at a time.

    The processes of one test run share them: the first that needs a part reads it, and the
    others wait for it, or read another part meanwhile.
    """

    def __init__(self, shared: Path, scratch: Path) -> None:
        self._shared = shared
        self._scratch = scratch
        shared.mkdir(exist_ok=True)

    def of(self, name: str) -> Outcome:
        return self.part(_parts()[name])[0][name]

    def part(self, number: int) -> tuple[dict[str, Outcome], int]:
        """Return the outcomes of one part by name, and by how many kB the server's memory grew."""
        with (self._shared / f"{number}.json").open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            text = file.read()
            if not text:
                text = json.dumps(self._read(number))
                file.write(text)
        *rows, memory_kb = json.loads(text)
        return {name: Outcome(*rest) for name, *rest in rows}, memory_kb

    def _read(self, number: int) -> list[Any]:
        folder = self._scratch / f"{number}"
        folder.mkdir()
        for name, part in _parts().items():
            if part == number and name in SPARSE:
                SPARSE[name](folder / name)
            elif part == number:
                (folder / name).write_bytes(HOSTILE[int(name)].make())
        printed = subprocess.run(
            [sys.executable, "-m", "tests.documents.sandbox.probe", str(folder), str(CPU_S), IOC],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=NEVER_ENDING_S,
            check=True,
        ).stdout.splitlines()
        for path in folder.iterdir():
            path.unlink()
        return [json.loads(line) for line in printed]


def _parts() -> dict[str, int]:
    """Return the part of each file by name; neighbours share one, for tests run in this order."""
    names = [f"{number:03}" for number in range(len(HOSTILE))]
    parts = {name: at * PARTS // len(names) for at, name in enumerate(names)}
    return parts | dict.fromkeys(SPARSE, PARTS - 1)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Outcomes:
    """The outcomes, in a folder that all processes of the test run share."""
    shared = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):
        shared = shared.parent
    return Outcomes(shared / "hostile-outcomes", tmp_path_factory.mktemp("hostile"))


def test_there_are_enough_hostile_files() -> None:
    assert len(HOSTILE) >= 60
    assert len({one.name for one in HOSTILE}) == len(HOSTILE)


@pytest.mark.parametrize("number", range(len(HOSTILE)), ids=lambda n: HOSTILE[n].name)
def test_a_hostile_file_whose_ioc_is_not_found_is_reported_as_incomplete(
    number: int, outcomes: Outcomes
) -> None:
    outcome = outcomes.of(f"{number:03}")
    if not outcome.found:
        assert outcome.state in ("partial", "failed")
    assert (outcome.state == "ok") == (outcome.reason == "")


FOUND = [
    number for number, one in enumerate(HOSTILE) if not one.is_bomb and one.name not in OUT_OF_REACH
]


@pytest.mark.parametrize("number", FOUND, ids=lambda n: HOSTILE[n].name)
def test_the_ioc_of_a_hostile_file_is_found_if_it_can_be(number: int, outcomes: Outcomes) -> None:
    assert outcomes.of(f"{number:03}").found


@pytest.mark.parametrize("name", SPARSE)
def test_a_gigabyte_of_zeros_has_an_outcome(name: str, outcomes: Outcomes) -> None:
    outcome = outcomes.of(name)
    assert outcome.state in ("partial", "failed")
    assert outcome.reason


@pytest.mark.parametrize("part", range(PARTS))
def test_the_servers_memory_does_not_grow(part: int, outcomes: Outcomes) -> None:
    assert outcomes.part(part)[1] <= MOST_KB


@pytest.mark.parametrize("part", range(PARTS))
def test_every_hostile_file_has_an_outcome(part: int, outcomes: Outcomes) -> None:
    expected = {name for name, number in _parts().items() if number == part}
    assert set(outcomes.part(part)[0]) == expected
