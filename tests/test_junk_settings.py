"""Junk in every setting: one sentence that names it, or a start; never a traceback."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import create_app
from app.config import all_settings, load_config
from app.errors import ConfigError, TelltaleError
from app.settings import PREFIX
from tests.programs import run

SECRET = "hunter2secret"
JUNK = (
    "~nosuchuser",
    "~nosuchuser/x",
    "x" * 300,
    "/" + "x" * 300,
    "/x" * 3000,
    "a\0b",
    "\0",
    "a\nb",
    "\x1b[31m",
    "\udcff\udcfe",
    "\u202e",
    "é" * 70,
    "a..b",
    ".",
    "9" * 5000,
    "-" + "9" * 30,
    "3000000",
    "9999999999",
    "1e308",
    "nan",
    "-0",
    "٣",
    "true",
    "://",
    "[::1",
    "http://[::1",
    "http://[x]/",
    f"http://user:{SECRET}@host:port",
    f"http://user:{SECRET}/x@host:1",
    f"http://user:{SECRET}[@host:1",
    f"http://user:{SECRET}\u2100@host:1",
    f"http://user:{SECRET}@host:99999",
    f"https://user:{SECRET}@host:-1/api/v3",
    "https://host:99999/api/v3",
    "https://host:x/api/v3",
    "https://a b/api/v3",
    f"postgresql://user:{SECRET}@host:port/x",
    f"postgresql://user:{SECRET}@host:99999/x",
    f"postgresql://user:{SECRET}@[::1/x",
    f"nonsense://user:{SECRET}@host/x",
    "sqlite://",
    "sqlite:///",
    "sqlite:///:memory:",
    "sqlite:///" + "x" * 300,
    "sqlite:///a\0b",
    "sqlite:///~nosuchuser/x",
    f"sqlite://user:{SECRET}@host/x",
)
# Neither listens nor writes: their values are looked at when they are loaded.
NAMES = sorted(all_settings())


def is_address(name: str) -> bool:
    return name in ("PROXY", "DATABASE_URL") or name.endswith("_BASE_URL")


def said(name: str, value: str) -> str | None:
    """What is said about the setting; None if it is taken."""
    try:
        load_config({PREFIX + name: value})
    except ConfigError as e:
        sentence = str(e)
        assert PREFIX + name in sentence or "TELLTALE_ACCESS_TOKEN" in sentence
        assert sentence.endswith(".")
        assert len(sentence.splitlines()) == 1
        assert len(sentence) < 700
        assert SECRET not in sentence or not is_address(name)
        return sentence
    return None


@pytest.mark.parametrize("name", NAMES)
def test_junk_in_a_setting_is_one_sentence_or_taken(name: str) -> None:
    for value in JUNK:
        said(name, value)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.text(max_size=40) | st.sampled_from(JUNK).flatmap(lambda j: st.permutations(j[:9])))
def test_invented_junk_is_one_sentence_or_taken(name: str, value: str | list[str]) -> None:
    said(name, "".join(value))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATA_DIR", "~nosuchuser"),
        ("DATA_DIR", "x" * 300),
        ("DATA_DIR", "a\0b"),
        ("IMPORT_ROOTS", "~nosuchuser"),
        ("IMPORT_ROOTS", "x" * 300),
        ("CA_BUNDLE", "~nosuchuser/x"),
        ("CA_BUNDLE", "x" * 300),
        ("RETENTION_DAYS", "3000000"),
        ("LOOKUP_DEADLINE_S", "1e300"),
        ("MAX_WORKERS", "9" * 5000),
        ("HOST", "a..b"),
        ("HOST", "x" * 300),
        ("DATABASE_URL", "postgresql://user@host:port/x"),
        ("DATABASE_URL", "postgresql://user@host:99999/x"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "sqlite:///" + "x" * 300),
        ("PROXY", f"http://user:{SECRET}/x@host:1"),
        ("PROXY", f"http://user:{SECRET}@host:99999"),
        ("VT_BASE_URL", "https://host:99999/api/v3"),
        ("VT_REQUESTS_PER_DAY", "9" * 30),
        ("VT_API_KEY", "k" * 15_000_000),
    ],
)
def test_a_value_that_cannot_work_is_refused(name: str, value: str) -> None:
    assert PREFIX + name in (said(name, value) or "")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("HOST", "DATA_DIR")])
def test_junk_that_is_taken_starts_or_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for number, value in enumerate(JUNK):
        if said(name, value) is not None or "postgresql" in value:  # would look for the host
            continue
        sentence = start({name: value, "DATA_DIR": tmp_path / str(number)})
        assert "\n" not in sentence
        assert SECRET not in sentence


def start(config: dict[str, object]) -> str:
    """What is said instead of a start; empty if there is one."""
    try:
        create_app(config).extensions["services"].close()
    except TelltaleError as e:
        return str(e)
    return ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATA_DIR", "~nosuchuser"),
        ("DATABASE_URL", "sqlite:///" + "x" * 300),
        ("DATABASE_URL", f"nonsense://user:{SECRET}@host/x"),
        ("RETENTION_DAYS", "3000000"),
        ("HOST", "a..b"),
    ],
)
def test_the_program_ends_with_one_sentence(tmp_path: Path, name: str, value: str) -> None:
    completed: subprocess.CompletedProcess[str] = run(tmp_path, **{name: value})
    assert completed.returncode == 1
    *_, sentence = completed.stderr.splitlines()
    assert "Traceback" not in completed.stderr
    assert PREFIX + name in sentence
    assert SECRET not in sentence
