from __future__ import annotations

import base64
import hashlib
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app, gate
from app.config import load_config
from app.errors import ConfigError
from tests.conftest import clear_surroundings, settings_for, unlimited_simulator, watched_app
from tests.factories import key_of
from tests.patience import PATIENCE_S

PAGES = [
    "/",
    "/settings",
    "/results/unknown",
    "/enrichment/status/unknown",
    "/nothing",
    "/static/css/telltale.css",
]


@pytest.fixture(scope="module")
def shared_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Make one app for all tests of this file that only send requests to it.

    Compiling its address rules takes 25 ms, and there are more than a hundred such tests.
    """
    folder = tmp_path_factory.mktemp("shared")
    with pytest.MonkeyPatch.context() as patch, unlimited_simulator() as simulator:
        (folder / "cwd").mkdir()
        clear_surroundings(patch, folder / "cwd")
        with watched_app(settings_for(folder / "data", simulator)) as app:
            yield app


@pytest.fixture
def client(shared_app: Flask) -> FlaskClient:
    return shared_app.test_client()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:5000",
        "localhost.",
        "127.0.0.1:x",
        "127.0.0.1:",
        "[::2]",
        "::1",
        "0.0.0.0",
        "127.0.0.2",
        "",
        "localhost:5000@evil.example",
        "localhost/x",
    ],
)
def test_a_foreign_host_is_refused_on_every_route(
    client: FlaskClient, path: str, host: str
) -> None:
    assert client.get(path, headers={"Host": host}).status_code == 400


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:5000", "localhost", "LOCALHOST:1", "[::1]", "[::1]:5000"]
)
def test_every_loopback_name_is_answered(client: FlaskClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 200


def test_an_allowed_host_is_answered(settings: dict[str, Any]) -> None:
    app = create_app({**settings, "ALLOWED_HOSTS": ("desk.example",)})
    client = app.test_client()
    assert client.get("/", headers={"Host": "Desk.example:8443"}).status_code == 200
    assert client.get("/", headers={"Host": "other.example"}).status_code == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 422),
        ({"Sec-Fetch-Site": "same-origin"}, 422),
        ({"Sec-Fetch-Site": "none"}, 422),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "nonsense"}, 403),
        ({"Sec-Fetch-Site": ""}, 403),
        ({"Origin": "http://localhost"}, 422),
        ({"Origin": "HTTP://LOCALHOST"}, 422),
        ({"Origin": "https://localhost"}, 403),
        ({"Origin": "http://localhost:81"}, 403),
        ({"Origin": "http://127.0.0.1"}, 403),
        ({"Origin": "http://localhost:80"}, 422),
        ({"Origin": "http://["}, 403),
        ({"Origin": "http://localhost:x"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 422),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
        ({"Origin": "http://localhost/"}, 403),
        ({"Origin": "http://localhost/page"}, 403),
        ({"Origin": "http://user@localhost"}, 403),
        ({"Origin": "http://localhost?x"}, 403),
        ({"Origin": "http://localhost#x"}, 403),
        ({"Origin": " http://localhost"}, 403),
        ({"Origin": "http://localhost http://evil.example"}, 403),
        ({"Origin": "//localhost"}, 403),
    ],
)
def test_state_changes_come_from_our_own_pages_or_from_programs(
    client: FlaskClient, headers: dict[str, str], status: int
) -> None:
    assert client.post("/analyze", data={"text": ""}, headers=headers).status_code == status


def test_a_refused_request_changes_nothing(client: FlaskClient, shared_app: Flask) -> None:
    before = key_of(shared_app)
    for path in ("/settings", "/settings/delete"):
        answer = client.post(
            path, data={"api_key": "x" * 20}, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert answer.status_code == 403
    assert key_of(shared_app) == before


@pytest.mark.parametrize("path", ["/analyze", "/settings/delete", "/results/unknown/ask"])
def test_nothing_changes_by_get(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 405


@pytest.mark.parametrize("path", PAGES)
def test_every_response_has_the_security_headers(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.fixture
def guarded(settings: dict[str, Any]) -> Iterator[FlaskClient]:
    app = create_app({**settings, "ACCESS_TOKEN": "open-sesame-7-times"})
    app.extensions["gate"].penalty_s = 0
    yield app.test_client()
    app.extensions["services"].close()


@pytest.mark.parametrize("path", PAGES)
def test_a_browser_without_the_token_gets_401(guarded: FlaskClient, path: str) -> None:
    answer = guarded.get(path)
    assert answer.status_code == 401
    assert "open-sesame-7-times" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer "},
        {"Authorization": "open-sesame-7-times"},
        {"Authorization": "Basic open-sesame-7-times"},
        {"Authorization": "Bearer öffne"},
        {"Cookie": "telltale-5000-access=open-sesame-7-times"},
    ],
)
def test_a_wrong_token_gets_401(guarded: FlaskClient, headers: dict[str, str]) -> None:
    assert guarded.get("/", headers=headers).status_code == 401


def test_the_token_becomes_a_cookie_and_leaves_the_address(guarded: FlaskClient) -> None:
    answer = guarded.get("/?token=open-sesame-7-times")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "open-sesame-7-times" not in cookie
    assert guarded.get("/").status_code == 200
    with guarded.get("/static/css/telltale.css") as style:
        assert style.status_code == 200


def test_the_token_leaves_the_address_also_with_a_cookie(
    guarded: FlaskClient,
) -> None:
    guarded.get("/?token=open-sesame-7-times")
    assert guarded.get("/?token=open-sesame-7-times").status_code == 303


def test_the_page_that_asks_for_the_token_may_use_its_own_style_alone(
    guarded: FlaskClient,
) -> None:
    answer = guarded.get("/")
    style = answer.text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = answer.headers["Content-Security-Policy"]
    assert f"style-src 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


def test_a_program_without_the_token_gets_json(guarded: FlaskClient) -> None:
    for path in ("/", "/enrichment/status/x"):
        answer = guarded.get(path, headers={"Accept": "application/json"})
        assert (answer.status_code, set(answer.get_json())) == (401, {"error"})


@pytest.mark.parametrize(
    ("accept", "is_json"),
    [
        ("application/json", True),
        ("application/json, text/plain, */*", True),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
        ("*/*", False),
        ("", False),
        ("text/html, application/json", False),
        ("text/html;q=0.5, application/json", True),
    ],
)
def test_a_401_is_json_only_where_json_is_accepted(
    client: FlaskClient, accept: str, is_json: bool
) -> None:
    answer = client.get("/nowhere", headers={"Accept": accept})
    assert answer.is_json == is_json


def test_a_wrong_token_in_the_address_gives_no_cookie(guarded: FlaskClient) -> None:
    answer = guarded.get("/?token=wrong")
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers


COOKIE = "telltale-5000-access"


def log_in(client: FlaskClient) -> str:
    """Returns the secret of the new session."""
    assert client.get("/?token=open-sesame-7-times").status_code == 303
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    return cookie.value


def status_with(client: FlaskClient, secret: str) -> int:
    """The status for a program that replays the cookie."""
    other = client.application.test_client()
    other.set_cookie(COOKIE, secret)
    return other.get("/").status_code


def test_a_cookie_is_worth_nothing_after_the_log_out(guarded: FlaskClient) -> None:
    secret = log_in(guarded)
    assert "Log out" in guarded.get("/").text
    assert status_with(guarded, secret) == 200
    answer = guarded.post("/logout")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert guarded.get_cookie(COOKIE) is None
    assert status_with(guarded, secret) == 401


def test_each_login_has_a_secret_of_its_own_and_ends_the_one_before(guarded: FlaskClient) -> None:
    first = log_in(guarded)
    second = log_in(guarded)
    assert first != second
    assert status_with(guarded, first) == 401
    assert status_with(guarded, second) == 200


def test_a_session_outlives_a_restart(guarded: FlaskClient, settings: dict[str, Any]) -> None:
    secret = log_in(guarded)
    guarded.application.extensions["services"].close()
    app = create_app({**settings, "ACCESS_TOKEN": "open-sesame-7-times"})
    assert status_with(app.test_client(), secret) == 200
    app.extensions["services"].close()


def test_without_a_token_there_is_no_session_to_end(client: FlaskClient) -> None:
    assert "Log out" not in client.get("/").text
    assert client.post("/logout").status_code == 303


@pytest.mark.parametrize("way", ["address", "header"])
def test_a_wrong_token_is_logged_without_itself(
    guarded: FlaskClient, caplog: pytest.LogCaptureFixture, way: str
) -> None:
    if way == "address":
        guarded.get("/?token=wrong-sesame-8")
    else:
        guarded.get("/", headers={"Authorization": "Bearer wrong-sesame-8"})
    assert caplog.messages == ["A wrong access token was sent from 127.0.0.1."]


def test_wrong_tokens_are_answered_late_and_only_a_few_at_the_same_time(
    guarded: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, answered = guarded.application, threading.Event()
    waiting: list[float] = []

    def wait(seconds: float) -> None:
        waiting.append(seconds)
        assert answered.wait(PATIENCE_S)

    monkeypatch.setattr(gate.time, "sleep", wait)
    app.extensions["gate"].penalty_s = 0.5
    headers = {"Authorization": "Bearer wrong-sesame-8"}
    with ThreadPoolExecutor(gate.MOST_LATE) as pool:
        late = [
            pool.submit(app.test_client().get, "/", headers=headers) for _ in range(gate.MOST_LATE)
        ]
        while len(waiting) < gate.MOST_LATE:
            assert not any(answer.done() for answer in late)
            answered.wait(0.01)
        right = {"Authorization": "Bearer open-sesame-7-times", "Accept": "application/json"}
        for given in (headers, right):
            refused = app.test_client().get("/", headers=given)
            assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
        answered.set()
        assert [answer.result().status_code for answer in late] == [401] * gate.MOST_LATE
    assert waiting == [0.5] * gate.MOST_LATE
    assert app.test_client().get("/", headers=right).status_code == 200


@pytest.mark.parametrize("token", ["", "   ", "short", "fifteen-letters", "with a space in it"])
def test_a_blank_or_short_token_is_refused_at_the_start(token: str) -> None:
    with pytest.raises(ConfigError, match="TELLTALE_ACCESS_TOKEN"):
        load_config({"TELLTALE_ACCESS_TOKEN": token})


def test_programs_send_the_token_as_bearer(guarded: FlaskClient) -> None:
    headers = {"Authorization": "Bearer open-sesame-7-times", "Accept": "application/json"}
    answer = guarded.post("/analyze", data={"text": "8.8.4.4"}, headers=headers)
    assert answer.status_code == 202


def test_other_hosts_than_loopback_need_a_token(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="TELLTALE_ACCESS_TOKEN"):
        create_app({**settings, "HOST": "0.0.0.0"})


def test_every_written_file_is_readable_by_the_owner_only(app: Flask) -> None:
    folder = app.config["DATA_DIR"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_the_secret_key_survives_a_restart(settings: dict[str, Any], tmp_path: Path) -> None:
    first, again = create_app(settings), create_app(settings)
    other = create_app({**settings, "DATA_DIR": tmp_path / "other"})
    assert first.config["SECRET_KEY"] == again.config["SECRET_KEY"]
    assert first.config["SECRET_KEY"] != other.config["SECRET_KEY"]
    assert len(first.config["SECRET_KEY"]) >= 32
