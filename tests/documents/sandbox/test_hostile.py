"""Hostile files: each has an outcome, none is lost in silence, and the server does not notice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.documents import hostile
from tests.documents.hostile import HOSTILE, OUT_OF_REACH
from tests.documents.hostile.model import IOC

PROJECT = Path(__file__).parents[3]
CPU_S = 3
MOST_KB = 20_000
SPARSE = {"sparse PDF": hostile.sparse, "sparse ZIP": hostile.sparse_zip}
NEVER_ENDING_S = 300


class Outcome(NamedTuple):
    state: str
    reason: str
    found: int


class Outcomes(NamedTuple):
    by_name: dict[str, Outcome]
    memory_kb: int


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """All of them read by one process, as a server would."""
    folder = tmp_path_factory.mktemp("hostile")
    for number, one in enumerate(HOSTILE):
        (folder / f"{number:03}").write_bytes(one.make())
    for name, make in SPARSE.items():
        make(folder / name)
    told = subprocess.run(
        [sys.executable, "-m", "tests.documents.sandbox.probe", str(folder), str(CPU_S), IOC],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=NEVER_ENDING_S,
        check=True,
    ).stdout.splitlines()
    *rows, memory_kb = map(json.loads, told)
    for path in folder.iterdir():
        path.unlink()
    return Outcomes({name: Outcome(*rest) for name, *rest in rows}, memory_kb)


def test_there_are_enough_of_them() -> None:
    assert len(HOSTILE) >= 60
    assert len({one.name for one in HOSTILE}) == len(HOSTILE)


@pytest.mark.parametrize("number", range(len(HOSTILE)), ids=lambda n: HOSTILE[n].name)
def test_what_is_not_found_is_admitted(number: int, outcomes: Outcomes) -> None:
    outcome = outcomes.by_name[f"{number:03}"]
    if not outcome.found:
        assert outcome.state in ("partial", "failed")
    assert (outcome.state == "ok") == (outcome.reason == "")


FOUND = [
    number for number, one in enumerate(HOSTILE) if not one.is_bomb and one.name not in OUT_OF_REACH
]


@pytest.mark.parametrize("number", FOUND, ids=lambda n: HOSTILE[n].name)
def test_what_can_be_found_is_found(number: int, outcomes: Outcomes) -> None:
    assert outcomes.by_name[f"{number:03}"].found


@pytest.mark.parametrize("name", SPARSE)
def test_a_gigabyte_of_nothing_has_an_outcome(name: str, outcomes: Outcomes) -> None:
    outcome = outcomes.by_name[name]
    assert outcome.state in ("partial", "failed")
    assert outcome.reason


def test_the_servers_memory_does_not_grow(outcomes: Outcomes) -> None:
    assert outcomes.memory_kb <= MOST_KB


def test_every_hostile_file_is_told_of(outcomes: Outcomes) -> None:
    assert len(outcomes.by_name) == len(HOSTILE) + len(SPARSE)
