"""Reports of readers are read back as they were written; what breaks the protocol is refused."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from app.documents.models import FileReport, Miss, Occurrence, Place, State
from app.documents.sandbox import protocol
from app.documents.sandbox.process import SandboxReply
from app.documents.sandbox.results import result_of
from app.pipeline.models import IOC, Evidence, IOCType, NearMiss

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NUMBERS = st.integers(0, 2**53)
IOCS = st.builds(IOC, st.sampled_from(IOCType), TEXTS, TEXTS)
EVIDENCE = st.builds(
    Evidence, IOCS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, st.booleans(), TEXTS,
    st.none() | TEXTS, st.booleans(),
)  # fmt: skip
PLACES = st.builds(Place, st.just("doc"), TEXTS, NUMBERS)
OCCURRENCES = st.builds(Occurrence, PLACES, EVIDENCE, NUMBERS)
MISSES = st.builds(
    Miss, PLACES,
    st.builds(NearMiss, TEXTS, TEXTS, NUMBERS, NUMBERS, NUMBERS, st.none() | IOCS),
)  # fmt: skip
REPORTS = st.builds(
    FileReport, TEXTS, TEXTS, NUMBERS, TEXTS, TEXTS, TEXTS, TEXTS, st.sampled_from(State), TEXTS
)
REPORT = FileReport("doc", "", 3, "a", "b", "c", "text", State.OK)
OPENED = protocol.write_file(protocol.OPENED, 0, REPORT)


@given(OCCURRENCES, MISSES, REPORTS, NUMBERS)
def test_records_are_read_as_they_were_written(
    occurrence: Occurrence, miss: Miss, report: FileReport, number: int
) -> None:
    back = protocol.read_occurrence(protocol.write_occurrence(occurrence), "doc")
    assert (back, back.evidence.ioc.raw_match) == (occurrence, occurrence.evidence.ioc.raw_match)
    assert protocol.read_miss(protocol.write_miss(miss), "doc") == miss
    assert protocol.read_file(protocol.write_file(protocol.CLOSED, number, report)) == (
        number,
        report,
    )


@given(st.lists(OCCURRENCES, max_size=3), st.lists(MISSES, max_size=3))
def test_a_result_holds_what_the_reader_wrote(
    occurrences: list[Occurrence], misses: list[Miss]
) -> None:
    lines = [
        OPENED,
        *map(protocol.write_occurrence, occurrences),
        *map(protocol.write_miss, misses),
    ]
    reply = SandboxReply(io.BytesIO(b"".join([*lines, protocol.write_end()])), "")
    with result_of(reply, "doc", 3) as result:
        assert result.files == (REPORT,)
        assert list(result.occurrences()) == occurrences
        assert list(result.misses()) == misses
        assert list(result.occurrences()) == occurrences


def reported(content: bytes, trouble: str = "") -> tuple[State, str]:
    with result_of(SandboxReply(io.BytesIO(content), trouble), "doc", 3) as result:
        assert result.document.name == "doc"
        list(result.occurrences())
        list(result.misses())
        return result.state, result.reason


@given(st.binary(max_size=200) | st.binary(max_size=99).map(lambda noise: OPENED + noise))
def test_noise_is_not_accepted_as_a_report(noise: bytes) -> None:
    state, reason = reported(noise)
    assert state is State.FAILED
    assert reason


@given(st.data(), st.integers(0, 400))
def test_a_changed_report_raises_no_error(data: st.DataObject, place: int) -> None:
    lines = [OPENED, protocol.write_occurrence(data.draw(OCCURRENCES)), protocol.write_end()]
    reply = bytearray(b"".join(lines))
    reply[place % len(reply)] = data.draw(st.integers(0, 255))
    reported(bytes(reply))


@given(st.integers(max_value=-1) | st.integers(min_value=2**53 + 1))
def test_an_impossible_number_is_refused(number: int) -> None:
    evidence = Evidence(IOC(IOCType.IPV4, "8.8.4.4"), number, 1, 0, 1, False, "address")
    line = protocol.write_occurrence(Occurrence(Place("doc", "", 1), evidence))
    assert reported(OPENED + line + protocol.write_end())[0] is State.FAILED


def test_a_report_without_an_end_makes_the_document_partial() -> None:
    assert reported(OPENED)[0] is State.FAILED
    assert "could not be understood" in reported(OPENED)[1]


def test_occurrences_found_before_a_reader_was_stopped_are_kept() -> None:
    found = Occurrence(
        Place("doc", "page 1", 1),
        Evidence(IOC(IOCType.DOMAIN, "evil.com"), 1, 1, 0, 8, False, "name"),
    )
    line = protocol.write_occurrence(found)
    reply = SandboxReply(io.BytesIO(OPENED + line + line[:20]), "It was stopped.")
    with result_of(reply, "doc", 3) as result:
        assert (result.state, result.reason) == (State.PARTIAL, "It was stopped.")
        assert list(result.occurrences()) == [found]
