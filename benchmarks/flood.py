"""Memory of the server under refused bodies, and its answers beside connections that drip.

python -m benchmarks.flood
"""

from __future__ import annotations

import http.client
import resource
import socket
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from tests.programs import started

BODIES = 4
BODY_BYTES = 130 << 20
SOCKETS = 1100
DRIPS = 5
"""Seconds in which each socket sends a byte a second."""


def main() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(SOCKETS + 200, hard), hard))
    with tempfile.TemporaryDirectory() as folder, started(Path(folder)) as (process, address):
        host, _, port = address.removeprefix("http://").partition(":")
        place = (host, int(port))
        seconds_to_page(place)
        before = memory(process.pid)
        threads = [threading.Thread(target=send_refused, args=(place,)) for _ in range(BODIES)]
        for thread in threads:
            thread.start()
        most = before
        while any(thread.is_alive() for thread in threads):
            most = max(most, memory(process.pid))
            time.sleep(0.01)
        mebibytes = BODY_BYTES >> 20
        print(
            f"{BODIES} refused bodies of {mebibytes} MiB: {before} MiB before, at most {most} MiB"
        )
        for name, head in HEADS.items():
            print(
                f"{SOCKETS} sockets that drip {name}: a page in {drip(place, head):.2f} s at most"
            )


HEADS = {
    "a head": b"GET / HTTP/1.1\r\nX: ",
    "a text": b"POST /analyze HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10000\r\n\r\n",
    "an upload": b"POST /api/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10000\r\n\r\n",
}


def memory(pid: int) -> int:
    """Return the resident memory of a process in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) >> 10


def send_refused(place: tuple[str, int]) -> None:
    """Send all of a body that a page of another site would send."""
    head = f"POST /analyze HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {BODY_BYTES}\r\n"
    with socket.create_connection(place, 30) as connection, suppress(OSError):
        connection.sendall(head.encode() + b"Sec-Fetch-Site: cross-site\r\n\r\n")
        for _ in range(BODY_BYTES >> 20):
            connection.sendall(b"x" * (1 << 20))
        connection.recv(65536)


def drip(place: tuple[str, int], head: bytes) -> float:
    """Return the longest time that a page took, in seconds, while sockets dripped."""
    sockets = []
    for _ in range(SOCKETS):
        with suppress(OSError):
            connection = socket.create_connection(place, 5)
            connection.sendall(head)
            sockets.append(connection)
    slowest = 0.0
    for _ in range(DRIPS):
        for connection in sockets:
            with suppress(OSError):
                connection.sendall(b"x")
        slowest = max(slowest, seconds_to_page(place))
        time.sleep(1)
    for connection in sockets:
        connection.close()
    return slowest


def seconds_to_page(place: tuple[str, int]) -> float:
    """Return how long a page takes; 60 if it does not come."""
    start = time.perf_counter()
    connection = http.client.HTTPConnection(*place, timeout=60)
    with suppress(OSError):
        connection.request("GET", "/settings")
        connection.getresponse().read()
    connection.close()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
