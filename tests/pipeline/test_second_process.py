"""A second process reads a part of a long text; the result is the same if it fails."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.pipeline import Extraction, IOCType, extract, extract_iocs, extractor
from app.pipeline.models import OFF_BY_DEFAULT
from app.pipeline.second_process import second_process

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
LINES = [
    f"10.{i // 250}.{i % 250}.7 called host{i}.badshop.com of setup{i}.exe" for i in range(3000)
]
# The end repeats the beginning, so that both parts hold the same IOCs.
TEXT = "\n".join([*LINES, "éa.com, hxxp://evil[.]xyz/a and 999.1.1.1", *LINES[:50], "8.8.8.8"])


@pytest.fixture(autouse=True)
def texts_are_long(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(extractor, "LONG", 100_000)
    monkeypatch.setattr("app.pipeline.second_process.processors", lambda: 2)
    yield
    second_process.kill()


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Extraction:
    with monkeypatch.context() as patched:
        patched.setattr(extractor, "LONG", len(TEXT) + 1)
        return extract(TEXT)


def everything(extraction: Extraction) -> tuple[object, ...]:
    pasted = [evidence.ioc.raw_match for evidence in extraction.found]
    return extraction.found, pasted, extraction.near_misses, extraction.near_misses_left_out


def test_two_processes_give_the_same_result_as_one(alone: Extraction) -> None:
    assert everything(extract(TEXT)) == everything(alone)
    iocs = extract_iocs(TEXT)
    assert iocs == alone.iocs
    assert [ioc.raw_match for ioc in iocs] == [ioc.raw_match for ioc in alone.iocs]


def test_both_processes_look_for_the_types_that_are_off_by_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = f"{TEXT}\nlast.dll"
    found = extract(text, OFF_BY_DEFAULT)
    names = [ioc.value for ioc in found.iocs if ioc.type is IOCType.FILENAME]
    assert names == [f"setup{i}.exe" for i in range(3000)] + ["last.dll"]
    monkeypatch.setattr("app.pipeline.second_process.processors", lambda: 1)
    assert extract(text, OFF_BY_DEFAULT) == found


def test_the_second_process_is_used_again() -> None:
    extract_iocs(TEXT)
    first = second_process.pid
    extract_iocs(TEXT)
    assert first is not None
    assert second_process.pid == first


def test_a_killed_second_process_changes_no_result(
    alone: Extraction, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    read_blocks = extractor.read_blocks

    def kill_and_read(*args: Any) -> None:
        if second_process.pid is not None:
            os.kill(second_process.pid, signal.SIGKILL)
        read_blocks(*args)

    with monkeypatch.context() as patched:
        patched.setattr(extractor, "read_blocks", kill_and_read)
        assert extract_iocs(TEXT) == alone.iocs
    assert "failed" in caplog.text
    assert extract_iocs(TEXT) == alone.iocs
    assert second_process.pid is not None


def test_a_stopped_second_process_is_given_up(
    alone: Extraction, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    extract_iocs(TEXT)
    monkeypatch.setattr("app.pipeline.second_process.PATIENCE_S", 0.0)
    monkeypatch.setattr("app.pipeline.second_process.PATIENCE_FACTOR", 1.0)
    assert second_process.pid is not None
    os.kill(second_process.pid, signal.SIGSTOP)
    assert extract_iocs(TEXT) == alone.iocs
    assert "failed" in caplog.text


def test_a_second_process_that_cannot_start_changes_no_result(
    alone: Extraction, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    second_process.kill()
    assert extract_iocs(TEXT) == alone.iocs
    assert "no second process" in caplog.text


def test_threads_that_find_the_second_process_busy_read_all_themselves(alone: Extraction) -> None:
    found: list[list[object]] = []
    threads = [
        threading.Thread(target=lambda: found.append([*extract_iocs(TEXT)])) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [alone.iocs] * 4


def test_a_failure_in_the_first_process_frees_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(extractor, "read_blocks", lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            extract_iocs(TEXT)
    extract_iocs(TEXT)
    assert second_process.pid is not None


def test_the_second_process_ends_with_the_first() -> None:
    program = (
        "from app.pipeline import extract_iocs, extractor, second_process\n"
        "extractor.LONG = 1000\n"
        "second_process.processors = lambda: 2\n"
        "extract_iocs('1.2.3.4 called evil.xyz\\n' * 9000)\n"
        "print(second_process.second_process.pid, flush=True)\n"
        "import sys; sys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    ended = os.pidfd_open(pid)
    process.kill()
    process.communicate()
    assert select.select([ended], [], [], 10)[0], "the second process outlives the first"
    os.close(ended)


def test_the_second_part_may_hold_no_new_ioc() -> None:
    text = "1.2.3.4 called evil.xyz\n" * 9000
    assert [ioc.value for ioc in extract_iocs(text)] == ["1.2.3.4", "evil.xyz"]
    assert [evidence.count for evidence in extract(text).found] == [9000, 9000]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc")
def test_the_second_process_has_none_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELLTALE_VT_API_KEY", "a-key-in-the-environment")
    extract(TEXT)
    given = Path(f"/proc/{second_process.pid}/environ").read_bytes()
    assert b"TELLTALE" not in given
    assert b"a-key" not in given
