"""The output of the commands on a terminal."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from app.cli import main
from app.cli.progress import Progress, progress_line


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def on_terminal(monkeypatch: pytest.MonkeyPatch, name: str) -> Terminal:
    terminal = Terminal()
    monkeypatch.setattr(sys, name, terminal)
    return terminal


def test_a_terminal_gets_a_defanged_table(alert: str, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch, "stdout")
    main(["extract", alert])
    assert "domain  evil[.]net\n" in terminal.getvalue()
    main(["extract", "--raw", alert])
    assert "domain  evil.net\n" in terminal.getvalue()


def test_a_filter_cannot_steer_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "alert.txt"
    path.write_text("a\tevil.com\x1b[31m\n\u202eb\n", encoding="utf-8")
    terminal = on_terminal(monkeypatch, "stdout")
    assert main(["defang", str(path)]) == 0
    assert terminal.getvalue() == "a\tevil[.]com‹U+001B›[31m\n‹U+202E›b\n"


def test_progress_shows_the_time_left() -> None:
    line = progress_line("a.log", 250_000_000, 1_000_000_000, 10)
    assert line == "a.log  250 of 1,000 MB  25%  25.0 MB/s  0:30 left"


def test_progress_is_drawn_for_large_files_on_a_terminal_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a\x1b.log"
    with path.open("wb") as large:
        large.truncate(30_000_000)
    terminal = on_terminal(monkeypatch, "stderr")
    monkeypatch.setattr("app.cli.progress._EVERY_S", 0)
    with Progress.of(path) as progress:
        progress.add(15_000_000)
    assert "a‹U+001B›.log  15 of 30 MB  50%" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


@pytest.mark.parametrize(
    ("arguments", "is_drawn"), [(["--format", "table"], True), (["--format", "text"], False)]
)
def test_progress_and_rows_do_not_mix_on_a_terminal(
    arguments: list[str], is_drawn: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "large.log"
    path.write_text("nothing to see\n" * 1000)
    monkeypatch.setattr("app.cli.progress._LARGE", 1)
    monkeypatch.setattr("app.cli.progress._EVERY_S", 0)
    terminal = on_terminal(monkeypatch, "stderr")
    on_terminal(monkeypatch, "stdout")
    assert main(["extract", *arguments, str(path)]) == 1
    assert ("large.log" in terminal.getvalue()) is is_drawn


def test_a_filter_reports_an_input_that_it_cannot_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["defang", "/none"]) == 2
    assert capsys.readouterr().err == "telltale: cannot read /none: No such file or directory\n"
