"""Imports point downwards only, between rooms and inside them; nothing is exempt."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

APP = Path(__file__).parents[1] / "app"

# Every room and what it may import of ours, from the top down: a room imports only rooms that
# stand below it. `enrichment` and `storage` are floors of their own, with rooms inside.
ENRICHMENT_BASE = {
    "enrichment.models",
    "enrichment.quota",
    "enrichment.config_store",
    "enrichment.timing",
}
ENRICHMENT = ENRICHMENT_BASE | {
    "enrichment.orchestrator",
    "enrichment.controls",
    "enrichment.dispatch",
    "enrichment.analysis",
    "enrichment.checks",
    "enrichment.adapters",
    "enrichment.http",
}
STORAGE = {
    "storage.writing",
    "storage.reading",
    "storage.quota",
    "storage.preferences",
    "storage.accounts",
    "storage.codec",
    "storage.models",
    "storage.database",
    "storage.tables",
}
FOUNDATION = {"errors", "private_files", "settings"}
BELOW_ENRICHMENT = {"documents", "jobs", "context", "pipeline"} | FOUNDATION
ALLOWED: dict[str, set[str]] = {
    "__init__": {"config", "routes", "security", "services", "sessions"},
    "cli": {
        "__init__",
        "config",
        "early_end",
        "server",
        "storage.database",
        "documents",
        "pipeline",
        "errors",
    },
    "server": {"__init__", "config", "connections", "early_end", "logs"} | FOUNDATION,
    "connections": {"body_limits", "request_parser", "security"},
    "request_parser": {"body_limits", "gate"},
    "config": {"enrichment.adapters", "pipeline"} | FOUNDATION,
    "routes": {"exports", "services", "presentation", "storage.models", "intake", "triage"}
    | {"negotiation", "body_limits", "gate"}
    | ENRICHMENT
    | BELOW_ENRICHMENT,
    "security": {"body_limits", "gate", "negotiation", "sessions"} | FOUNDATION,
    "gate": {"sessions"} | FOUNDATION,
    "sessions": FOUNDATION,
    "logs": {"pipeline"},
    "services": STORAGE | {"intake", "triage"} | ENRICHMENT | BELOW_ENRICHMENT,
    "exports": {"presentation"} | ENRICHMENT | BELOW_ENRICHMENT,
    "presentation": {"triage"} | ENRICHMENT | BELOW_ENRICHMENT,
    # Inside storage: the rows of jobs and answers, written and read, over one database.
    "storage.preferences": {"storage.database", "storage.tables", "triage"},
    "storage.quota": {"storage.accounts", "storage.database", "storage.tables"}
    | {"enrichment.quota"}
    | FOUNDATION,
    "storage.writing": {"storage.accounts", "storage.codec", "storage.database"}
    | {"storage.tables", "enrichment.analysis"}
    | ENRICHMENT_BASE
    | BELOW_ENRICHMENT,
    "storage.reading": {"storage.accounts", "storage.codec", "storage.database"}
    | {"storage.models", "storage.tables", "enrichment.analysis"}
    | ENRICHMENT_BASE
    | BELOW_ENRICHMENT,
    "storage.accounts": {"storage.database", "storage.tables", "enrichment.quota"},
    "storage.codec": {"storage.tables"} | ENRICHMENT_BASE | BELOW_ENRICHMENT,
    "storage.models": {"enrichment.models"} | BELOW_ENRICHMENT,
    "storage.database": {"storage.migrations", "storage.tables"} | FOUNDATION,
    "storage.migrations": {"storage.tables"},
    "storage.tables": set(),
    "storage": set(),
    "intake": {"enrichment.orchestrator", "enrichment.analysis"}
    | ENRICHMENT_BASE
    | BELOW_ENRICHMENT,
    "triage": {"enrichment.dispatch", "enrichment.analysis", "enrichment.adapters"}
    | ENRICHMENT_BASE
    | BELOW_ENRICHMENT,
    # Inside enrichment.
    "enrichment.orchestrator": ENRICHMENT - {"enrichment.orchestrator"} | BELOW_ENRICHMENT,
    "enrichment.controls": {"enrichment.dispatch", "enrichment.analysis"}
    | ENRICHMENT_BASE
    | BELOW_ENRICHMENT,
    "enrichment.dispatch": {"enrichment.analysis", "enrichment.adapters", "enrichment.http"}
    | ENRICHMENT_BASE
    | BELOW_ENRICHMENT,
    "enrichment.analysis": {"enrichment.adapters"} | ENRICHMENT_BASE | BELOW_ENRICHMENT,
    "enrichment.checks": {"enrichment.adapters", "enrichment.http"}
    | ENRICHMENT_BASE
    | BELOW_ENRICHMENT,
    "enrichment.adapters": {"enrichment.http"} | ENRICHMENT_BASE | {"pipeline"} | FOUNDATION,
    "enrichment.http": ENRICHMENT_BASE | {"pipeline"} | FOUNDATION,
    "enrichment.config_store": FOUNDATION,
    "enrichment.quota": {"enrichment.models"} | FOUNDATION,
    "enrichment.models": {"pipeline"},
    "enrichment.timing": set(),
    "enrichment": set(),
    "documents": {"pipeline"} | FOUNDATION,
    "jobs": FOUNDATION,
    "context": {"pipeline"},
    "pipeline": set(),
    "body_limits": set(),
    "negotiation": set(),
    "settings": set(),
    "private_files": {"errors"},
    "early_end": set(),
    "errors": set(),
}
WITH_ROOMS = {"enrichment", "storage"}
WEB = {"flask", "werkzeug", "jinja2", "waitress"}
KNOWS_THE_WEB = {"routes", "security", "gate", "body_limits", "negotiation", "connections"} | {
    "request_parser",
    "server",
    "__init__",
}
FOR_READERS = {"pypdf", "olefile", "py7zr", "pyzipper", "defusedxml", "python_calamine"} | {
    "charset_normalizer"
}
MOST_LINES = 300


def files() -> list[Path]:
    return sorted(APP.rglob("*.py"))


each_file = pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(APP)))


def module_of(path: Path) -> str:
    parts = path.relative_to(APP.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in files()}


def room_of(module: str) -> str:
    parts = module.split(".")[1:] or ["__init__"]
    return ".".join(parts[:2]) if parts[0] in WITH_ROOMS else parts[0]


@cache
def imported(path: Path) -> set[str]:
    """The names of everything that a file imports, ours and others'."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@cache
def ours(path: Path) -> set[str]:
    """The modules of the app that a file imports."""
    found = set()
    for name in imported(path):
        if name == "app" or name.startswith("app."):
            found.add(name if name in MODULES else name.rpartition(".")[0])
    return found


@each_file
def test_imports_point_downwards(path: Path) -> None:
    room = room_of(module_of(path))
    reached = {room_of(module) for module in ours(path)} - {room}
    # `from app import security` reaches the module, `from app import create_app` the package.
    assert reached <= ALLOWED[room]


def test_every_room_is_named_here() -> None:
    assert {room_of(module) for module in MODULES} == set(ALLOWED)


def test_no_two_rooms_import_each_other_by_any_way() -> None:
    arrows: dict[str, set[str]] = {room: set() for room in ALLOWED}
    for module, path in MODULES.items():
        arrows[room_of(module)] |= {room_of(other) for other in ours(path)}
    for room in arrows:
        arrows[room].discard(room)
    assert list(circles(arrows)) == []


def test_no_two_files_import_each_other_by_any_way() -> None:
    arrows = {module: ours(path) - {module} for module, path in MODULES.items()}
    # A package's list of modules is imported on use, by name.
    assert list(circles(arrows)) == []


def circles(arrows: dict[str, set[str]]) -> Iterator[str]:
    """The nodes from which a way leads back to themselves."""
    for start in arrows:
        seen: set[str] = set()
        open_ends = list(arrows[start])
        while open_ends:
            if (node := open_ends.pop()) not in seen:
                seen.add(node)
                open_ends += arrows.get(node, ())
        if start in seen:
            yield start


@each_file
def test_below_the_services_nothing_knows_the_web(path: Path) -> None:
    if room_of(module_of(path)) not in KNOWS_THE_WEB:
        assert not {name.split(".")[0] for name in imported(path)} & WEB


def test_views_import_no_views() -> None:
    """What two views share is a part of the page, a field of the request, or a service."""
    routes = {module: path for module, path in MODULES.items() if module.startswith("app.routes.")}
    views = {m for m, path in routes.items() if "\nbp = Blueprint(" in path.read_text("utf-8")}
    assert {
        module: ours(path) & views for module, path in routes.items() if ours(path) & views
    } == {}


def test_the_pipeline_uses_the_standard_library_only() -> None:
    for path in (APP / "pipeline").rglob("*.py"):
        foreign = {name.split(".")[0] for name in imported(path)} - {"app", "__future__"}
        assert foreign <= sys.stdlib_module_names, path


@each_file
def test_the_database_is_known_to_the_storage_alone(path: Path) -> None:
    if not module_of(path).startswith("app.storage"):
        assert not {name.split(".")[0] for name in imported(path)} & {"sqlalchemy", "alembic"}


@each_file
def test_the_libraries_that_read_documents_are_known_to_the_readers_alone(path: Path) -> None:
    """So that no hostile file meets them outside the child process."""
    if path.parent.name != "readers":
        assert not {name.split(".")[0] for name in imported(path)} & FOR_READERS


@each_file
def test_no_file_is_longer_than_a_reader_can_bear(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_every_folder_of_code_is_a_package_that_gets_installed() -> None:
    assert all((path.parent / "__init__.py").exists() for path in files())
