"""Name and password of the proxy are in no error, no step of a test and no line of the log."""

from __future__ import annotations

import logging
import socket
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.enrichment.adapters.virustotal import VTAdapter
from app.enrichment.checks.connection_check import ConnectionProbe
from app.enrichment.checks.probes import system_resolver
from app.enrichment.config_store import ConfigStore
from app.enrichment.http.client import HTTPClient
from app.pipeline.models import IOC, IOCType
from tests.canary import CANARY_KEY
from tests.fakes.proxy import ForwardProxy
from tests.fakes.vt_simulator import VTSimulator, closed_port

LOGIN = "anna.proxy:s3cret%2FPass-9"
NO_HOST = "no-such-proxy.invalid"
FORMS = ("anna.proxy", "s3cret", b64encode(b"anna.proxy:s3cret/Pass-9").decode()[:20])


def unreachable(stack: ExitStack) -> str:
    return f"http://{LOGIN}@{urlsplit(closed_port()).netloc}"


def without_a_name(stack: ExitStack) -> str:
    return f"http://{LOGIN}@{NO_HOST}:8080"


def refusing(status: int) -> Callable[[ExitStack], str]:
    def start(stack: ExitStack) -> str:
        proxy = stack.enter_context(ForwardProxy(refuses=True, status=status))
        return f"http://{LOGIN}@{urlsplit(proxy.url).netloc}"

    return start


def without_tls(stack: ExitStack) -> str:
    proxy = stack.enter_context(ForwardProxy())
    return f"https://{LOGIN}@{urlsplit(proxy.url).netloc}"


def untrusted_server(stack: ExitStack) -> str:
    proxy = stack.enter_context(ForwardProxy())
    return f"http://{LOGIN}@{urlsplit(proxy.url).netloc}"


FAULTS = {
    "unreachable": unreachable,
    "without a name": without_a_name,
    "407": refusing(407),
    "502": refusing(502),
    "403": refusing(403),
    "without TLS": without_tls,
    "a server that is not trusted": untrusted_server,
}


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_the_login_of_the_proxy_is_not_shown(
    fault: str,
    tls: bool,
    stack: ExitStack,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    known = socket.getaddrinfo

    def resolve(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host == NO_HOST:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return known(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    simulator = stack.enter_context(VTSimulator())
    proxy = FAULTS[fault](stack)
    base = simulator.tls_base_url if tls else simulator.base_url
    keys = ConfigStore(tmp_path / "keys.json", {"TELLTALE_VT_API_KEY": CANARY_KEY})
    adapter = VTAdapter(keys, HTTPClient(base, deadline_s=5, proxy=proxy))
    shown = [
        repr(adapter.lookup(IOC(IOCType.IPV4, "8.8.4.4"))),
        repr(adapter.check_key(CANARY_KEY)),
        repr(list(ConnectionProbe(adapter, system_resolver, 5).steps())),
        caplog.text,
    ]
    assert [text for text in shown if any(form in text for form in FORMS)] == []
