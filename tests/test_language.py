"""Words that make a reader search for the noun are not used in the product."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

APP = Path(__file__).parents[1] / "app"
RIDDLES = re.compile(r"\b(whoever|whatever|nobody|anybody|somebody)\b", re.IGNORECASE)
FILES = [path for path in APP.rglob("*") if path.suffix in (".py", ".html", ".js", ".css")]


@pytest.mark.parametrize("path", sorted(FILES), ids=lambda path: str(path.relative_to(APP)))
def test_every_sentence_names_its_noun(path: Path) -> None:
    assert RIDDLES.findall(path.read_text(encoding="utf-8")) == []
