"""Readers of what an operator is given, as far as the tests need them."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).parents[2]
DOCKERFILE = PROJECT / "Dockerfile"
COMPOSE = PROJECT / "compose.yaml"
UNIT = PROJECT / "docs" / "telltale.service"


@dataclass
class Stage:
    """One stage of a Dockerfile: its base image and its instructions in order."""

    image: str
    name: str
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def all(self, word: str) -> list[str]:
        return [value for instruction, value in self.instructions if instruction == word]

    def last(self, word: str) -> str:
        return self.all(word)[-1]

    @property
    def environment(self) -> dict[str, str]:
        pairs = (shlex.split(value) for value in self.all("ENV"))
        return dict(pair.split("=", 1) for line in pairs for pair in line)

    @property
    def health_check(self) -> list[str]:
        """The command of the health check."""
        return list(json.loads(self.last("HEALTHCHECK").partition(" CMD ")[2]))


def stages(text: str) -> list[Stage]:
    """The stages of a Dockerfile that begins with FROM, without comments."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    found: list[Stage] = []
    for line in re.sub(r"\\\n\s*", " ", "\n".join(lines)).splitlines():
        word, _, value = line.partition(" ")
        if word == "FROM":
            image, _, name = value.partition(" AS ")
            found.append(Stage(image, name))
        else:
            found[-1].instructions.append((word, value.strip()))
    return found


def copied(stage: Stage) -> list[str]:
    """The sources that a stage copies from the folder of the Dockerfile."""
    lines = [value.split() for value in stage.all("COPY")]
    return [source for words in lines if "--from" not in words[0] for source in words[:-1]]


def is_sent_to_the_builder(path: str) -> bool:
    """Apply .dockerignore: the last pattern that matches the path, or a folder of it, decides."""
    sent = True
    parts = path.split("/")
    ways = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    for line in (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        plain = pattern.removeprefix("!").removeprefix("**/")
        tried = parts if "**/" in pattern else ways
        if any(fnmatch(way, plain) for way in tried):
            sent = pattern.startswith("!")
    return sent


def service() -> dict[str, Any]:
    """The one service of the composition."""
    composition = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    ((_, only),) = composition["services"].items()
    return dict(only)


def interpolated(text: str, variables: dict[str, str]) -> str:
    """Put variables in as Compose does. Raises LookupError for a required one that is missing."""

    def value(match: re.Match[str]) -> str:
        name, how, default = match.groups()
        if how == ":?" and not variables.get(name):
            raise LookupError(default)
        return variables.get(name) or default

    return re.sub(r"\$\{(\w+)(:\?|:-)([^}]*)\}", value, text)


def size(text: str) -> int:
    """The bytes of 4g or 64m."""
    return int(text[:-1]) << {"k": 10, "m": 20, "g": 30}[text[-1].lower()]


def unit() -> dict[str, dict[str, list[str]]]:
    """The sections of the unit: each key with its values, for keys may come again."""
    found: dict[str, dict[str, list[str]]] = {}
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            section.setdefault(key, []).append(value)
    return found
