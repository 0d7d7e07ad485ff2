"""make sbom: a valid bill of materials of what Telltale needs to run, and of nothing else."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.sbom import bill_of_materials, license_of, main

PROJECT = Path(__file__).parents[1]
ABOUT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def names(requirements: list[str]) -> set[str]:
    wanted = [Requirement(line) for line in requirements]
    return {canonicalize_name(r.name) for r in wanted if r.marker is None or r.marker.evaluate()}


def pinned() -> dict[str, str]:
    lines = (PROJECT / "constraints.txt").read_text(encoding="utf-8").split()
    return {
        canonicalize_name(name): version for name, _, version in (x.partition("==") for x in lines)
    }


@pytest.fixture(name="bill", scope="module")
def _bill() -> dict[str, Any]:
    return dict(json.loads(bill_of_materials()))


def test_it_is_valid() -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill_of_materials()) is None


def test_it_names_all_that_is_needed_with_the_pinned_versions(bill: dict[str, Any]) -> None:
    told = {one["name"]: one["version"] for one in bill["components"]}
    versions = pinned()
    assert names(ABOUT["dependencies"]) <= told.keys()
    assert told == {name: versions[name] for name in told}


def test_it_describes_this_version_of_telltale(bill: dict[str, Any]) -> None:
    root = bill["metadata"]["component"]
    assert (root["name"], root["version"], root["type"]) == (
        ABOUT["name"],
        ABOUT["version"],
        "application",
    )


def test_nothing_of_the_development_is_in_it(bill: dict[str, Any]) -> None:
    told = {one["name"] for one in bill["components"]}
    for_tests = names(ABOUT["optional-dependencies"]["dev"]) - names(ABOUT["dependencies"])
    assert not told & for_tests


def test_every_package_but_telltale_is_needed_by_another(bill: dict[str, Any]) -> None:
    refs = {one["bom-ref"] for one in bill["components"]}
    assert {ref for row in bill["dependencies"] for ref in row.get("dependsOn", ())} == refs


def test_every_package_has_a_licence_and_none_is_under_the_gpl(bill: dict[str, Any]) -> None:
    for one in bill["components"]:
        (choice,) = one["licenses"]
        licence = choice.get("expression") or choice["license"].get(
            "id", choice["license"].get("name")
        )
        assert licence
        assert "GPL" not in licence.replace("LGPL", ""), one["name"]


def test_the_same_packages_give_the_same_bytes(tmp_path: Path) -> None:
    paths = [tmp_path / "build" / name for name in ("a.json", "b.json")]
    assert [main([str(path)]) for path in paths] == [0, 0]
    first, second = (path.read_bytes() for path in paths)
    assert first == second
    assert b"timestamp" not in first


class Described:
    """A package that declares what a test says."""

    name = "described"

    def __init__(self, fields: dict[str, list[str]]) -> None:
        self.metadata = self
        self.get_all = fields.get


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"License-Expression": ["MIT OR Apache-2.0"], "License": ["old"]}, "MIT OR Apache-2.0"),
        ({"License": ["ZPL 2.1"]}, "ZPL 2.1"),
        (
            {
                "License": ["Copyright\nall of it"],
                "Classifier": ["License :: OSI Approved :: BSD License"],
            },
            "BSD License",
        ),
        (
            {"Classifier": ["Topic :: Security", "License :: A", "License :: OSI Approved :: B"]},
            "A, B",
        ),
    ],
)
def test_a_licence_is_found_where_packages_declare_it(
    fields: dict[str, list[str]], expected: str
) -> None:
    assert license_of(Described(fields)) == expected  # type: ignore[arg-type]


def test_a_package_without_a_licence_is_named() -> None:
    with pytest.raises(ValueError, match="described declares no licence"):
        license_of(Described({"License": [""]}))  # type: ignore[arg-type]
