"""Tests the connection to a provider, as a job: proxy, DNS, TCP, TLS, HTTP, key."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from urllib.parse import urlsplit

from app.enrichment.adapters.base import HTTPAdapter
from app.enrichment.checks import probes
from app.enrichment.checks.check import JobKeeper, ProviderCheck, Report
from app.enrichment.checks.intermediaries import Said, judge_answer
from app.enrichment.checks.models import ConnectionStep, StepState
from app.enrichment.checks.probes import Address, Resolver, UnreachableError, system_resolver
from app.enrichment.http.answers import Answer
from app.enrichment.http.certificates import Certificate
from app.enrichment.http.client import DEFAULT_PORTS, FetchError
from app.enrichment.http.deadline import Deadline
from app.errors import ConfigStoreError
from app.jobs.models import TEST_CONNECTION, Job
from app.jobs.transitions import Step, take_step

STEP_S = 10.0
# In their order, with the words for the step that failed.
STEPS = {
    "proxy": "the proxy",
    "dns": "DNS",
    "tcp": "TCP",
    "tls": "TLS",
    "http": "HTTP",
    "key": "the key",
}
NOT_TRIED = "Not tried: a step before it failed."


class ConnectionTester(ProviderCheck):
    job_type = TEST_CONNECTION
    first_message = "Testing the connection."
    failed_message = "Telltale failed while it tested the connection; the log says how."

    def __init__(
        self,
        adapters: Iterable[HTTPAdapter],
        jobs: JobKeeper,
        on_change: Callable[[str], object],
        resolver: Resolver = system_resolver,
        step_s: float = STEP_S,
    ) -> None:
        """No step takes longer than `step_s`."""
        super().__init__(adapters, jobs, on_change)
        self._resolver = resolver
        self._step_s = step_s

    def _check(self, job: Job, adapter: HTTPAdapter) -> None:
        done: list[ConnectionStep] = []
        # A test that a restart interrupted begins again, so the old steps are dropped first.
        self._save(job, report_of(done))
        for step in ConnectionProbe(adapter, self._resolver, self._step_s).steps():
            done.append(step)
            percent = 100 * len(done) // len(STEPS)
            self._save(replace(job, progress_percent=percent), report_of(done))
        failed = next((step for step in done if step.state is StepState.FAILED), None)
        if failed:
            sentence = f"Connection test failed at {STEPS[failed.name]}."
            self._save(take_step(job, Step.FAIL, sentence))
        else:
            self._save(take_step(job, Step.SUCCEED, f"{adapter.name} can be asked."))


def report_of(steps: Iterable[ConnectionStep]) -> Report:
    return {"steps": [asdict(step) for step in steps]}


def steps_of(report: Report | None) -> tuple[ConnectionStep, ...]:
    return tuple(
        ConnectionStep(**{**step, "state": StepState(step["state"])})
        for step in (report or {}).get("steps", ())
    )


class ConnectionProbe:
    """The steps of one connection test, taken as the provider's HTTPClient takes them.

    Used by one thread, once.
    """

    def __init__(self, adapter: HTTPAdapter, resolver: Resolver, step_s: float) -> None:
        http = adapter.http
        url = urlsplit(http.base_url)
        self._adapter = adapter
        self._resolver = resolver
        self._step_s = step_s
        self._ends_at = 0.0
        self._host = url.hostname or ""
        self._port = url.port or DEFAULT_PORTS[url.scheme]
        self._is_encrypted = url.scheme == "https"
        self._ca_bundle = http.ca_bundle
        self._proxy = urlsplit(http.proxy) if http.proxy else None
        self._addresses: Iterable[Address] = ()
        self._answer: Answer | None = None
        self._key: str | None = None
        self._key_problem: str | None = None

    def steps(self) -> Iterator[ConnectionStep]:
        # A peer also names itself, in its certificate, and may write there what it was sent.
        mask = self._adapter.mask(None)
        works = (self._try_proxy, self._try_dns, self._try_tcp, self._try_tls)
        has_failed = False
        for name, work in zip(STEPS, (*works, self._try_http, self._try_key), strict=True):
            if has_failed:
                yield ConnectionStep(name, StepState.NOT_TRIED, NOT_TRIED)
                continue
            start = time.monotonic()
            self._ends_at = start + self._step_s
            try:
                state, sentence = work()
            except UnreachableError as e:
                state, sentence = StepState.FAILED, str(e)
            has_failed = state is StepState.FAILED
            took_ms = round((time.monotonic() - start) * 1000)
            is_needed = state is not StepState.NOT_NEEDED
            yield ConnectionStep(name, state, mask.text(sentence), took_ms if is_needed else None)

    @property
    def _left_s(self) -> float:
        return max(self._ends_at - time.monotonic(), 0.001)

    @property
    def _target(self) -> str:
        return _place(self._host, self._port)

    @property
    def _next(self) -> str:
        """The host that Telltale itself connects to."""
        if self._proxy is None:
            return self._target
        return f"The proxy {_place(*self._proxy_place)}"

    @property
    def _proxy_place(self) -> tuple[str, int]:
        if self._proxy is None:
            raise ValueError("there is no proxy")
        return self._proxy.hostname or "", self._proxy.port or DEFAULT_PORTS[self._proxy.scheme]

    def _try_proxy(self) -> Said:
        if self._proxy is None:
            return StepState.NOT_NEEDED, "No proxy is set (TELLTALE_PROXY)."
        self._addresses = probes.resolve(*self._proxy_place, self._resolver, self._left_s)
        with Deadline(self._left_s) as deadline, self._connection(deadline):
            pass
        if self._is_encrypted:
            return StepState.OK, f"{self._next} connects to {self._target}."
        return StepState.OK, f"{self._next} accepts connections."

    def _try_dns(self) -> Said:
        if self._proxy:
            return StepState.NOT_NEEDED, f"The proxy resolves {self._host}."
        self._addresses = probes.resolve(self._host, self._port, self._resolver, self._left_s)
        if _is_address(self._host):
            return StepState.NOT_NEEDED, f"{self._host} is an address already."
        found = list(dict.fromkeys(str(address[0]) for _, address in self._addresses))
        more = f" and {len(found) - 4} more" if len(found) > 4 else ""
        return StepState.OK, f"{self._host} is {', '.join(found[:4])}{more}."

    def _try_tcp(self) -> Said:
        if self._proxy:
            return StepState.NOT_NEEDED, f"The proxy connects to {self._target}."
        with Deadline(self._left_s) as deadline, self._connection(deadline):
            return StepState.OK, f"{self._target} accepts connections."

    def _try_tls(self) -> Said:
        if not self._is_encrypted:
            return StepState.NOT_NEEDED, "Not encrypted: this machine only."
        with Deadline(self._left_s) as deadline:
            try:
                certificate, protocol = self._handshake(probes.trusting(self._ca_bundle), deadline)
            except ssl.SSLCertVerificationError as e:
                rejected = self._rejected_certificate(deadline)
                sentence = probes.why_not_accepted(e, self._host, rejected)
                return StepState.FAILED, sentence
        issuer = f"“{certificate.issuer}”" if certificate.issuer else "an issuer without a name"
        through = " (TELLTALE_CA_BUNDLE)" if self._ca_bundle else ""
        return StepState.OK, f"{protocol}, the certificate is issued by {issuer}{through}."

    def _handshake(self, context: ssl.SSLContext, deadline: Deadline) -> tuple[Certificate, str]:
        with self._connection(deadline) as sock:
            encrypted: probes.Encrypted
            if isinstance(sock, ssl.SSLSocket):
                encrypted = probes.encrypt_within(sock, self._host, context, self._target, deadline)
            else:
                encrypted = probes.encrypt(sock, self._host, context, self._target, deadline)
            with contextlib.closing(encrypted):
                certificate = probes.certificate_of(encrypted, self._target, deadline)
                return certificate, encrypted.version() or "TLS"

    def _rejected_certificate(self, deadline: Deadline) -> Certificate:
        """Return the certificate that was not accepted, to name its issuer."""
        # A failed handshake does not give the certificate, so a second one accepts any. Nothing
        # is sent over it.
        try:
            return self._handshake(probes.blind(), deadline)[0]
        except UnreachableError:
            return Certificate("", "")

    @contextmanager
    def _connection(self, deadline: Deadline) -> Iterator[socket.socket]:
        """Connect, through the proxy if there is one. Raises UnreachableError."""
        with contextlib.ExitStack() as stack:
            addresses = list(self._addresses)
            sock = stack.enter_context(probes.connect(addresses, self._next, deadline))
            if self._proxy and self._proxy.scheme == "https":
                sock = stack.enter_context(self._encrypted_proxy(sock, deadline))
            if self._proxy and self._is_encrypted:
                probes.open_tunnel(sock, self._target, self._proxy, self._next, deadline)
            yield sock

    def _encrypted_proxy(self, sock: socket.socket, deadline: Deadline) -> ssl.SSLSocket:
        context, host = probes.trusting(self._ca_bundle), self._proxy_place[0]
        try:
            return probes.encrypt(sock, host, context, self._next, deadline)
        except ssl.SSLCertVerificationError as e:
            rejected = self._rejected_proxy_certificate(host, deadline)
            sentence = probes.why_not_accepted(e, f"the proxy {host}", rejected)
            raise UnreachableError(sentence) from None

    def _rejected_proxy_certificate(self, host: str, deadline: Deadline) -> Certificate:
        try:
            addresses = list(self._addresses)
            with (
                probes.connect(addresses, self._next, deadline) as sock,
                probes.encrypt(sock, host, probes.blind(), self._next, deadline) as encrypted,
            ):
                return probes.certificate_of(encrypted, self._next, deadline)
        except UnreachableError:
            return Certificate("", "")

    def _try_http(self) -> Said:
        try:
            self._key = self._adapter.key()
        except ConfigStoreError as e:
            self._key_problem = str(e)
        # The client resolves the name again, and its deadline does not bound that. So the whole
        # request runs in a thread, and the client's deadline is a little shorter than the step.
        seconds = 0.9 * self._step_s
        try:
            answer = probes.within(
                self._left_s, lambda: self._adapter.ask_about_key(self._key, seconds)
            )
        except FetchError as e:
            return StepState.FAILED, str(e)
        except TimeoutError:
            return StepState.FAILED, f"{self._host} did not answer within {self._step_s:g} s."
        self._answer = answer
        name, is_own = self._adapter.name, self._adapter.is_own_answer(answer)
        return judge_answer(answer, name, is_own)

    def _try_key(self) -> Said:
        name = self._adapter.name
        if (
            self._key is None
            and self._answer is not None
            and not self._adapter.declaration.needs_key
        ):
            return StepState.NOT_NEEDED, f"{name} needs no key."
        if self._key is None or self._answer is None:
            return StepState.FAILED, self._key_problem or f"No {name} key is stored."
        if self._answer.status == 200:
            return StepState.OK, f"{name} accepts the key."
        return StepState.FAILED, self._adapter.refusal_of_key(self._answer)


def _place(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
