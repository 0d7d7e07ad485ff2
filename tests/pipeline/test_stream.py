from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.pipeline import blocks as cutting
from app.pipeline import extract, extract_iocs
from app.pipeline.blocks import blocks, stream_blocks
from app.pipeline.second_process import second_process
from app.pipeline.stream import explain_stream, extract_stream, locate_stream
from tests.pipeline.test_properties import PASTES, PIECES

pytestmark = pytest.mark.slow

LONG_TEXTS = st.lists(PIECES | st.sampled_from(["\r\n\r\n", "=\r\n", "\n> ", "\n "]), max_size=400)


@st.composite
def chunked(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> list[str]:
    text = draw(texts)
    places = draw(st.lists(st.integers(0, len(text)), max_size=12).map(sorted))
    return [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]


@given(chunked(PASTES))
def test_chunks_of_a_short_text_give_the_iocs_of_the_whole(chunks: list[str]) -> None:
    assert list(extract_stream(chunks)) == extract_iocs("".join(chunks))


@given(chunked(LONG_TEXTS.map("".join)), st.integers(2, 40), st.integers(1, 100))
def test_cuts_depend_on_the_text_alone(chunks: list[str], size: int, more: int) -> None:
    text = "".join(chunks)
    longest = 2 * size + more
    pieces = list(stream_blocks(chunks, size, longest))
    assert "".join(pieces) == text
    assert pieces == list(stream_blocks([text], size, longest))
    assert pieces == list(stream_blocks(text, size, longest))
    assert all(len(piece) <= longest for piece in pieces)


@given(chunked(LONG_TEXTS.map("".join)))
@settings(max_examples=50)
def test_chunks_of_a_long_text_give_the_iocs_of_the_whole(chunks: list[str]) -> None:
    filler = "nothing to see here " * 2000 + "\n"
    longer = [piece for chunk in chunks for piece in (chunk, filler)]
    assert list(extract_stream(longer)) == extract_iocs("".join(longer))
    assert explain_stream(longer) == extract("".join(longer))


@given(st.lists(st.sampled_from(["a[.]com", "evil [.] net", "x at b dot org", "CVE 2024 3400"])))
@settings(max_examples=10)
def test_blocks_are_not_cut_again(names: list[str]) -> None:
    """Cut a text into the pieces that a caller with its own pieces would give."""
    text = ("word " * 30_000 + " ".join(names)) * 8
    for piece in blocks(text):
        assert [again for again in blocks(piece) if again] == [piece]


SPANNING = [
    ("evil [.] example [.] com", "evil.example.com"),
    ("anna at example dot org", "anna@example.org"),
    ("CVE 2024 3400", "CVE-2024-3400"),
    ("hxxps://evil[.]example[.]com/a/b?c=d", "https://evil.example.com/a/b?c=d"),
    ("203[.]0[.]113[.]7", "203.0.113.7"),
]


@pytest.mark.parametrize(("written", "value"), SPANNING)
def test_an_ioc_at_the_cut_of_an_endless_line_is_found_once(written: str, value: str) -> None:
    for before in range(0, len(written) + 2, 5):
        line = "word " * (cutting._LONGEST // 5) + "word"
        line = f"{line[: cutting._LONGEST - before]} {written} {line}"
        assert [ioc.value for ioc in extract_stream([line])] == [value]


def test_a_version_at_the_cut_of_an_endless_line_is_no_address() -> None:
    for before in range(0, 24, 3):
        line = ("word " * 250_000)[: cutting._LONGEST - before] + " version 1.2.3.4 of it " * 9
        assert list(extract_stream([line])) == []


def test_json_without_a_space_is_cut_at_a_quote() -> None:
    line = "".join(f'{{"u":"http://evil{n}.example.com/a,b"}},' for n in range(40_000))
    assert len(line) > cutting._LONGEST
    assert [ioc.value for ioc in extract_stream([line])] == [
        f"http://evil{n}.example.com/a,b" for n in range(40_000)
    ]


def test_a_soft_break_joins_its_lines_in_a_stream() -> None:
    line = "x" * 30 + " http://evil.example.com/" + "a" * 20 + "=\n" + "b" * 10 + "\n"
    text = line * 3000
    found = [ioc.value for ioc in extract_stream(iter(text))]
    assert found == [f"http://evil.example.com/{'a' * 20}{'b' * 10}"]


def lines(count: int) -> Iterator[str]:
    for n in range(count):
        yield f"Mar  1 00:00:{n % 60:02} srv sshd[{n}]: from 10.{n % 7}.{n % 11}.1 port {n}\n"


def test_memory_does_not_grow_with_the_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.pipeline.stream._LARGE", 4)
    monkeypatch.setattr("app.pipeline.stream._SOON_S", 60.0)

    def peak(count: int) -> int:
        tracemalloc.start()
        assert len(list(extract_stream(lines(count)))) == 77
        reached = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return reached

    peak(100)
    # What both processes hold at one moment differs from run to run: the least of three counts.
    assert min(peak(60_000) for _ in range(3)) < 1.3 * min(peak(15_000) for _ in range(3))


def test_a_long_stream_is_read_on_two_processors_with_the_same_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def long() -> Iterator[str]:
        return (
            f"{line.strip()} http://h{n}.example.com/a\n" for n, line in enumerate(lines(12_000))
        )

    # A batch of four blocks, so that a short text is worth the second process.
    monkeypatch.setattr("app.pipeline.stream._LARGE", 4)
    monkeypatch.setattr("app.pipeline.stream._SOON_S", 60.0)
    requests: list[int] = []
    submit = second_process.submit
    monkeypatch.setattr(
        second_process, "submit", lambda *request: requests.append(1) or submit(*request)
    )
    plain, placed, explained = (
        list(extract_stream(long())),
        list(locate_stream(long())),
        explain_stream(long()),
    )
    assert requests
    monkeypatch.setattr("app.pipeline.second_process.processors", lambda: 1)
    assert list(extract_stream(long())) == plain == [ioc for ioc, _ in placed]
    assert list(locate_stream(long())) == placed
    assert explain_stream(long()) == explained


@pytest.mark.parametrize("extract_from", [extract_stream, locate_stream])
def test_what_a_slow_pipe_brings_is_read_at_once(
    monkeypatch: pytest.MonkeyPatch, extract_from: Callable[[Iterator[str]], Iterator[object]]
) -> None:
    monkeypatch.setattr("app.pipeline.stream._SOON_S", -1.0)
    arrived = []

    def slowly() -> Iterator[str]:
        for n in range(40):
            arrived.append(n)
            yield "no IOC in this line\n" * 3_000 + f"http://h{n}.example.com/a\n"

    for n, _ in enumerate(extract_from(slowly())):
        assert len(arrived) <= n + 4  # its own piece, and so many that a block is cut
    assert len(arrived) == 40
