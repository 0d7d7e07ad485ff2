"""The wheel: complete, and Telltale works from it where there is no source tree."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest
import requests

import app
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[1]
ABOUT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# Each Python of the new environment runs this when it starts, the readers of documents too. It
# ends the process that touches the source tree; libraries would catch an exception.
GUARD = """
import os, sys
def watch(event, arguments):
    if event in ("open", "os.listdir", "os.scandir") and isinstance(arguments[0], (str, bytes)):
        path = os.path.abspath(os.fsdecode(arguments[0]))
        if path.startswith({forbidden!r}) and not path.startswith({allowed!r}):
            os.write(2, f"the source tree is used: {{path}}\\n".encode())
            os._exit(86)
sys.addaudithook(watch)
"""


def pip(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check"]
    completed = subprocess.run([*command, *arguments], capture_output=True, text=True)
    assert completed.returncode == 0, completed.stderr


@pytest.fixture(name="wheel", scope="module")
def _wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built of a copy: setuptools writes beside what it builds."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    shutil.copytree(PROJECT / "app", source / "app", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, source)
    pip("wheel", "--no-index", "--no-deps", "--no-build-isolation", "-w", folder, source)
    shutil.rmtree(source)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(name="installed", scope="module")
def _installed(wheel: Path) -> Path:
    """A new environment with the wheel: its folder of programs.

    The dependencies come from the environment of the tests, so nothing is downloaded.
    """
    folder = wheel.parent / "environment"
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    pip("--python", python, "install", "--no-index", "--no-deps", "--no-compile", wheel)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    ours = {sysconfig.get_path(kind) for kind in ("purelib", "platlib")}
    # Of a folder that a .pth file names, the .pth files are not read: the link from the tests'
    # environment to the source tree does not lead there from here.
    (packages / "dependencies.pth").write_text("\n".join(sorted(ours)) + "\n")
    guard = GUARD.format(forbidden=f"{PROJECT}{os.sep}", allowed=tuple(ours))
    (packages / "sitecustomize.py").write_text(guard)
    return folder / "bin"


def environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TELLTALE_DATA_DIR": str(folder / "data"),
        "TELLTALE_PORT": "0",
    }


def run(program: Path, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, *arguments],
        cwd=cwd,
        env=environment(cwd),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


@contextmanager
def serving(programs: Path, folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with subprocess.Popen(
        [programs / "telltale", "serve"],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().split()[3]
        finally:
            process.kill()


def test_every_file_of_the_app_is_in_the_wheel_and_no_other(wheel: Path) -> None:
    files = (path for path in (PROJECT / "app").rglob("*") if path.is_file())
    sources = {
        path.relative_to(PROJECT).as_posix() for path in files if "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert packed == sources


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    told = metadata(wheel)
    assert told["Name"] == "telltale"
    assert told["Version"] == app.__version__
    assert told["License-Expression"] == "MIT"
    assert told["License-File"] == "LICENSE"
    assert told["Requires-Python"] == ">=3.11"
    assert told.get_all("Classifier") == ABOUT["classifiers"]
    assert told.get_payload() == (PROJECT / "README.md").read_text(encoding="utf-8")


def test_the_app_comes_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    completed = run(installed / "python", "-c", "import app; print(app.__file__)", cwd=tmp_path)
    assert Path(completed.stdout.strip()).is_relative_to(installed.parent)


def test_a_document_is_read_by_the_installed_command(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "alert.eml").write_text("Subject: alert\n\nhxxp://files[.]example[.]net/x\n")
    with zipfile.ZipFile(tmp_path / "case.zip", "w") as archive:
        archive.write(tmp_path / "alert.eml", "alert.eml")
    completed = run(installed / "telltale", "extract", "case.zip", cwd=tmp_path)
    assert "http://files.example.net/x" in completed.stdout.split()
    assert (completed.returncode, completed.stderr) == (0, "")


def test_the_web_app_serves_analyses_and_ends(installed: Path, tmp_path: Path) -> None:
    with serving(installed, tmp_path) as (process, address):
        page = requests.get(address, timeout=PATIENCE_S)
        linked = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
        static = [requests.get(address + path, timeout=PATIENCE_S) for path in linked]
        form = {"text": "files[.]example[.]net", "mode": "offline"}
        results = requests.post(f"{address}/analyze", form, timeout=PATIENCE_S)
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=PATIENCE_S)
    assert linked
    assert {answer.status_code for answer in (page, results, *static)} == {200}
    assert "files.example.net" in results.text
    assert process.returncode == 0, told
    assert "Traceback" not in told


def test_the_guard_sees_what_is_read_of_the_source_tree(installed: Path, tmp_path: Path) -> None:
    program = f"open({str(PROJECT / 'run.py')!r})"
    completed = run(installed / "python", "-c", program, cwd=tmp_path)
    assert completed.returncode == 86
    assert "the source tree is used" in completed.stderr
