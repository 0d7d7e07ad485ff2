"""run.py as a program: what it says when it cannot start, and how it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.canary import CANARY_KEY
from tests.fakes.vt_simulator import VTSimulator

PROJECT = Path(__file__).parents[1]
PATIENCE_S = 20


def environment(folder: Path, **settings: object) -> dict[str, str]:
    given = {"DATA_DIR": folder / "data", "PORT": 0} | settings
    passed = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return (
        passed
        | {"PYTHONPATH": str(PROJECT), "HOME": str(folder)}
        | {f"TELLTALE_{name}": str(value) for name, value in given.items()}
    )


def run(folder: Path, **settings: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(PROJECT / "run.py")],
        cwd=folder,
        env=environment(folder, **settings),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


@contextmanager
def started(folder: Path, **settings: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with subprocess.Popen(
        [sys.executable, str(PROJECT / "run.py")],
        cwd=folder,
        env=environment(folder, **settings),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().split()[3]
        finally:
            process.kill()


def refused_with(completed: subprocess.CompletedProcess[str]) -> str:
    """What it said: one sentence, no traceback, and an exit code that scripts can see."""
    assert completed.returncode == 1
    assert completed.stdout == ""
    assert "Traceback" not in completed.stderr
    (sentence,) = completed.stderr.splitlines()
    return sentence


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"Port {port} on 127.0.0.1 is taken" in refused_with(run(tmp_path, PORT=port))


def test_another_host_than_loopback_needs_a_token(tmp_path: Path) -> None:
    assert "TELLTALE_ACCESS_TOKEN" in refused_with(run(tmp_path, HOST="0.0.0.0"))


def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    assert "TELLTALE_MAX_WORKERS" in refused_with(run(tmp_path, MAX_WORKERS="many"))


def test_an_address_that_is_not_here_is_one_sentence(tmp_path: Path) -> None:
    completed = run(tmp_path, HOST="host.invalid", ACCESS_TOKEN="t", PORT=5099)
    assert "cannot listen on host.invalid" in refused_with(completed)


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "file/data" in refused_with(run(tmp_path, DATA_DIR=tmp_path / "file" / "data"))


def test_dotenv_in_the_working_folder_counts(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TELLTALE_VT_BASE_URL=http://evil.example/api/v3\n")
    assert "TELLTALE_VT_BASE_URL" in refused_with(run(tmp_path))


def fetch(url: str, form: dict[str, str] | None = None) -> None:
    method = "POST" if form else "GET"
    requests.request(method, url, data=form, timeout=PATIENCE_S).raise_for_status()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_it_ends_at_once_though_lookups_hang(tmp_path: Path, name: str) -> None:
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
            fetch(address + "/analyze", {"mode": "online", "text": addresses})
            while len(simulator.requests) < 16:
                threading.Event().wait(0.02)
            process.send_signal(getattr(signal, name))
            assert process.wait(3) == 0


def open_files(process: subprocess.Popen[str]) -> set[str]:
    links = Path(f"/proc/{process.pid}/fd").iterdir()
    return {target for link in links if (target := str(link.readlink())).startswith("/")}


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
