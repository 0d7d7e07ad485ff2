"""run.py as a program: what it says when it cannot start, and how it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.canary import CANARY_KEY
from tests.fakes.vt_simulator import VTSimulator
from tests.patience import PATIENCE_S
from tests.programs import PROJECT, environment, run, started

pytestmark = pytest.mark.slow

AS_ROOT = (
    "Telltale runs as root: it reads documents of strangers, so give it an account of its own."
)


@pytest.fixture(autouse=True)
def hang_ups_are_not_ignored() -> Iterator[None]:
    """Lets children end at a SIGHUP, also where nohup has started the tests."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def refused_with(completed: subprocess.CompletedProcess[str]) -> str:
    """What it said: one sentence, no traceback, and an exit code that scripts can see."""
    assert completed.returncode == 1
    assert completed.stdout == ""
    assert "Traceback" not in completed.stderr
    (sentence,) = (line for line in completed.stderr.splitlines() if line != AS_ROOT)
    return sentence


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"Port {port} on 127.0.0.1 is taken" in refused_with(run(tmp_path, PORT=port))


def test_a_host_outside_of_loopback_needs_a_token(tmp_path: Path) -> None:
    assert "TELLTALE_ACCESS_TOKEN" in refused_with(run(tmp_path, HOST="0.0.0.0"))


def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    assert "TELLTALE_MAX_WORKERS" in refused_with(run(tmp_path, MAX_WORKERS="many"))


def test_an_address_of_another_machine_is_one_sentence(tmp_path: Path) -> None:
    completed = run(tmp_path, HOST="host.invalid", ACCESS_TOKEN="t" * 16, PORT=5099)
    assert "cannot listen on host.invalid" in refused_with(completed)


def test_a_data_directory_that_cannot_be_created_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "file/data" in refused_with(run(tmp_path, DATA_DIR=tmp_path / "file" / "data"))


def test_a_dotenv_file_in_the_working_directory_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TELLTALE_VT_BASE_URL=http://evil.example/api/v3\n")
    assert "TELLTALE_VT_BASE_URL" in refused_with(run(tmp_path))


def fetch(url: str, form: dict[str, str] | None = None) -> None:
    method = "POST" if form else "GET"
    requests.request(method, url, data=form, timeout=PATIENCE_S).raise_for_status()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_the_server_ends_at_once_while_lookups_hang_and_resumes_them(
    tmp_path: Path, name: str
) -> None:
    with VTSimulator(per_minute=None, keys={CANARY_KEY: {}}) as simulator:
        simulator.add_rule("hang")
        settings = {
            "VT_BASE_URL": simulator.base_url,
            "VT_API_KEY": CANARY_KEY,
            "VT_REQUESTS_PER_MINUTE": 0,
            "MAX_WORKERS": 16,
        }
        with started(tmp_path, **settings) as (process, address):
            addresses = " ".join(f"9.9.9.{n}" for n in range(1, 30))
            status_url = analyze(address, addresses)
            while len(simulator.requests) < 16:
                threading.Event().wait(0.02)
            process.send_signal(getattr(signal, name))
            assert process.wait(3) == 0
        simulator.clear_rules()
        with started(tmp_path, **settings) as (process, address):
            status = finished(address + status_url)
        assert (status["state"], status["total"], status["done"]) == ("success", 29, 29)
        assert {row["state"] for row in status["results"]} == {"answered", "not_found"}


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
@pytest.mark.parametrize("moment", ["app.config", "app.server", "app.services", "app.routes.jobs"])
def test_a_signal_during_the_imports_ends_it_cleanly(
    tmp_path: Path, name: str, moment: str
) -> None:
    # The signal is sent by the process itself when it comes to import that module.
    code = (
        "import os, runpy, signal, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {moment!r}: os.kill(os.getpid(), signal.{name})\n"
        "sys.meta_path.insert(0, Finder())\n"
        f"runpy.run_path({str(PROJECT / 'run.py')!r}, run_name='__main__')\n"
    )
    completed = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert completed.returncode == 0
    assert "Traceback" not in completed.stderr
    assert completed.stdout == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is warned")
def test_root_is_warned_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    completed = run(tmp_path, DATA_DIR=tmp_path / "file" / "data")
    assert completed.stderr.splitlines().count(AS_ROOT) == 1


def analyze(address: str, text: str) -> str:
    """Returns where its status is told."""
    form, headers = {"mode": "online", "text": text}, {"Accept": "application/json"}
    answer = requests.post(f"{address}/analyze", form, headers=headers, timeout=PATIENCE_S)
    return str(answer.json()["status_url"])


def finished(url: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_S
    while not (status := requests.get(url, timeout=PATIENCE_S).json())["complete"]:
        assert time.monotonic() < deadline, status
        threading.Event().wait(0.05)
    return dict(status)


def test_a_second_server_on_the_same_data_directory_is_refused(tmp_path: Path) -> None:
    with started(tmp_path):
        said = refused_with(run(tmp_path))
        assert str(tmp_path / "data") in said
        assert "Another Telltale" in said
    with started(tmp_path) as (_, address):  # the lock went with its process
        fetch(address + "/settings")


def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "telltale.db").write_text("no database" * 1000)
    assert str(tmp_path / "data" / "telltale.db") in refused_with(run(tmp_path))


def open_files(process: subprocess.Popen[str]) -> set[str]:
    found = set()
    for link in Path(f"/proc/{process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since it was listed
            found.add(str(link.readlink()))
    return {target for target in found if target.startswith("/")}


@pytest.mark.skipif(
    not Path("/proc/self/fd").exists(), reason="open files are listed by Linux only"
)
def test_a_large_paste_is_never_written_to_the_disk(tmp_path: Path) -> None:
    head = b"POST /analyze HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000000\r\n\r\ntext="
    with started(tmp_path) as (process, address):
        fetch(address + "/settings")
        before = open_files(process)
        host, _, port = address.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port))) as sock:
            sock.sendall(head + b"x" * 8_000_000)
            fetch(address + "/settings")  # by now the server has taken in the most of it
            assert open_files(process) == before
