"""The sandbox worker: what it may do, and how it ends."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from app.documents.limits import Limits
from app.documents.models import Source, State
from app.documents.sandbox.document_reader import OutOfTime, Reading, hashes_of
from app.documents.sandbox.pool import Readers, read_documents
from app.documents.sandbox.results import DocumentResult
from tests.documents.hostile.packed import many_layers
from tests.documents.make.archives import zip_of
from tests.patience import PATIENCE_S

PROJECT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="needs /proc")


@pytest.fixture
def slow(tmp_path: Path) -> Source:
    """A document that is read for as long as the limits allow."""
    path = tmp_path / "slow.zip"
    path.write_bytes(many_layers())
    return Source(path, "slow.zip")


@pytest.fixture
def plain(tmp_path: Path) -> Source:
    path = tmp_path / "plain.txt"
    path.write_text("evil.com", encoding="utf-8")
    return Source(path, "plain.txt")


class Background:
    """Reads documents in a thread, while a test looks at the reader."""

    def __init__(self, readers: Readers, sources: list[Source]) -> None:
        self.readers = readers
        self.source = sources[0]
        self.results: list[DocumentResult] = []
        self._thread = threading.Thread(target=self._read, args=(sources,))
        self._thread.start()

    def _read(self, sources: list[Source]) -> None:
        self.results += self.readers.read(sources)

    def reader(self) -> int:
        """Return the process that reads the document, as soon as it exists."""
        while self._thread.is_alive():
            for process in self.readers.processes:
                if process.pid is not None and (children := children_of(process.pid)):
                    return children[0]
        raise AssertionError("it was over before it began")

    def end(self) -> list[DocumentResult]:
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        for result in self.results:
            result.close()
        return self.results


def children_of(pid: int) -> list[int]:
    """Return the processes that any of its threads started."""
    children: list[int] = []
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            children += map(int, (thread / "children").read_text().split())
    return children


@pytest.fixture
def reading(slow: Source) -> Iterator[Background]:
    with Readers(count=1) as readers:
        background = Background(readers, [slow])
        yield background
        readers.cancel()
        background.end()


def opened_by(pid: int) -> list[str]:
    names = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed in the meantime
            names.append(str(link.readlink()))
    return names


def limits_of(pid: int) -> dict[str, str]:
    """Return the limits of a reader, after it has set the last one (that of processes)."""
    while True:
        lines = Path(f"/proc/{pid}/limits").read_text().splitlines()[1:]
        limits = {line[:26].strip(): line[26:].split()[0] for line in lines}
        if limits["Max processes"] == "0":
            return limits


def test_a_reader_has_limits_and_nothing_of_the_server(reading: Background) -> None:
    pid = reading.reader()
    limits = limits_of(pid)
    expected = Limits()
    assert int(limits["Max address space"]) == expected.memory
    assert int(limits["Max cpu time"]) == expected.cpu_s
    assert int(limits["Max open files"]) == expected.open_files
    assert (limits["Max file size"], limits["Max core file size"]) == ("0", "0")
    assert Path(f"/proc/{pid}/environ").read_bytes() == b""
    assert b"-I" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    assert os.getsid(pid) != os.getsid(0)
    ours = ("/dev/null", "pipe:", str(reading.source.path))
    assert not [name for name in opened_by(pid) if not name.startswith(ours)]


def test_a_reader_has_no_network_where_the_system_lets_it_leave(reading: Background) -> None:
    may_leave = (unshare := shutil.which("unshare")) and not subprocess.call(
        [unshare, "-rn", "true"]
    )
    theirs = Path(f"/proc/{reading.reader()}/ns/net").readlink()
    if may_leave:
        assert theirs != Path("/proc/self/ns/net").readlink()


def test_cancelling_kills_readers_at_once(reading: Background) -> None:
    ended = os.pidfd_open(reading.reader())
    reading.readers.cancel()
    assert reading.end() == []
    assert select.select([ended], [], [], PATIENCE_S)[0]
    os.close(ended)


def test_closing_the_results_early_leaves_no_reader_behind(slow: Source, plain: Source) -> None:
    before = set(children_of(os.getpid()))  # of other tests
    results = read_documents([plain, slow, slow], count=1)
    next(results).close()
    assert set(children_of(os.getpid())) > before
    results.close()
    assert set(children_of(os.getpid())) <= before


def test_a_killed_reader_costs_one_document(slow: Source, plain: Source) -> None:
    with Readers(count=1) as readers:
        background = Background(readers, [slow, plain])
        os.kill(background.reader(), signal.SIGKILL)
        first, second = background.end()
    assert first.state in (State.PARTIAL, State.FAILED)
    assert "The reader broke down" in first.reason
    assert second.state is State.OK


def test_a_worker_that_is_killed_between_documents_is_replaced(plain: Source) -> None:
    with Readers(count=1) as readers:
        for _ in range(3):
            (result,) = readers.read([plain])
            with result:
                assert [one.evidence.ioc.value for one in result.occurrences()] == ["evil.com"]
            (process,) = readers.processes
            assert process.pid is not None
            os.killpg(process.pid, signal.SIGKILL)


def test_readers_end_with_the_server(slow: Source) -> None:
    program = (
        "import sys, threading\n"
        "from pathlib import Path\n"
        "from app.documents.models import Source\n"
        "from app.documents.sandbox.pool import Readers\n"
        "readers = Readers(count=1)\n"
        f"found = readers.read([Source(Path({str(slow.path)!r}), 'slow')])\n"
        "threading.Thread(target=lambda: list(found)).start()\n"
        "while not readers.processes or readers.processes[0].pid is None: pass\n"
        "print(readers.processes[0].pid, flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=PROJECT
    ) as server:
        assert server.stdout is not None
        worker = int(server.stdout.readline())
        while not (children := children_of(worker)):
            assert server.poll() is None
        ended = [os.pidfd_open(pid) for pid in (worker, *children)]
        server.kill()
    for descriptor in ended:
        assert select.select([descriptor], [], [], PATIENCE_S)[0], "a process outlives the server"
        os.close(descriptor)


TEN = zip_of({f"{n}.txt": f"{n}" for n in range(10)})
NESTED = zip_of({"a.zip": zip_of({"b.zip": zip_of({"c.txt": "evil.com"})})})
LARGE = zip_of({"a.txt": "evil.com " * 300_000, "b.txt": "evil.net " * 300_000})
LIMITED = {
    "wall": (many_layers(), Limits(wall_s=1), "Reading took longer than it may"),
    "processor": (many_layers(), Limits(cpu_s=1), "Reading took longer than it may"),
    "entries": (TEN, Limits(entries=3), "It holds more than 3 files."),
    "depth": (
        NESTED,
        Limits(depth=1),
        "a.zip > b.zip: Files inside files are read to a depth of 1.",
    ),
    "unpacked": (LARGE, Limits(unpacked=3 << 20), "The document unpacks to more than 3,072 kB."),
    "member": (LARGE, Limits(member=1 << 20), "a.txt: It unpacks to more than 1,024 kB"),
    "document": (TEN, Limits(document=99), "Of 912 bytes only the first 99 bytes were read."),
    "memory": (LARGE, Limits(memory=64 << 20), "more memory than a reader may use"),
    "report": (LARGE, Limits(report=300), "The reader found more than it may report"),
}


def test_a_stop_that_a_destructor_swallows_ends_the_reading_all_the_same() -> None:
    lines: list[bytes] = []
    reading = Reading("ten.zip", Limits(), lines.append)
    with suppress(OutOfTime):  # Python does the same where a destructor is interrupted
        reading.stop()
    reading.read(TEN, len(TEN), hashes_of(TEN))
    assert sum(b"txt" in line for line in lines) == 0, "a file was read after the stop"
    assert any(b"Reading took longer than it may" in line for line in lines)


@pytest.mark.parametrize("name", LIMITED)
def test_the_result_says_what_a_limit_left_unread(name: str, tmp_path: Path) -> None:
    content, limits, reason = LIMITED[name]
    path = tmp_path / "document"
    path.write_bytes(content)
    (result,) = read_documents([Source(path, "document")], limits, count=1)
    result.close()
    assert result.state in (State.PARTIAL, State.FAILED)
    assert reason in result.reason


def test_the_result_says_that_there_are_too_many_iocs(tmp_path: Path) -> None:
    text = "".join(f"10.1.{n >> 8}.{n & 255}\n" for n in range(1000)).encode()
    path = tmp_path / "document"
    path.write_bytes(zip_of({"a": text}))
    (result,) = read_documents([Source(path, "a")], Limits(occurrences=100), count=1)
    with result:
        assert result.reason.endswith("It holds more than 100 IOCs.")
        assert len(list(result.occurrences())) == 100


@pytest.mark.parametrize("limits", [Limits(), Limits(document=1 << 20)])
def test_plain_text_of_any_length_is_read_whole(limits: Limits, tmp_path: Path) -> None:
    path = tmp_path / "long.log"
    path.write_bytes(b"nothing to see here\n" * 400_000 + b"the last one: evil.com\n")
    (result,) = read_documents([Source(path, "long.log")], limits, count=1)
    with result:
        assert result.state is State.OK
        (found,) = result.occurrences()
        assert (found.evidence.ioc.value, found.place.line) == ("evil.com", 400_001)


def test_results_come_in_the_order_of_the_documents(tmp_path: Path) -> None:
    sources = []
    for number in range(60):
        path = tmp_path / f"{number}.txt"
        path.write_text(f"host{number}.badshop.com " * (1 + 3000 * (number % 7 == 0)))
        sources.append(Source(path, path.name))
    names = []
    for result in read_documents(sources, count=2):
        with result:
            names.append(result.document.name)
            (found,) = result.occurrences()
            assert found.evidence.ioc.value == f"host{path_number(result)}.badshop.com"
    assert names == [source.name for source in sources]


def path_number(result: DocumentResult) -> str:
    return result.document.name.removesuffix(".txt")


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/tty", "/", "/none"])
def test_only_regular_files_are_read(path: str) -> None:
    (result,) = read_documents([Source(Path(path), "x")], count=1)
    assert result.state is State.FAILED
    assert result.reason
    assert result.document.iocs == []


def test_a_document_with_a_strange_name_is_read(plain: Source) -> None:
    name = "\udcff\x00\n‮" + "x" * 5000
    (result,) = read_documents([Source(plain.path, name)], count=1)
    with result:
        assert result.state is State.OK
        assert result.document.name == name
