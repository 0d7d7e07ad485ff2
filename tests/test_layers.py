"""Imports point downwards only."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

APP = Path(__file__).parents[1] / "app"

# Layer -> what it may import of ours. `models` of any package hold records only and serve all.
ALLOWED = {
    "config": {"errors"},
    "errors": set(),
    "private_files": {"errors"},
    "pipeline": set(),
    "jobs": {"errors"},
    "documents": {"pipeline", "private_files", "errors"},
    "context": {"pipeline"},
    "intake": {"documents", "enrichment", "jobs", "pipeline", "private_files", "errors"},
    "enrichment": {"pipeline", "jobs", "config", "private_files", "errors"},
    "triage": {"pipeline", "context", "enrichment", "errors"},
    "presentation": {
        "pipeline",
        "enrichment",
        "documents",
        "jobs",
        "triage",
        "context",
        "intake",
        "services",
        "routes",
    },
    "exports": {"pipeline", "enrichment", "documents", "presentation"},
    "storage": {"enrichment", "jobs", "pipeline", "private_files", "errors"},
    "services": {
        "pipeline",
        "jobs",
        "documents",
        "intake",
        "context",
        "enrichment",
        "triage",
        "storage",
        "exports",
        "private_files",
        "errors",
    },
    "negotiation": set(),
    "security": {"config", "errors", "negotiation"},
    "routes": {
        "presentation",
        "services",
        "intake",
        "documents",
        "negotiation",
        "upload_limits",
        "context",
        "exports",
        "enrichment",
        "jobs",
        "triage",
        "pipeline",
        "errors",
    },
    "__init__": {"config", "services", "routes", "security"},
    "upload_limits": set(),
    "server": {"create_app", "config", "errors", "upload_limits"},
    "cli": {"server", "documents", "pipeline", "errors"},
}
WEB = {"flask", "werkzeug", "jinja2", "waitress"}
KNOWS_THE_WEB = {"routes", "security", "negotiation", "upload_limits", "server", "__init__"}


def modules() -> list[Path]:
    return sorted(APP.rglob("*.py"))


def layer_of(path: Path) -> str:
    return path.relative_to(APP).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def is_records(name: str) -> bool:
    return name.split(".")[2:3] == ["models"]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(APP)))
def test_imports_point_downwards(path: Path) -> None:
    layer = layer_of(path)
    ours = {name for name in imported(path) if name.startswith("app.")}
    reached = {name.split(".")[1] for name in ours if not is_records(name)}
    reached -= {"__version__"}
    assert reached <= ALLOWED[layer] | {layer}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(APP)))
def test_below_the_services_nothing_knows_the_web(path: Path) -> None:
    if layer_of(path) not in KNOWS_THE_WEB:
        assert not {name.split(".")[0] for name in imported(path)} & WEB


def test_the_pipeline_uses_the_standard_library_only() -> None:
    import sys

    for path in (APP / "pipeline").glob("*.py"):
        foreign = {name.split(".")[0] for name in imported(path)} - {"app", "__future__"}
        assert foreign <= sys.stdlib_module_names, path


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(APP)))
def test_the_database_is_known_to_the_storage_alone(path: Path) -> None:
    if layer_of(path) != "storage":
        assert not {name.split(".")[0] for name in imported(path)} & {"sqlalchemy", "alembic"}


FOR_READERS = {"pypdf", "olefile", "py7zr", "pyzipper", "defusedxml", "python_calamine"} | {
    "charset_normalizer"
}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(APP)))
def test_the_libraries_that_read_documents_are_known_to_the_readers_alone(path: Path) -> None:
    """So that no hostile file meets them outside the child process."""
    if path.parent.name != "readers":
        assert not {name.split(".")[0] for name in imported(path)} & FOR_READERS


def test_every_folder_of_code_is_a_package_that_gets_installed() -> None:
    assert all((path.parent / "__init__.py").exists() for path in modules())


def test_every_layer_is_named_here() -> None:
    assert {layer_of(path) for path in modules()} <= set(ALLOWED)
