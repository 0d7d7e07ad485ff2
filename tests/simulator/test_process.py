"""The simulator as a thing that starts, is steered and ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import fields
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.fakes.vt_simulator import VTSimulator
from tests.fakes.vt_simulator.__main__ import parse
from tests.fakes.vt_simulator.options import Options

from .plain_client import IP, address, ask, dial, wait_until

ROOT = Path(__file__).parents[2]
STUCK = (
    "hang", "drip", "drip_headers", "slow_headers", "slow_body", "endless", "oversized_chunked"
)  # fmt: skip


def test_closing_is_quick_while_clients_are_connected() -> None:
    before = set(threading.enumerate())
    sim = VTSimulator(per_minute=None)
    for fault in STUCK:
        sim.add_rule(fault, path=f"*?{fault}", times=3)
    dialled = [dial(sim, f"{IP}?{fault}") for fault in STUCK for _ in range(3)]
    idle = dial(sim)
    wait_until(lambda: len(sim.requests) == len(dialled) + 1)
    started = time.monotonic()
    sim.close()
    assert time.monotonic() - started < 5  # the clients would stay for longer
    assert set(threading.enumerate()) <= before
    for connection in (*dialled, idle):
        connection.close()


def test_closing_hangs_up_on_an_unfinished_handshake() -> None:
    before = set(threading.enumerate())
    with VTSimulator() as sim:
        port = int(sim.tls_base_url.removesuffix("/api/v3").rpartition(":")[2])
        connection = socket.create_connection(("127.0.0.1", port), timeout=5)
        ca_file = Path(sim.ca_file)
        assert ca_file.exists()
    assert connection.recv(1) == b""
    connection.close()
    assert set(threading.enumerate()) <= before
    assert not ca_file.exists()


def test_the_port_is_free_after_closing() -> None:
    with VTSimulator() as sim:
        ask(sim)
        _, port = address(sim)
    with VTSimulator(port=port) as again:
        assert ask(again).status == 200
        again.close()  # once more at the end of the block, which does no harm


def test_a_client_that_gives_up_frees_its_thread(sim: VTSimulator) -> None:
    def serving() -> int:
        return sum(1 for thread in threading.enumerate() if thread.name == "vt-serve")

    sim.add_rule("hang")
    connection = dial(sim)
    wait_until(lambda: sim.requests)
    assert serving() == 1
    connection.close()
    wait_until(lambda: serving() == 0)


def test_latency_is_added() -> None:
    with VTSimulator(latency_ms=60) as sim:
        started = time.monotonic()
        assert ask(sim).status == 200
        assert time.monotonic() - started >= 0.06


def test_many_ask_at_once_and_the_quota_holds(limited: VTSimulator) -> None:
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(ask(limited).status)) for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 4 + [429] * 8


def test_reset_forgets_everything(limited: VTSimulator) -> None:
    limited.add_rule("html500", nth=5)
    [ask(limited, method="POST") for _ in range(5)]
    limited.reset()
    assert not limited.requests
    assert not limited.violations
    assert [ask(limited).status for _ in range(5)] == [200] * 4 + [429]


def test_the_control_plane_steers_as_the_handle_does(limited: VTSimulator) -> None:
    rule = {"match": {"path": "*/ip_addresses/*", "nth": 2}, "fault": "html502"}
    assert ask(limited, "/__sim__/rules", None, "POST", rule).json == {"ok": True}
    assert [ask(limited).status for _ in range(6)] == [200, 502, 200, 200, 200, 429]
    ask(limited, "/__sim__/clock", None, "POST", {"advance_s": 60})
    assert ask(limited).status == 200

    state = ask(limited, "/__sim__/state", None).json
    assert state["quotas"]["analyst1"]["api_requests_daily"] == {"allowed": 500, "used": 5}
    assert (state["requests"], state["violations"], state["foreign_requests"]) == (7, [], [])
    assert state["rules"][0]["fault"] == "html502"

    first = ask(limited, "/__sim__/requests", None).json[0]
    assert (first["method"], first["path"], first["spent"]) == ("GET", f"/api/v3{IP}", 1)

    ask(limited, "/__sim__/reset", None, "POST")
    assert ask(limited, "/__sim__/requests", None).json == []


@pytest.mark.parametrize(
    ("path", "method", "body", "status"),
    [
        ("/__sim__/nothing", "GET", None, 404),
        ("/__sim__/reset", "GET", None, 404),
        ("/__sim__/rules", "POST", {"fault": "typo"}, 400),
        ("/__sim__/rules", "POST", {}, 400),
        ("/__sim__/rules", "POST", {"fault": "hang", "match": {"colour": "red"}}, 400),
        ("/__sim__/clock", "POST", ["advance_s"], 400),
    ],
)
def test_the_control_plane_refuses_nonsense(
    sim: VTSimulator, path: str, method: str, body: object, status: int
) -> None:
    assert ask(sim, path, None, method, body).status == status


def test_the_process_prints_where_it_listens_and_ends_when_told() -> None:
    command = [sys.executable, "-m", "tests.fakes.vt_simulator", "--port", "0", "--invent"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own module
        assert process.stdout is not None
        base_url = process.stdout.readline().strip()
        assert base_url.startswith("http://127.0.0.1:")
        state_url = base_url.replace("/api/v3", "/__sim__/state")
        with urlopen(state_url, timeout=5) as answer:  # noqa: S310 - loopback
            assert json.load(answer)["requests"] == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0


def test_the_command_line_says_what_the_options_say() -> None:
    given = vars(parse([]))
    assert given.pop("clock") == "real"
    assert Options(**given) == Options()
    missing = {field.name for field in fields(Options)} - set(given)
    assert missing == {"keys"}
    assert parse(["--per-day", "0"]).per_day is None
