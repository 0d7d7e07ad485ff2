"""The rows of README and .env.example come from the declarations alone."""

from __future__ import annotations

import pytest

from app.enrichment.adapters import adapter_classes
from tools.provider_rows import PROJECT, SECTIONS, written


@pytest.mark.parametrize("name", SECTIONS)
def test_every_provider_and_setting_has_its_row(name: str) -> None:
    text = written(name, (PROJECT / name).read_text(encoding="utf-8"), SECTIONS[name])
    for adapter in adapter_classes():
        assert adapter.name in text
        assert all(f"TELLTALE_{setting}" in text for setting in adapter.declaration.settings)


@pytest.mark.parametrize("name", SECTIONS)
def test_what_stands_outside_of_the_marks_stays(name: str) -> None:
    text = (PROJECT / name).read_text(encoding="utf-8")
    empty = {section: str for section in SECTIONS[name]}
    assert written(name, written(name, text, empty), SECTIONS[name]) == written(
        name, text, SECTIONS[name]
    )


def test_a_file_that_lost_its_marks_is_told() -> None:
    with pytest.raises(ValueError, match="no marks"):
        written("README.md", "# Telltale", SECTIONS["README.md"])
