"""Fixtures for every test: a private data folder, no settings from outside, no outer network."""

from __future__ import annotations

import ipaddress
import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from app import create_app
from tests.canary import CANARY_KEY, CanaryHandler, files_with_canary, holds_canary
from tests.fakes.vt_simulator import VTSimulator

canary = CanaryHandler()
leaks_of_workers: list[str] = []


def pytest_configure(config: pytest.Config) -> None:
    logging.getLogger().addHandler(canary)
    logging.getLogger().setLevel(logging.DEBUG)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fast ones first: what drives a browser comes last."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """The key stands in no file but the key store, and in no log line, of the whole run."""
    factory = getattr(session.config, "_tmp_path_factory", None)
    folders = [factory.getbasetemp()] if factory else []
    leaks = canary.leaks + [str(p) for folder in folders for p in files_with_canary(folder)]
    if hasattr(session.config, "workeroutput"):  # one of several processes: the first one judges
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
    """A test that leaves this machine fails, whoever it was that opened the socket."""
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


@pytest.fixture(autouse=True)
def _own_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the developer's .env nor their environment reaches a test."""
    for name in [name for name in os.environ if name.startswith("TELLTALE_")]:
        monkeypatch.delenv(name)
    surroundings = tmp_path / "cwd"
    surroundings.mkdir()
    monkeypatch.chdir(surroundings)


@pytest.fixture
def simulator() -> Iterator[VTSimulator]:
    """VirusTotal on loopback, without limits; it knows the canary key."""
    keys = {CANARY_KEY: {"user": "canary"}}
    with VTSimulator(per_minute=None, per_day=None, per_month=None, keys=keys) as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, simulator: VTSimulator) -> dict[str, Any]:
    """What `app` is built with; a test may change it before it asks for `app`."""
    return {
        "TESTING": True,
        "DATA_DIR": tmp_path / "data",
        "VT_BASE_URL": simulator.base_url,
        "VT_REQUESTS_PER_MINUTE": 0,
        "LOOKUP_DEADLINE_S": 5,
    }


@pytest.fixture
def app(settings: dict[str, Any]) -> Iterator[Flask]:
    """With the canary key stored; no response may ever hold it."""
    app = create_app(settings)
    app.extensions["services"].providers.keys.set_vt_api_key(CANARY_KEY)
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
