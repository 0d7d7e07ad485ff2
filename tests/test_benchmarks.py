from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

import pytest

from app.pipeline import extract_iocs
from app.pipeline.models import IOC
from benchmarks.accuracy import scores
from benchmarks.corpus import HOSTILE, KINDS, Corpus, hostile
from benchmarks.extractors import PROJECT, Extractor
from benchmarks.labelled import KINDS as LABELLED_KINDS
from benchmarks.labelled import LINES_OF_A_FILE, labelled_files
from benchmarks.month import InOrder, Planned, work_off
from benchmarks.pastes import draw
from benchmarks.tables import duration, machine, ratio
from tests.patience import PATIENCE_S


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_text_is_the_same_each_time_and_holds_iocs(kind: str) -> None:
    text = Corpus().text(kind, 5_000)
    assert text == Corpus().text(kind, 5_000)
    assert len(extract_iocs(text)) >= 5


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_have_the_size_asked_for(name: str) -> None:
    assert len(hostile(name, 4_000)) == 4_000


def test_labelled_files_are_the_same_each_time_and_hold_their_labels() -> None:
    files = list(labelled_files(1_000))
    assert files == list(labelled_files(1_000))
    assert {file.kind for file in files} == set(LABELLED_KINDS)
    for file in files:
        assert len(file.text.splitlines()) == LINES_OF_A_FILE
        assert all(value in file.text for kind, value in file.labels if kind == "ipv4")


def test_the_extractor_reads_labelled_files_rightly() -> None:
    def find(text: str) -> Iterator[tuple[str, str]]:
        return ((ioc.type.value, ioc.value) for ioc in extract_iocs(text))

    for kind, score in scores(find, labelled_files(2_000)).items():
        assert score.precision >= 0.99, kind
        assert score.recall >= 0.99, kind


@pytest.mark.slow
def test_the_table_of_accuracy_is_printed() -> None:
    completed = subprocess.run(
        [sys.executable, "-m", "benchmarks.accuracy", "--no-peers", "--lines", "1000"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert (completed.returncode, completed.stderr) == (0, "")
    for told in ("1,000 lines", "telltale", "all kinds", *LABELLED_KINDS):
        assert told in completed.stdout


@pytest.mark.slow
def test_the_tables_are_printed() -> None:
    small = ["--mb", "0.01", "--hostile-kb", "4", "--stream-mb", "0.1"]
    completed = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--no-peers", *small],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert (completed.returncode, completed.stderr) == (0, "")
    told_of = ("web log", "5 kB", "time(2n)/time(n)", "results page", "peak memory")
    for told in (machine().partition(",")[0], *told_of):
        assert told in completed.stdout
    assert "no answer" not in completed.stdout


@pytest.mark.slow
def test_the_tables_of_jobs_are_printed() -> None:
    completed = subprocess.run(
        [sys.executable, "-m", "benchmarks.jobs", "--lookups", "20", "--iocs", "5", "10"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert (completed.returncode, completed.stderr) == (0, "")
    for told in ("20 lookups, 100 ms delay", "`requests` in threads", "10 IOCs", "one row new"):
        assert told in completed.stdout


@pytest.mark.slow
def test_the_table_of_followers_is_printed() -> None:
    completed = subprocess.run(
        [sys.executable, "-m", "benchmarks.live", "--seconds", "1.5", "--iocs", "20"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert (completed.returncode, completed.stderr) == (0, "")
    for told in ("1 open, 0 poll", "150 streams, 50 pollers", " 0 failed"):
        assert told in completed.stdout


@pytest.mark.slow
@pytest.mark.skipif(
    not any(map(shutil.which, ("chromium-headless-shell", "chromium"))),
    reason="it drives chromium of Debian",
)
def test_the_table_of_the_browser_is_printed() -> None:
    completed = subprocess.run(
        [sys.executable, "-m", "benchmarks.browser", "--iocs", "20"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert (completed.returncode, completed.stderr) == (0, "")
    for told in ("| 20 |", "longest task"):
        assert told in completed.stdout


@pytest.mark.slow
def test_the_table_of_the_history_is_printed() -> None:
    completed = subprocess.run(
        [sys.executable, "-m", "benchmarks.history", "--analyses", "30", "--iocs", "5"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert (completed.returncode, completed.stderr) == (0, "")
    for told in ("150 IOCs in 30 analyses", "search, found once", "200 of them"):
        assert told in completed.stdout


@pytest.mark.slow
def test_the_tables_of_the_ledger_are_printed() -> None:
    small = ["--seconds", "0.1", "--answers", "200", "--iocs", "100"]
    small += ["--processes", "2", "--threads", "16"]
    completed = subprocess.run(
        [sys.executable, "-m", "benchmarks.ledger", *small],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (completed.returncode, completed.stderr) == (0, "")
    for told in ("2 processes of 16 threads", "grants alone", "200 answers kept", "| 100 IOCs"):
        assert told in completed.stdout


def test_who_does_not_answer_in_time_is_told_so_and_may_try_again() -> None:
    with Extractor("telltale") as extractor:
        assert extractor.seconds("evil.com " * 1_000_000, 0.01) is None
        assert extractor.seconds("evil.com", 30)
    assert duration(None) == ratio(None, 1.0) == "no answer"


@pytest.mark.slow
def test_a_month_is_the_same_each_time_and_never_over_the_quota() -> None:
    calls: list[float] = []

    class Counted(Planned):
        def next(self, now: float) -> IOC | None:
            if (ioc := super().next(now)) is not None:
                calls.append(now)
            return ioc

    month = draw(7)
    assert month == draw(7)
    planned, in_order = work_off(month, Counted(month)), work_off(month, InOrder())
    assert planned.lookups == in_order.lookups == sum(len(paste.iocs) for paste in month.pastes)
    assert planned.calls == len(calls) < in_order.calls
    assert planned.unanswered == 0
    for at, fifth in zip(calls, calls[4:], strict=False):
        assert fifth - at >= 60
    assert max(Counter(at // 86400 for at in calls).values()) <= 500


@pytest.mark.slow
def test_the_table_of_a_month_is_printed() -> None:
    completed = subprocess.run(
        [sys.executable, "-m", "benchmarks.month", "--seeds", "1"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert (completed.returncode, completed.stderr) == (0, "")
    for told in ("mean of 1 drawn", "first come, first served", "| Telltale |"):
        assert told in completed.stdout
