"""The server: listeners, what they serve, and the handle that tests hold."""

from __future__ import annotations

import copy
import socket
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

from .control import CONTROL, ControlPlane
from .faults import FAULTS, REGISTRY, Exchange
from .gate import Decision, Gate, Record
from .library import Library
from .listener import LOOPBACK, Listener
from .options import Options
from .quota import Clock
from .replies import error_reply, json_reply
from .routes import Routes
from .rules import PREFIX, Rule
from .wire import MalformedRequestError, Reply, Request, Wire, read_request


class VTSimulator:
    """VirusTotal v3 on loopback. Keywords as in `Options`; `clock` gives epoch seconds."""

    def __init__(self, *, clock: Callable[[], float] | None = None, **options: Any) -> None:
        self.options = Options(**options)
        self.drip_interval_s = 1.0
        self._clock = Clock(clock)
        self._library = Library(
            self.options.state, invents=self.options.invent, seed=self.options.seed
        )
        self._gate = Gate(self.options, self._clock, Routes(self._library))
        self._control = ControlPlane(self)
        self._released = threading.Event()
        self._released.set()
        self._tls: _TLS | None = None
        self._tls_lock = threading.Lock()
        self._listener = Listener(self._serve, self.options.port)
        self._foreign = Listener(self._serve_foreign)

    def __enter__(self) -> VTSimulator:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up on everybody; returns when no thread and no socket is left."""
        self.release()
        self._listener.close()
        self._foreign.close()
        if self._tls is not None:
            self._tls.close()

    def settle(self) -> None:
        """Wait until every request of a client that has ended is in `requests`."""
        self._listener.settle()

    @property
    def host_url(self) -> str:
        return f"http://{self._listener.address}"

    @property
    def base_url(self) -> str:
        return self.host_url + PREFIX

    @property
    def tls_base_url(self) -> str:
        return f"https://{self._secured().listener.address}{PREFIX}"

    @property
    def ca_file(self) -> str:
        """The PEM file with which a client accepts the certificate after all."""
        return str(self._secured().ca_file)

    @property
    def requests(self) -> list[Record]:
        return self._gate.requests()

    @property
    def calls(self) -> Counter[str]:
        """Count how often each IOC was asked for, with any answer."""
        return Counter(record.asked for record in self.requests if record.asked)

    @property
    def arrivals(self) -> list[float]:
        """When each of those requests came, by the simulator's clock."""
        return [record.time for record in self.requests if record.asked]

    @property
    def violations(self) -> list[Record]:
        """Attempts to submit something or to fetch a sample; must stay empty."""
        return self._gate.violations()

    @property
    def foreign_requests(self) -> list[Record]:
        """What followed a redirect to the other port; must stay empty."""
        return self._gate.foreign_requests()

    def add_rule(
        self,
        fault: str,
        path: str = "*",
        nth: int | None = None,
        times: int | None = None,
        key: str | None = None,
    ) -> None:
        """Let matching requests fail. `path` is a glob, with or without /api/v3 in front."""
        if fault not in REGISTRY:
            raise ValueError(f"unknown fault {fault!r}; known: {', '.join(FAULTS)}")
        self._gate.add_rule(Rule(fault, path, nth, times, key))

    def put(self, collection: str, object_id: str, attributes: dict[str, Any] | None) -> None:
        """Know an object from now on, or (None) know it no more; a `reset` changes nothing of it.

        A file's id is its SHA-256; `md5` and `sha1` among its attributes are its other names.
        """
        self._library.put(collection, object_id, attributes)

    def restate(self, ioc: str, **stats: int) -> None:
        """Let the engines scan this IOC, of any type, again with new counts."""
        self._library.restate(ioc, stats, self._clock.now())

    def clear_rules(self) -> None:
        self._gate.clear_rules()

    def reset(self) -> None:
        """Forget requests, rules and spending; the clock stays where it is."""
        self._gate.reset()

    def hold(self) -> None:
        """Take requests in, and answer none before `release`."""
        self._released.clear()

    def release(self) -> None:
        self._released.set()

    def advance(self, seconds: float) -> None:
        self._clock.advance(seconds)

    def state(self) -> dict[str, Any]:
        return self._gate.state()

    def _secured(self) -> _TLS:
        # Made on demand: most users need no certificate, nor the package that makes it.
        with self._tls_lock:
            if self._tls is None:
                self._tls = _TLS(self._serve)
            return self._tls

    def _serve(self, connection: socket.socket) -> None:
        self._converse(connection, self._answer)

    def _serve_foreign(self, connection: socket.socket) -> None:
        self._converse(connection, self._answer_foreign)

    def _converse(
        self, connection: socket.socket, answer: Callable[[Request, Wire], Reply | None]
    ) -> None:
        """Answer one request after the other until one side closes the connection."""
        wire = Wire(connection)
        with connection.makefile("rb") as stream:
            try:
                while (request := read_request(stream)) is not None:
                    reply = answer(request, wire)
                    if reply is None:
                        return
                    wire.send(self._encode(reply, request))
                    if not request.keeps_alive:
                        return
            except MalformedRequestError as e:
                wire.send(error_reply("BadRequestError", str(e)).encode())

    def _encode(self, reply: Reply, request: Request) -> bytes:
        is_plain = "Content-Encoding" not in dict(reply.headers)
        if reply.status == 200 and is_plain and request.wants_gzip:
            reply = reply.compressed()
        return reply.encode(chunked=self.options.chunked, without_body=request.method == "HEAD")

    def _answer(self, request: Request, wire: Wire) -> Reply | None:
        if request.path.startswith(CONTROL):
            return self._control.answer(request)
        decision = self._gate.admit(request)
        wire.wait(self.options.latency_ms / 1000)
        self._released.wait()
        if decision.fault is None:
            return decision.reply
        return REGISTRY[decision.fault](self._exchange(request, decision, wire))

    def _exchange(self, request: Request, decision: Decision, wire: Wire) -> Exchange:
        return Exchange(
            request=request,
            document=copy.deepcopy(decision.document or {}),
            wire=wire,
            host_url=self.host_url,
            foreign_url=f"http://{self._foreign.address}",
            interval=self.drip_interval_s,
        )

    def _answer_foreign(self, request: Request, wire: Wire) -> Reply:
        """Answers like the real one: a client that got here would notice nothing."""
        self._gate.record_foreign(request)
        return json_reply({"data": {"id": "stolen", "type": "file", "attributes": {}}})


class _TLS:
    """The encrypted door, with a certificate of its own making."""

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        from .certificate import write_certificate  # needs a development dependency

        self._folder = TemporaryDirectory(prefix="vt-simulator-")
        self.ca_file = Path(self._folder.name) / "certificate.pem"
        self.listener = Listener(serve, tls=write_certificate(self.ca_file))

    def close(self) -> None:
        self.listener.close()
        self._folder.cleanup()


def closed_port() -> str:
    """Return the base URL of a port on which no server listens."""
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
    return f"http://{LOOPBACK}:{port}{PREFIX}"
