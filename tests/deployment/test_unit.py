"""The unit of systemd, held against the code that it starts."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from app.cli.options import parser
from app.config import load_config
from app.documents.limits import Limits
from tests.deployment.given import PROJECT, UNIT, size, unit

ABOUT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SERVICE = unit()["Service"]
ANALYZE = shutil.which("systemd-analyze")


def only(key: str) -> str:
    (value,) = SERVICE[key]
    return value


def test_it_starts_the_command_of_the_wheel() -> None:
    program, *arguments = only("ExecStart").split()
    assert Path(program).name in ABOUT["scripts"]
    assert parser().parse_args(arguments)


def test_its_data_folder_is_its_own_and_closed() -> None:
    name, _, folder = only("Environment").partition("=")
    assert (name, folder) == ("TELLTALE_DATA_DIR", "%S/" + only("StateDirectory"))
    assert only("StateDirectoryMode") == "0700"
    state = folder.replace("%S", "/var/lib")
    assert load_config({name: state})["DATA_DIR"] == Path("/var/lib/telltale")


def test_its_settings_are_required() -> None:
    assert only("EnvironmentFile").startswith("/etc/")  # with a "-" in front it may be missing


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("DynamicUser", "yes"),
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateTmp", "yes"),
        ("CapabilityBoundingSet", ""),
        ("MemoryDenyWriteExecute", "yes"),
        ("LimitCORE", "0"),
        ("Restart", "on-failure"),
        # A SIGTERM to the readers too would end the documents that they read as unread.
        ("KillMode", "mixed"),
        # By default one reader that is out of memory would end the server.
        ("OOMPolicy", "continue"),
    ],
)
def test_it_has_no_rights_to_spare(key: str, value: str) -> None:
    assert only(key) == value


def test_readers_may_leave_the_network_and_nothing_more() -> None:
    assert set(only("RestrictNamespaces").split()) == {"user", "net"}
    assert set(only("RestrictAddressFamilies").split()) == {"AF_INET", "AF_INET6", "AF_UNIX"}


def test_readers_may_limit_themselves() -> None:
    allowed, denied = SERVICE["SystemCallFilter"]
    assert allowed == "@system-service"
    assert denied.startswith("~")
    assert not {"@resources", "@process", "@privileged"} & set(denied.removeprefix("~").split())


def test_the_limits_fit_the_server_and_its_readers() -> None:
    server = 1 << 30
    assert size(only("MemoryMax")) >= server + 2 * Limits().memory
    assert int(only("TasksMax")) >= 60 + 256 + 2 * 64


def local(folder: Path) -> Path:
    """A copy whose program exists on this machine."""
    text = UNIT.read_text(encoding="utf-8")
    path = folder / UNIT.name
    path.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", text))
    return path


@pytest.mark.skipif(not ANALYZE, reason="systemd is not installed")
def test_systemd_understands_it(tmp_path: Path) -> None:
    completed = subprocess.run(
        [str(ANALYZE), "verify", "--man=no", local(tmp_path)], capture_output=True, text=True
    )
    assert (completed.returncode, completed.stderr) == (0, "")
