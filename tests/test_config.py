from __future__ import annotations

from pathlib import Path

import certifi
import pytest

from app import create_app
from app.config import load_config
from app.errors import ConfigError
from app.settings import CORE, PREFIX

PROJECT = Path(__file__).parents[1]


def test_the_defaults_are_those_of_a_free_key_on_one_machine() -> None:
    config = load_config({})
    assert config["HOST"] == "127.0.0.1"
    assert config["PORT"] == 5000
    assert config["VT_BASE_URL"] == "https://www.virustotal.com/api/v3"
    assert config["VT_REQUESTS_PER_MINUTE"] == 4
    assert config["LOOKUP_DEADLINE_S"] == 30
    assert config["MAX_WORKERS"] == 4
    assert config["MAX_JOBS"] == 100
    assert config["MAX_STREAMS"] == 16
    assert config["MAX_CONTENT_LENGTH"] == 16 * 1024 * 1024
    assert config["DATA_DIR"].is_absolute()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("HOST", "::1", "::1"),
        ("PORT", "8080", 8080),
        ("ACCESS_TOKEN", "let-me-in-at-once", "let-me-in-at-once"),
        ("ALLOWED_HOSTS", "Desk.example, other:8080,", ("desk.example", "other:8080")),
        ("VT_API_KEY", "abc", "abc"),
        ("VT_BASE_URL", "https://vt.example/api/v3/", "https://vt.example/api/v3"),
        ("VT_BASE_URL", "http://127.0.0.1:9/api/v3", "http://127.0.0.1:9/api/v3"),
        ("VT_REQUESTS_PER_MINUTE", "0", 0),
        ("VT_REQUESTS_PER_DAY", "1000", 1000),
        ("VT_REQUESTS_PER_MONTH", "0", 0),
        ("LOOKUP_DEADLINE_S", "2.5", 2.5),
        ("PROXY", "http://proxy.example:3128", "http://proxy.example:3128"),
        ("CA_BUNDLE", certifi.where(), certifi.where()),
        ("DATABASE_URL", "sqlite:////tmp/t.db", "sqlite:////tmp/t.db"),
        ("MAX_WORKERS", "9", 9),
        ("MAX_JOBS", "7", 7),
        ("MAX_STREAMS", "8", 8),
        ("MAX_CONTENT_LENGTH", "1000", 1000),
        ("DEMO", "true", True),
        ("TESTING", "no", False),
    ],
)
def test_every_setting_can_come_from_the_environment(name: str, text: str, value: object) -> None:
    assert load_config({PREFIX + name: text})[name] == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("HOST", "0.0.0.0"),
        ("HOST", "192.168.1.4"),
        ("HOST", "desk.example"),
        ("PORT", "eighty"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("VT_BASE_URL", "http://www.virustotal.com/api/v3"),
        ("VT_BASE_URL", "http://127.0.0.1.evil.example/api/v3"),
        ("VT_BASE_URL", "http://0.0.0.0/api/v3"),
        ("VT_BASE_URL", "https://www.virustotal.com/"),
        ("VT_BASE_URL", "https:///api/v3"),
        ("VT_BASE_URL", "ftp://127.0.0.1/api/v3"),
        ("VT_BASE_URL", "file:///etc/passwd#/api/v3"),
        ("VT_BASE_URL", "https://user:pass@www.virustotal.com/api/v3"),
        ("VT_BASE_URL", "https://a.example?x=/api/v3"),
        ("VT_BASE_URL", "https://a.example:x/api/v3"),
        ("VT_REQUESTS_PER_MINUTE", "-1"),
        ("VT_REQUESTS_PER_MINUTE", "four"),
        ("LOOKUP_DEADLINE_S", "0"),
        ("LOOKUP_DEADLINE_S", "inf"),
        ("LOOKUP_DEADLINE_S", "nan"),
        ("PROXY", "proxy:3128"),
        ("PROXY", "socks5://proxy:1080"),
        ("CA_BUNDLE", "no/such/file.pem"),
        ("CA_BUNDLE", __file__),
        ("VT_API_KEY", "two words"),
        ("VT_API_KEY", "abc…def"),
        ("DATABASE_URL", "telltale.db"),
        ("MAX_WORKERS", "0"),
        ("MAX_JOBS", "0"),
        ("MAX_STREAMS", "7"),
        ("MAX_STREAMS", "257"),
        ("MAX_CONTENT_LENGTH", "0"),
        ("DEMO", "perhaps"),
    ],
)
def test_a_setting_that_cannot_be_used_is_one_sentence_that_names_it(name: str, text: str) -> None:
    with pytest.raises(ConfigError, match=PREFIX + name) as caught:
        load_config({PREFIX + name: text})
    assert str(caught.value).endswith(".")


def test_with_an_access_token_any_host_may_be_listened_on() -> None:
    environ = {PREFIX + "HOST": "0.0.0.0", PREFIX + "ACCESS_TOKEN": "let-me-in-at-once"}
    assert load_config(environ)["HOST"] == "0.0.0.0"


def test_what_create_app_is_given_wins_over_environment_and_dotenv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(".env").write_text(
        "TELLTALE_PORT=1111\nTELLTALE_MAX_JOBS=11\nTELLTALE_MAX_WORKERS=3\n", encoding="utf-8"
    )
    monkeypatch.setenv("TELLTALE_PORT", "2222")
    monkeypatch.setenv("TELLTALE_MAX_JOBS", "22")
    app = create_app({"DATA_DIR": tmp_path / "data", "PORT": 3333})
    assert (app.config["PORT"], app.config["MAX_JOBS"], app.config["MAX_WORKERS"]) == (3333, 22, 3)


def test_a_dotenv_that_is_no_text_is_one_sentence(tmp_path: Path) -> None:
    Path(".env").write_bytes(b"TELLTALE_PORT=\xff\xfe")
    with pytest.raises(ConfigError, match=r"\.env cannot be read"):
        create_app({"DATA_DIR": tmp_path / "data"})


def test_a_foreign_key_passes_through_to_flask(tmp_path: Path) -> None:
    app = create_app({"DATA_DIR": tmp_path, "TEMPLATES_AUTO_RELOAD": True})
    assert app.config["TEMPLATES_AUTO_RELOAD"] is True


@pytest.mark.parametrize("name", [name for name in CORE if name != "TESTING"])
@pytest.mark.parametrize("document", ["README.md", ".env.example"])
def test_every_setting_is_documented(name: str, document: str) -> None:
    assert PREFIX + name in (PROJECT / document).read_text(encoding="utf-8")


def test_an_explicit_value_differs_from_the_same_default() -> None:
    environ = {PREFIX + "VT_REQUESTS_PER_MINUTE": "4", PREFIX + "VT_REQUESTS_PER_DAY": ""}
    config = load_config(environ, {"PORT": 0, "PROXY": None})
    assert config["GIVEN"] == {"VT_REQUESTS_PER_MINUTE", "PORT"}
    assert config["VT_REQUESTS_PER_DAY"] is None
    assert load_config({}, config)["GIVEN"] == {"VT_REQUESTS_PER_MINUTE", "PORT"}
