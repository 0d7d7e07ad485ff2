"""The command, started as a program."""

from __future__ import annotations

import codecs
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app import __version__
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "app.cli"]


def environment() -> dict[str, str]:
    passed = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return passed | {"PYTHONPATH": str(PROJECT), "LC_ALL": "C"}


def run(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *arguments],
        input=given,
        env=environment(),
        capture_output=True,
        timeout=PATIENCE_S,
    )


def test_empty_input_gives_exit_code_1() -> None:
    completed = run("extract")
    assert (completed.returncode, completed.stdout, completed.stderr) == (1, b"", b"")


def test_binary_garbage_between_iocs_is_skipped() -> None:
    garbage = bytes(range(256)) * 40
    completed = run("extract", "-", given=garbage + b"\nevil.com \xff\xfe 1.2.3.4\n" + garbage)
    assert (completed.returncode, completed.stdout) == (0, b"evil.com\n1.2.3.4\n")


def test_a_host_with_letters_of_another_encoding_stays_whole() -> None:
    given = "Die Domäne http://müller-shop.com/für ist böse, auch grün.info\n".encode("cp1252")
    assert run("extract", given=given).stdout.decode().splitlines() == [
        "http://xn--mller-shop-9db.com/für",
        "xn--grn-ioa.info",
    ]


@pytest.mark.parametrize("name", ["text", "table", "csv", "json", "jsonl"])
def test_no_format_writes_control_characters(name: str) -> None:
    given = "http://u:\x1b]0;x\x07\u202e\x9b\x7f@evil.com/ü\n".encode()
    out = run("extract", "--format", name, given=given).stdout.decode()
    assert "evil.com" in out
    assert out.replace("\r\n", "").replace("\n", "").isprintable()
    if name == "jsonl":
        assert json.loads(out)["value"] == given.decode().strip()


def test_serve_reads_its_settings_from_the_environment(tmp_path: Path) -> None:
    settings = {"TELLTALE_HOST": "0.0.0.0", "TELLTALE_DATA_DIR": str(tmp_path)}
    completed = subprocess.run(
        [*COMMAND, "serve"],
        env=environment() | settings,
        cwd=tmp_path,
        capture_output=True,
        timeout=PATIENCE_S,
    )
    assert completed.returncode == 1
    assert b"TELLTALE_ACCESS_TOKEN" in completed.stderr


def test_the_version_is_printed() -> None:
    assert run("--version").stdout.decode() == f"telltale {__version__}\n"


def test_extract_does_not_import_flask() -> None:
    program = "import sys; from app.cli import main; main(['extract']); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(),
        input=b"evil.com",
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert "app.pipeline.stream" in loaded.split()
    assert not {"flask", "requests", "waitress", "sqlalchemy"} & set(loaded.split())
    assert not {"app.documents.sandbox.pool", "pypdf", "olefile", "charset_normalizer"} & set(
        loaded.split()
    )


def test_a_closed_pipe_ends_the_command_without_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "many.txt"
    path.write_text("".join(f"10.1.{n >> 8}.{n & 255}\n" for n in range(60_000)))
    pipe = f"set -o pipefail; {sys.executable} -m app.cli extract {path} | head -1"
    completed = subprocess.run(
        ["/bin/bash", "-c", pipe], env=environment(), capture_output=True, timeout=PATIENCE_S
    )
    assert (completed.returncode, completed.stderr) == (141, b"")
    assert completed.stdout == b"10.1.0.0\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is full")
def test_a_full_disk_gives_one_sentence(alert: str) -> None:
    with Path("/dev/full").open("wb") as full:
        completed = subprocess.run(
            [*COMMAND, "extract", alert], env=environment(), stdout=full, stderr=subprocess.PIPE
        )
    assert completed.returncode == 2
    assert completed.stderr == b"telltale: cannot write the output: No space left on device\n"


def test_iocs_are_written_before_the_input_ends_and_ctrl_c_gives_no_traceback() -> None:
    with subprocess.Popen(
        [*COMMAND, "extract", "--format", "jsonl"],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(b"evil.com\n" + b"nothing here\n" * 40_000)
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["value"] == "evil.com"
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 130
        assert process.stderr.read() == b""


@pytest.mark.parametrize(
    ("command", "given", "expected"),
    [
        ("defang", b"\xff evil.com\r\n\x00\xc3", b"\xff evil[.]com\r\n\x00\xc3"),
        ("refang", b"hxxp://evil[.]com/\xfc \x1b[0m", b"http://evil.com/\xfc \x1b[0m"),
        (
            "defang",
            codecs.BOM_UTF16_LE + "ü evil.com".encode("utf-16-le"),
            codecs.BOM_UTF16_LE + "ü evil[.]com".encode("utf-16-le"),
        ),
        ("refang", b"", b""),
        (
            "defang",
            "müde http://müller-shop.com/für \x81".encode("latin-1"),
            "müde hxxp://müller-shop[.]com/für \x81".encode("latin-1"),
        ),
        # Shift JIS has two ways to write this sign.
        ("defang", b"\x87\x90 \x81\xe0 evil.com", b"\x87\x90 \x81\xe0 evil[.]com"),
    ],
)
def test_filters_do_not_change_other_bytes(command: str, given: bytes, expected: bytes) -> None:
    completed = run(command, given=given)
    assert (completed.returncode, completed.stdout, completed.stderr) == (0, expected, b"")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="only Linux has such a file")
def test_a_file_that_fails_while_it_is_read_gives_one_sentence() -> None:
    completed = run("extract", "/proc/self/mem", "-", given=b"evil.com")
    assert (completed.returncode, completed.stdout) == (2, b"evil.com\n")
    assert completed.stderr == b"telltale: cannot read /proc/self/mem: Input/output error\n"
