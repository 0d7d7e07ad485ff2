"""The page about the architecture names what is there, and all of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
PAGE = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
TREE = PAGE.partition("```\napp/\n")[2].partition("```")[0]
LINE = re.compile(r"(?P<indent> +)(?P<name>[\w.]+/?)(?: {2,}.*)?")


def named() -> Iterator[Path]:
    """The files and folders of the tree."""
    folders: dict[int, Path] = {0: PROJECT / "app"}
    for line in filter(str.strip, TREE.splitlines()):
        match = LINE.fullmatch(line)
        assert match, line
        depth = len(match["indent"])
        path = folders[depth - 2] / match["name"]
        folders[depth] = path
        yield path


def test_everything_in_the_tree_exists() -> None:
    assert [path for path in named() if not path.exists()] == []


def test_every_room_is_in_the_tree() -> None:
    app = PROJECT / "app"
    rooms = {path.parent for path in app.rglob("*.py")} - {app, app / "storage/migrations/versions"}
    assert rooms <= set(named())


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md", "README.md"])
def test_every_path_that_a_page_names_exists(page: str) -> None:
    text = (PROJECT / page).read_text(encoding="utf-8")
    paths = re.findall(r"`((?:app|tests|docs|benchmarks|tools)/[\w./]+)`", text)
    paths += re.findall(r"\]\(([\w./]+)\)", text)
    assert [path for path in paths if not (PROJECT / path).exists()] == []
