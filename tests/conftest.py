"""Fixtures for every test: a private data folder, no settings from outside, no outer network."""

from __future__ import annotations

import ipaddress
import logging
import os
import shutil
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from app import create_app
from app.enrichment.timing import Timing
from tests.canary import CANARY_KEY, CanaryHandler, files_with_canary, holds_canary
from tests.compiled import keep_compiled_templates
from tests.databases import place_database
from tests.factories import save_key
from tests.fakes.vt_simulator import VTSimulator

# Short enough that no test waits for it. What a person is meant to see keeps its time.
QUICK = Timing(commit_gather_s=0.005, commit_retry_s=0.05, schedule_retry_s=0.05)

canary = CanaryHandler()
leaks_of_workers: list[str] = []


# A shell starts a command in the background with SIGINT ignored, and programs inherit that: those
# that the tests start must end on Ctrl-C all the same.
signal.signal(signal.SIGINT, signal.default_int_handler)

keep_compiled_templates()

# How long an example takes says nothing about it on a machine that does other work.
hypothesis.settings.register_profile("telltale", deadline=None)
hypothesis.settings.load_profile("telltale")


def pytest_configure(config: pytest.Config) -> None:
    logging.getLogger().addHandler(canary)
    logging.getLogger().setLevel(logging.DEBUG)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put slow tests first, so that no worker ends long after the others.

    With RANDOM_ORDER=SEED the order follows from that seed and the tests' names, so it is the
    same in every worker, and again in the next run. Tests that drive a browser come last.
    """
    if seed := os.environ.get("RANDOM_ORDER"):
        items.sort(key=lambda item: sha256(f"{seed} {item.nodeid}".encode()).digest())
    else:
        items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run if the key stands in a file other than the key store, or in a log line.

    Every worker looks through its own folders and log lines when it has no more tests. So it is
    the same which worker ran which test.
    """
    factory = getattr(session.config, "_tmp_path_factory", None)
    folders = [factory.getbasetemp()] if factory else []
    leaks = canary.leaks + [str(p) for folder in folders for p in files_with_canary(folder)]
    if hasattr(session.config, "workeroutput"):  # a worker: the process that started it decides
        session.config.workeroutput["leaks"] = leaks
        return
    leaks += leaks_of_workers
    if leaks:
        print("\nThe canary key was found in:", *leaks, sep="\n  ")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    leaks_of_workers.extend(getattr(node, "workeroutput", {}).get("leaks", ()))


def is_loopback(address: object) -> bool:
    if not isinstance(address, tuple):  # a Unix socket
        return True
    try:
        return ipaddress.ip_address(address[0]).is_loopback
    except ValueError:
        return address[0] == "localhost"


@pytest.fixture(autouse=True)
def _no_outer_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that connects to another machine, in the test's code or in a library's."""
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        assert is_loopback(address), f"a connection to {address}"
        connect(self, address)

    def guarded_resolve(host: Any, *args: Any, **kwargs: Any) -> Any:
        # Waitress resolves its default address, even where it is given a socket.
        is_local = host in (None, "0.0.0.0") or is_loopback((host,))
        assert is_local, f"a question for {host}"
        return resolve(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_resolve)


@pytest.fixture(scope="session")
def _workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workplace")


@pytest.fixture(autouse=True)
def _own_surroundings(monkeypatch: pytest.MonkeyPatch, _workplace: Path) -> Iterator[None]:
    """Keep the developer's .env and environment away from every test."""
    clear_surroundings(monkeypatch, _workplace)
    yield
    # All tests of a process share the folder: most need none, and each would take a millisecond.
    for left in _workplace.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()


def clear_surroundings(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Remove Telltale's settings from the environment, and work in an empty folder."""
    for name in [name for name in os.environ if name.startswith("TELLTALE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(folder)


@pytest.fixture
def simulator() -> Iterator[VTSimulator]:
    """Run VirusTotal's simulator on loopback, without limits; it knows the canary key."""
    with unlimited_simulator() as running:
        yield running


def unlimited_simulator() -> VTSimulator:
    keys = {CANARY_KEY: {"user": "canary"}}
    return VTSimulator(per_minute=None, per_day=None, per_month=None, keys=keys)


@pytest.fixture
def settings(tmp_path: Path, simulator: VTSimulator) -> dict[str, Any]:
    """Return the settings of `app`; a test may change them before it asks for `app`."""
    return settings_for(tmp_path / "data", simulator)


def settings_for(folder: Path, simulator: VTSimulator) -> dict[str, Any]:
    place_database(folder)
    return {
        "TESTING": True,
        "DATA_DIR": folder,
        "VT_BASE_URL": simulator.base_url,
        "VT_REQUESTS_PER_MINUTE": 0,
        "LOOKUP_DEADLINE_S": 5,
        "TIMING": QUICK,
    }


@pytest.fixture
def app(settings: dict[str, Any]) -> Iterator[Flask]:
    """Make an app in which the canary key is stored; no response may ever hold the key."""
    with watched_app(settings) as app:
        yield app


@contextmanager
def watched_app(settings: dict[str, Any]) -> Iterator[Flask]:
    """Make the app of the `app` fixture; for fixtures that several tests share."""
    app = create_app(settings)
    save_key(app, CANARY_KEY)
    leaks: list[str] = []

    @app.after_request
    def watch(response: Response) -> Response:
        if not response.direct_passthrough and holds_canary(response.get_data()):
            leaks.append("a response's body")
        if holds_canary(str(response.headers).encode()):
            leaks.append("a response's headers")
        return response

    yield app
    app.extensions["services"].close()
    assert leaks == []


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
