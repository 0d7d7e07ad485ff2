"""Ways to a provider on loopback: one that is whole, and one for each way to break."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509

from tests.canary import CANARY_KEY
from tests.fakes.authority import Authority
from tests.fakes.proxy import ForwardProxy
from tests.fakes.raw_server import RawServer
from tests.fakes.vt_simulator import VTSimulator, closed_port
from tests.fakes.vt_simulator.certificate import write_certificate

Settings = dict[str, Any]
UNRESOLVABLE = f"https://{'a' * 64}.example/api/v3"  # no name may have such a part
PAGE = b"<html><title>Hotel Network</title>Please log in</html>"
PORTAL = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(PAGE) + PAGE
)
MOVED = b"HTTP/1.1 302 Found\r\nLocation: http://login.hotel.example/\r\nContent-Length: 0\r\n\r\n"
BLOCKED = PORTAL.replace(b"200 OK", b"403 Forbidden")
NO_JSON_OF_OURS = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
)


class Workbench:
    """Starts what a line needs, and ends it with the test."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self._stack = stack
        self.folder = folder

    def simulator(self, **options: Any) -> VTSimulator:
        keys = {CANARY_KEY: {"user": "canary"}}
        return self._stack.enter_context(VTSimulator(keys=keys, **options))

    def failing(self, fault: str) -> VTSimulator:
        simulator = self.simulator()
        simulator.add_rule(fault)
        return simulator

    def proxy(self, **options: Any) -> str:
        return self._stack.enter_context(ForwardProxy(**options)).url

    def raw(self, answer: bytes = b"", tls: Any = None) -> str:
        return self._stack.enter_context(RawServer(answer, tls)).base_url

    def authority(self, name: str) -> Authority:
        return Authority(name, self.folder)

    def full_port(self) -> int:
        """Takes no connection any more, and refuses none."""
        server = self._stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):
            waiting = self._stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        return int(server.getsockname()[1])


@dataclass(frozen=True)
class Line:
    name: str
    build: Callable[[Workbench], Settings]
    failed: str | None
    """The step; None where all hold."""
    says: tuple[str, ...]
    """What the sentence of that step says, or of the step for encryption."""


def _to(base_url: str, **more: Any) -> Settings:
    return {"VT_BASE_URL": base_url, "VT_API_KEY": CANARY_KEY, **more}


def _whole(bench: Workbench) -> Settings:
    simulator = bench.simulator()
    return _to(
        simulator.tls_base_url.replace("127.0.0.1", "localhost"), CA_BUNDLE=simulator.ca_file
    )


def _origin(url: str) -> str:
    return "/".join(url.split("/")[:3])


def _through_proxy(bench: Workbench, userinfo: str = "", **proxy: Any) -> Settings:
    url = bench.proxy(**proxy).replace("//", f"//{userinfo}")
    simulator = bench.simulator()
    return _to(simulator.tls_base_url, PROXY=url, CA_BUNDLE=simulator.ca_file)


def _through_encrypted_proxy(bench: Workbench, trusts: bool) -> Settings:
    authority = bench.authority("Proxy Authority")
    settings = _through_proxy(bench, tls=authority.issue())
    if not trusts:
        return settings
    both = bench.folder / "both.pem"
    both.write_bytes(authority.file.read_bytes() + Path(settings["CA_BUNDLE"]).read_bytes())
    return settings | {"CA_BUNDLE": str(both)}


def _inspected(bench: Workbench, trusts: bool) -> Settings:
    authority = bench.authority("Contoso Inspection CA")
    simulator = bench.simulator()
    host, _, port = simulator.host_url.removeprefix("http://").partition(":")
    proxy = bench.proxy(inspects=authority.issue(), upstream=(host, int(port)))
    settings = _to(simulator.tls_base_url, PROXY=proxy)
    return settings | ({"CA_BUNDLE": str(authority.file)} if trusts else {})


def _answering(answer: bytes) -> Callable[[Workbench], Settings]:
    def build(bench: Workbench) -> Settings:
        pem = bench.folder / "portal.pem"
        return _to(bench.raw(answer, write_certificate(pem)), CA_BUNDLE=str(pem))

    return build


def _issued(**options: Any) -> Callable[[Workbench], Settings]:
    def build(bench: Workbench) -> Settings:
        authority = bench.authority("Fabrikam Root")
        return _to(bench.raw(tls=authority.issue(**options)), CA_BUNDLE=str(authority.file))

    return build


def _self_signed(bench: Workbench) -> Settings:
    return _to(bench.simulator().tls_base_url)


def _unknown_issuer(bench: Workbench) -> Settings:
    return _to(bench.raw(tls=bench.authority("Stranger CA").issue()))


def _plain(base_url: str) -> Settings:
    return _to(base_url)


NOWHERE = (x509.DNSName("router.example"),)

LINES = (
    Line("whole", _whole, None, ("TLSv1.3", "“Telltale VirusTotal simulator”")),
    Line("on this machine", lambda b: _plain(b.simulator().base_url), None, ("Not encrypted",)),
    Line("through a proxy", _through_proxy, None, ("TLSv1.3",)),
    Line(
        "through a proxy with a login",
        lambda b: _through_proxy(b, "ann:s%40fe@", login="ann:s@fe"),
        None,
        ("TLSv1.3",),
    ),
    Line(
        "through an encrypted proxy",
        lambda b: _through_encrypted_proxy(b, trusts=True),
        None,
        ("TLSv1.3", "“Telltale VirusTotal simulator”"),
    ),
    Line(
        "an encrypted proxy that is not trusted",
        lambda b: _through_encrypted_proxy(b, trusts=False),
        "proxy",
        ("The certificate of the proxy 127.0.0.1", "“Proxy Authority”"),
    ),
    Line(
        "an inspecting proxy that is trusted",
        lambda b: _inspected(b, trusts=True),
        None,
        ("“Contoso Inspection CA”", "TELLTALE_CA_BUNDLE"),
    ),
    Line(
        "proxy down",
        lambda b: _to(UNRESOLVABLE, PROXY=closed_port().removesuffix("/api/v3")),
        "proxy",
        ("The proxy 127.0.0.1:", "refused the connection"),
    ),
    Line(
        "proxy without a name",
        lambda b: _to(UNRESOLVABLE, PROXY=UNRESOLVABLE.removesuffix("/api/v3")),
        "proxy",
        ("The name aaa", "does not resolve"),
    ),
    Line(
        "proxy wants a login",
        lambda b: _through_proxy(b, refuses=True),
        "proxy",
        ("asks for a login", "TELLTALE_PROXY"),
    ),
    Line(
        "proxy refuses the login",
        lambda b: _through_proxy(b, "ann:guess9@", login="ann:s@fe"),
        "proxy",
        ("does not accept the login",),
    ),
    Line(
        "proxy refuses the host",
        lambda b: _through_proxy(b, refuses=True, status=403),
        "proxy",
        ("does not let connections to 127.0.0.1:", "HTTP 403"),
    ),
    Line(
        "proxy cannot reach it",
        lambda b: _through_proxy(b, refuses=True, status=502),
        "proxy",
        ("could not reach 127.0.0.1:", "HTTP 502"),
    ),
    Line(
        "proxy that is none",
        lambda b: _to(UNRESOLVABLE, PROXY=_origin(b.raw(b"220 mail.example ESMTP\r\n\r\n"))),
        "proxy",
        ("is no HTTP proxy",),
    ),
    Line("no such name", lambda b: _to(UNRESOLVABLE), "dns", ("does not resolve",)),
    Line(
        "refused",
        lambda b: _to(closed_port().replace("http:", "https:")),
        "tcp",
        ("refused the connection",),
    ),
    Line(
        "dropped",
        lambda b: _to(f"https://127.0.0.1:{b.full_port()}/api/v3"),
        "tcp",
        ("did not answer within", "firewall"),
    ),
    Line(
        "no TLS",
        lambda b: _to(b.raw(PORTAL).replace("http:", "https:")),
        "tls",
        ("does not speak TLS",),
    ),
    Line("self-signed", _self_signed, "tls", ("self-signed by “Telltale VirusTotal simulator”",)),
    Line("expired", _issued(days=-1), "tls", ("“Fabrikam Root”", "has expired")),
    Line(
        "wrong name",
        _issued(names=NOWHERE),
        "tls",
        ("made out to “router.example” and not to 127.0.0.1", "“Fabrikam Root”"),
    ),
    Line(
        "unknown issuer", _unknown_issuer, "tls", ("issued by “Stranger CA”", "TELLTALE_CA_BUNDLE")
    ),
    Line(
        "an inspecting proxy that is not trusted",
        lambda b: _inspected(b, trusts=False),
        "tls",
        ("issued by “Contoso Inspection CA”", "a proxy inspects"),
    ),
    Line("captive portal", _answering(PORTAL), "http", ("a login page of this network",)),
    Line("sent to a login", _answering(MOVED), "http", ("Got a redirect (HTTP 302)",)),
    Line("blocked by a page", _answering(BLOCKED), "http", ("HTTP 403", "a proxy")),
    Line(
        "another's JSON",
        _answering(NO_JSON_OF_OURS),
        "http",
        ("instead of VirusTotal's API response",),
    ),
    Line(
        "quota used up",
        lambda b: _plain(b.failing("quota").base_url),
        "http",
        ("rate limit is reached", "the connection works"),
    ),
    Line(
        "out of order",
        lambda b: _plain(b.failing("html502").base_url),
        "http",
        ("is out of order (HTTP 502)",),
    ),
    Line(
        "silent", lambda b: _plain(b.failing("hang").base_url), "http", ("did not answer within",)
    ),
    Line(
        "key refused",
        lambda b: _plain(b.failing("auth_wrong").base_url),
        "key",
        ("VirusTotal did not accept the key.",),
    ),
    Line(
        "no key",
        lambda b: _plain(b.simulator().base_url) | {"VT_API_KEY": ""},
        "key",
        ("No VirusTotal key is stored",),
    ),
)
