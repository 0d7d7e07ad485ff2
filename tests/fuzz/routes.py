"""Junk for every route, over sockets, to the server of this process.

python -m tests.fuzz.routes --requests 20000 --seed 1

A request is a finding if its status is 500, if the connection is reset or cut, or if anything is
logged as an error. The seed and the request are printed then.
"""

from __future__ import annotations

import argparse
import http.client
import json
import logging
import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_from_bytes

from flask import Flask
from werkzeug.routing import Rule

from app import create_app
from tests.fakes.vt_simulator import VTSimulator
from tests.patience import PATIENCE_S
from tests.servers import serving

TEXTS = (
    "",
    "1",
    "0",
    "-1",
    "9" * 5000,
    "9223372036854775808",
    "1e999",
    "NaN",
    "\uff11\u00b2",
    "\x00",
    "a\x00b",
    "\r\nSet-Cookie: a=b",
    "\x1b[31mred",
    "\u202egpj.exe",
    "\u2028",
    "\ud800",
    "'\"<svg onload=alert(1)>",
    "{{7*7}}${7*7}%s%n",
    "../../../../settings",
    "%",
    "%zz%ff",
    "=1+1",
    "a" * 20_000,
    "\u0301" * 300,
    "8.8.4.4 http://evil.example.net/ CVE-2024-3400",
    "[" * 3000,
    "virustotal",
    "offline",
    "online",
    "AMBER+STRICT",
    "cancel",
    "csv",
)
# The names of fields and parameters that routes read.
NAMES = Path(__file__).with_name("fields.txt").read_text(encoding="utf-8").split()
METHODS = ("GET", "GET", "POST", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "X")
FORM = "application/x-www-form-urlencoded"
JSON_TEXTS = (b"", b"null", b"NaN", b'"\\ud800"', b"1e999", b"\xff", b"9" * 6000)
MEDIA_TYPES = (
    FORM,
    "application/json",
    "multipart/form-data; boundary=b",
    "multipart/form-data",
    'multipart/form-data; boundary="',
    "multipart/form-data; boundary=" + "b" * 500,
    "text/plain",
    "application/json; charset=utf-16",
    "application/x-www-form-urlencoded; charset=\xff",
    "/",
    "",
)
HEADERS = {
    "Accept": (
        "application/json",
        "text/html",
        "*/*;q=x",
        "\xff",
        "a/b,"[:3] * 500,
        "text/event-stream",
    ),
    "Cookie": ("a=b", "telltale-5000=\xff\xfe", "=;=;", "session=" + "a" * 5000, '"'),
    "Referer": ("http://127.0.0.1/settings", "http://[", "//evil.example", "\xff"),
    "Range": ("bytes=0-", "bytes=9-1", "lines=x", "bytes=" + "1-2," * 500),
    "If-None-Match": ("*", '"', "W/"),
    "If-Modified-Since": ("yesterday", "Thu, 99 Xyz 9999 99:99:99 GMT"),
    "Last-Event-ID": ("-1", "9" * 4000, "a:1,b:\xff"),
    "Authorization": ("Bearer ", "Basic \xff", "Digest " + "a" * 900),
    "Content-Encoding": ("gzip", "x"),
    "Expect": ("100-continue", "x"),
    "X-Forwarded-For": ("\xff", "127.0.0.1, " * 100),
}


@dataclass(frozen=True)
class Junk:
    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None


class Generator:
    """Makes requests for the routes of an app, the same ones for the same seed."""

    def __init__(self, app: Flask, seed: int, job_ids: tuple[str, ...] = ()) -> None:
        self._random = random.Random(seed)  # noqa: S311  # to be repeated
        self._rules = sorted(app.url_map.iter_rules(), key=str)
        self._job_ids = job_ids

    def next(self) -> Junk:
        pick = self._random
        rule = pick.choice(self._rules)
        methods = sorted(rule.methods or {"GET"}) if pick.random() < 0.8 else METHODS
        target = self._path(rule) + self._query()
        headers = {
            name: pick.choice(values) for name, values in HEADERS.items() if pick.random() < 0.15
        }
        method = pick.choice(methods)
        body = None
        if method in ("POST", "PUT", "PATCH") or pick.random() < 0.1:
            media_type, body = self._body()
            headers["Content-Type"] = media_type
        return Junk(method, target, headers, body)

    def _path(self, rule: Rule) -> str:
        path = rule.rule
        for name in rule.arguments:
            before, _, rest = path.partition("<")
            inside, _, after = rest.partition(">")
            assert inside.endswith(name) or name in inside
            is_job = name == "job_id" and self._job_ids and self._random.random() < 0.6
            value = self._random.choice(self._job_ids) if is_job else self._quoted(4000)
            path = before + value + after
        return path if self._random.random() < 0.95 else path + self._quoted(4000)

    def _query(self) -> str:
        count = self._random.choice((0, 0, 1, 2, 3))
        pairs = (f"{self._random.choice(NAMES)}={self._quoted(20_000)}" for _ in range(count))
        return f"?{'&'.join(pairs)}" if count else ""

    def _text(self) -> str:
        return self._random.choice(TEXTS)

    def _quoted(self, most: int) -> str:
        if self._random.random() < 0.1:
            return quote_from_bytes(self._random.randbytes(self._random.randint(1, 20)))
        return quote(self._text()[:most].encode("utf-8", "surrogatepass"), safe="")

    def _body(self) -> tuple[str, bytes]:
        media_type = self._random.choice(MEDIA_TYPES)
        shapes = (self._form, self._json, self._multipart, self._noise)
        fitting = {FORM: self._form, "application/json": self._json}.get(media_type)
        if media_type.startswith("multipart"):
            fitting = self._multipart
        shape = fitting if fitting and self._random.random() < 0.8 else self._random.choice(shapes)
        return media_type, shape()

    def _form(self) -> bytes:
        count = self._random.choice((0, 1, 3, 3, 10, 1500))
        pairs = (
            f"{self._random.choice(NAMES)}={self._quoted(20_000)}" for _ in range(min(count, 10))
        )
        return "&".join([*pairs, *("a=1" for _ in range(count - 10))]).encode()

    def _json(self) -> bytes:
        match self._random.randint(0, 5):
            case 0:
                return b"[" * 100_000
            case 1:
                return b'{"a":' * 50_000 + b"1" + b"}" * 50_000
            case 2:
                return self._random.choice(
                    (b"", b"null", b"NaN", b'"\\ud800"', b"1e999", b"\xff", b"9" * 6000)
                )
            case _:
                fields = {self._random.choice(NAMES): self._value(3) for _ in range(4)}
                return json.dumps(fields).encode()

    def _value(self, depth: int) -> object:
        kind = self._random.randint(0, 6 if depth else 4)
        match kind:
            case 0 | 1:
                return self._text()
            case 2:
                return self._random.choice((0, -1, 2**70, 1.5, float("inf")))
            case 3:
                return self._random.choice((None, True, False))
            case 4:
                return self._random.choice(self._job_ids or ("x",))
            case 5:
                return [self._value(depth - 1) for _ in range(self._random.randint(0, 3))]
            case _:
                return {self._text()[:50]: self._value(depth - 1)}

    def _multipart(self) -> bytes:
        parts = []
        for _ in range(self._random.choice((0, 1, 3, 1200))):
            name, value = self._random.choice(NAMES), self._text()[:3000]
            file = f'; filename="{self._text()[:300]}"' if self._random.random() < 0.4 else ""
            head = f'--b\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
            parts.append((head + value).encode("utf-8", "surrogatepass"))
        end = self._random.choice((b"\r\n--b--\r\n", b"\r\n--b", b"", b"\r\n--b--\r\n" * 3))
        return b"\r\n".join(parts) + end

    def _noise(self) -> bytes:
        return self._random.randbytes(self._random.choice((1, 40, 5000)))


class Findings(logging.Handler):
    """Collects what a server logs as an error while junk is sent."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.logged: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.logged.append(self.format(record))


def send(port: int, junk: Junk) -> int:
    """Send one request and return its status. Raises OSError or HTTPException if it is cut."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.putrequest(junk.method, junk.target, skip_accept_encoding=True)
        for name, value in junk.headers.items():
            connection.putheader(name, value.encode("latin-1"))
        if junk.body is not None:
            connection.putheader("Content-Length", str(len(junk.body)))
        connection.endheaders(junk.body)
        answer = connection.getresponse()
        if answer.getheader("Content-Type", "").partition(";")[0] != "text/event-stream":
            answer.read()
        return answer.status
    finally:
        connection.close()


def fuzz(app: Flask, count: int, seed: int) -> Counter[int]:
    """Send junk to a server of the app; raise AssertionError at the first finding."""
    findings = Findings()
    logging.getLogger().addHandler(findings)
    statuses: Counter[int] = Counter()
    try:
        with serving(app) as server:
            generator = Generator(app, seed, _begin_some(server.effective_port))
            for number in range(count):
                junk = generator.next()
                shown = f"seed {seed}, request {number}: {str(junk)[:1500]}"
                try:
                    status = send(server.effective_port, junk)
                except (OSError, http.client.HTTPException) as e:
                    raise AssertionError(f"{e!r}: {shown}") from e
                statuses[status] += 1
                assert status != 500, shown
                assert not findings.logged, f"{findings.logged}: {shown}"
    finally:
        logging.getLogger().removeHandler(findings)
    return statuses


def _begin_some(port: int) -> tuple[str, ...]:
    """Begin two analyses, and return their ids."""
    ids = []
    for mode in ("offline", "online"):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        headers = {"Content-Type": FORM, "Accept": "application/json"}
        connection.request(
            "POST", "/analyze", f"text=8.8.4.4+evil.example.net&mode={mode}", headers
        )
        answer = json.loads(connection.getresponse().read())
        ids += [answer["job_id"]] if "job_id" in answer else []
        connection.close()
    return tuple(ids)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    options = parser.parse_args()
    with VTSimulator() as simulator, tempfile.TemporaryDirectory() as folder:
        settings = {"DATA_DIR": Path(folder) / "data", "VT_BASE_URL": simulator.base_url}
        # A key that junk saves must not be sent to a real provider.
        other = simulator.base_url.replace("/v3", "/v2")
        app = create_app(settings | {"ABUSEIPDB_BASE_URL": other})
        statuses = fuzz(app, options.requests, options.seed)
    shown = ", ".join(f"{count:,} x {status}" for status, count in sorted(statuses.items()))
    print(f"{options.requests:,} requests, seed {options.seed}, no finding: {shown}")


if __name__ == "__main__":
    main()
