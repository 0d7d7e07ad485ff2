"""Dockerfile and compose.yaml, held against the code that they start."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from flask import Flask

from app.cli.options import parser
from app.config import load_config
from app.documents.limits import Limits
from app.errors import ConfigError
from app.settings import CORE
from tests.deployment.given import (
    COMPOSE,
    DOCKERFILE,
    PROJECT,
    copied,
    interpolated,
    is_sent_to_the_builder,
    service,
    size,
    stages,
)
from tests.patience import PATIENCE_S

ABOUT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PORT = CORE["PORT"][0]
BUILD, IMAGE = stages(DOCKERFILE.read_text(encoding="utf-8"))
SERVICE = service()
SECRET = "a" * 32


def test_both_stages_stand_on_one_slim_python_that_the_project_supports() -> None:
    assert BUILD.image == IMAGE.image
    version = re.fullmatch(r"python:3\.(\d+)-slim", IMAGE.image)
    least = re.fullmatch(r">=3\.(\d+)", ABOUT["requires-python"])
    assert version
    assert least
    assert int(version[1]) >= int(least[1])
    assert f"Programming Language :: Python :: 3.{version[1]}" in ABOUT["classifiers"]


def test_all_that_is_copied_exists_and_reaches_the_builder() -> None:
    assert copied(IMAGE) == []
    for name in copied(BUILD):
        assert (PROJECT / name).exists()
        assert is_sent_to_the_builder(name)
    assert is_sent_to_the_builder("app/templates/base.html")


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        ".git/config",
        ".venv/bin/python",
        "tests/canary.py",
        "app/__pycache__/server.pyc",
        "telltale.db",
        "keys.json",
        "build/lib",
    ],
)
def test_nothing_else_reaches_the_builder(path: str) -> None:
    assert not is_sent_to_the_builder(path)


def test_the_build_copies_all_that_the_wheel_needs() -> None:
    assert {"app", "pyproject.toml", ABOUT["readme"], *ABOUT["license-files"]} <= {*copied(BUILD)}


def test_the_versions_are_those_of_the_constraints_and_nothing_is_compiled() -> None:
    (install,) = BUILD.all("RUN")
    assert "--constraint constraints.txt" in install
    assert "--only-binary :all:" in install
    assert "constraints.txt" in copied(BUILD)


def test_the_account_is_fixed_and_owns_the_data_folder_alone() -> None:
    account = IMAGE.last("USER")
    assert account == SERVICE["user"] == "10001:10001"
    (made,) = IMAGE.all("RUN")
    assert "--uid 10001 --gid 10001" in made
    folder = IMAGE.environment["TELLTALE_DATA_DIR"]
    assert f"--mode 0700 --owner telltale --group telltale {folder}" in made


def test_the_data_folder_is_the_volume() -> None:
    folder = IMAGE.environment["TELLTALE_DATA_DIR"]
    assert IMAGE.last("VOLUME") == folder
    assert [volume.split(":")[1] for volume in SERVICE["volumes"]] == [folder]


def test_the_program_is_the_command_of_the_wheel() -> None:
    program, *arguments = json.loads(IMAGE.last("CMD"))
    assert program in ABOUT["scripts"]
    assert parser().parse_args(arguments)


def settings_of(environment: dict[str, str]) -> dict[str, object]:
    return load_config({"HOME": "/nowhere", **environment})


def test_the_image_refuses_to_start_without_a_token() -> None:
    with pytest.raises(ConfigError, match="TELLTALE_ACCESS_TOKEN"):
        settings_of(IMAGE.environment)


def given_by_compose(**variables: str) -> dict[str, str]:
    told = {name: interpolated(str(v), variables) for name, v in SERVICE["environment"].items()}
    return IMAGE.environment | told


def test_the_settings_of_both_together_are_valid() -> None:
    config = settings_of(given_by_compose(TELLTALE_ACCESS_TOKEN=SECRET))
    assert config["ACCESS_TOKEN"] == SECRET
    assert config["HOST"] == "0.0.0.0"
    assert config["PORT"] == PORT
    assert config["ALLOWED_HOSTS"] == ()


def test_the_names_of_other_hosts_are_passed_on() -> None:
    given = given_by_compose(TELLTALE_ACCESS_TOKEN=SECRET, TELLTALE_ALLOWED_HOSTS="desk.example")
    assert settings_of(given)["ALLOWED_HOSTS"] == ("desk.example",)


@pytest.mark.parametrize("variables", [{}, {"TELLTALE_ACCESS_TOKEN": ""}])
def test_compose_requires_a_token(variables: dict[str, str]) -> None:
    with pytest.raises(LookupError, match="random"):
        given_by_compose(**variables)


@pytest.mark.parametrize("variables", [{}, {"TELLTALE_PORT": "8080"}])
def test_the_port_is_published_to_this_machine_only(variables: dict[str, str]) -> None:
    (published,) = SERVICE["ports"]
    port = variables.get("TELLTALE_PORT", PORT)
    assert interpolated(published, variables) == f"127.0.0.1:{port}:{PORT}"
    assert IMAGE.last("EXPOSE") == str(PORT)


def test_the_container_has_no_rights_to_spare() -> None:
    assert SERVICE["read_only"] is True
    assert SERVICE["cap_drop"] == ["ALL"]
    assert SERVICE["security_opt"] == ["no-new-privileges:true"]
    assert SERVICE["init"] is True
    assert not {"privileged", "cap_add", "devices", "network_mode", "pid", "ipc"} & SERVICE.keys()
    (temporary,) = SERVICE["tmpfs"]
    assert "noexec" in temporary


def test_the_limits_fit_the_server_and_its_readers() -> None:
    server = 1 << 30
    assert size(SERVICE["mem_limit"]) >= server + 2 * Limits().memory
    assert SERVICE["pids_limit"] >= 60 + 256 + 2 * 64  # of 256 streams, and 64 processors


@contextmanager
def answering(status: int) -> Iterator[tuple[int, list[str]]]:
    """A server that answers with one status: its port, and the paths that it was asked for."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port, asked
        finally:
            server.shutdown()
            thread.join()


def health_check(port: int) -> int:
    _, *arguments = IMAGE.health_check
    # A proxy in the environment must not be asked for what runs on this machine.
    environment = {"TELLTALE_PORT": str(port), "http_proxy": "http://127.0.0.1:9"}
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        stderr=subprocess.DEVNULL,
        timeout=PATIENCE_S,
    ).returncode


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (404, 1), (303, 1)])
def test_the_health_check_asks_the_server_whether_it_is_well(status: int, code: int) -> None:
    with answering(status) as (port, asked):
        assert health_check(port) == code
    assert asked == ["/healthz"]


def test_a_server_that_does_not_answer_is_not_well() -> None:
    with socket.socket() as closed:  # a port that is taken, and at which nothing listens
        closed.bind(("127.0.0.1", 0))
        assert health_check(closed.getsockname()[1]) != 0


def test_the_health_check_knows_the_default_port() -> None:
    assert f"or {PORT})" in IMAGE.health_check[-1]
    assert IMAGE.health_check[0] == "python"


def test_the_composition_builds_the_image_that_stands_beside_it() -> None:
    assert SERVICE["build"] == "."
    assert COMPOSE.parent == DOCKERFILE.parent


def test_the_health_check_asks_a_route(app: Flask) -> None:
    assert "/healthz" in {rule.rule for rule in app.url_map.iter_rules()}
