"""What operators read names only what there is."""

from __future__ import annotations

import re
from operator import attrgetter
from pathlib import Path

import pytest

from app.config import all_settings
from app.settings import PREFIX
from tests.deployment.given import COMPOSE, DOCKERFILE, PROJECT, UNIT

OPERATIONS = PROJECT / "docs" / "operations.md"
SECURITY = PROJECT / "SECURITY.md"
README = PROJECT / "README.md"
NAME = attrgetter("name")


@pytest.mark.parametrize(
    "path", [DOCKERFILE, COMPOSE, UNIT, OPERATIONS, SECURITY, README], ids=NAME
)
def test_every_setting_exists(path: Path) -> None:
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]*[A-Z]", path.read_text(encoding="utf-8")))
    assert named <= {PREFIX + name for name in all_settings()}


@pytest.mark.parametrize("path", [OPERATIONS, SECURITY, README], ids=NAME)
def test_every_file_that_is_named_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    links = {link for link in re.findall(r"\]\(([^)#:]+)\)", text)}
    assert all((path.parent / link).exists() for link in links), links
    named = set(re.findall(r"`((?:app|docs|tests|tools)/[\w./]+)`", text))
    assert all((PROJECT / name).exists() for name in named), named


@pytest.mark.parametrize("path", [OPERATIONS, SECURITY], ids=NAME)
def test_every_target_of_make_exists(path: Path) -> None:
    targets = set(re.findall(r"`make ([a-z-]+)", path.read_text(encoding="utf-8")))
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    assert all(re.search(rf"(?m)^{target}\b.*:", makefile) for target in targets), targets


def test_operators_find_it_from_the_readme() -> None:
    text = README.read_text(encoding="utf-8")
    assert {"SECURITY.md", "docs/operations.md"} <= set(re.findall(r"\]\(([^)#:]+)\)", text))
