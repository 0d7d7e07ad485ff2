"""Parts that are read together give the same IOCs as each part alone."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.documents.models import Miss, Occurrence, Part
from app.documents.occurrences import Batch
from app.pipeline import extract
from tests.pipeline.test_properties import PASTES

TEXTS = st.lists(PASTES, min_size=1, max_size=5)


def occurrences(*parts: Part) -> list[Occurrence]:
    batch = Batch("doc", 0, "")
    for part in parts:
        batch.add(part)
    return [one for one in batch.read() if not isinstance(one, Miss)]


@settings(max_examples=300)
@given(TEXTS)
@example(["evil.com", "$evil.com"])
@example(["{'host': 'evil.rs'}", "main evil.rs"])
@example(["evil.com", "x", "evil.com evil.com!evil.com"])
def test_no_ioc_spans_two_parts(texts: list[str]) -> None:
    parts = [Part(f"part {number}", text) for number, text in enumerate(texts)]
    together = {(s.place.part, s.evidence.ioc): s.evidence for s in occurrences(*parts)}
    alone = {
        (part.part, evidence.ioc): evidence
        for part in parts
        for evidence in extract(part.text).found
    }
    assert together.keys() == alone.keys()
    for key, evidence in together.items():
        assert (evidence.line, evidence.count) == (alone[key].line, alone[key].count)
        text = texts[int(key[0].split()[1])]
        assert text[evidence.offset : evidence.end] == evidence.ioc.raw_match


def test_a_part_may_begin_at_a_later_line() -> None:
    (found,) = occurrences(Part("text", "one\ntwo evil.com", line=40))
    assert (found.place.line, found.evidence.line) == (41, 41)


def test_a_part_may_be_one_line() -> None:
    (found,) = occurrences(Part("body", "one\ntwo evil.com", line=7, is_one_line=True))
    assert found.place.line == 7


def test_an_ioc_has_one_occurrence_in_each_part() -> None:
    found = occurrences(
        Part("a", "evil.com evil.com"), Part("b", "evil.com"), Part("a", "evil.com")
    )
    assert [(one.place.part, one.evidence.count) for one in found] == [("a", 3), ("b", 1)]


def test_lone_surrogates_do_no_harm() -> None:
    (found,) = occurrences(Part("a", "\ud800\udfff evil.com \ud800"))
    assert found.evidence.ioc.value == "evil.com"


def test_near_misses_have_their_places() -> None:
    batch = Batch("doc", 0, "attachment a.txt")
    batch.add(Part("x", "nothing"))
    batch.add(Part("y", "one\n999.1.1.1", line=5))
    (miss,) = batch.read()
    assert isinstance(miss, Miss)
    assert miss.place.part == "attachment a.txt > y"
    assert (miss.place.line, miss.near_miss.text, miss.near_miss.offset) == (6, "999.1.1.1", 4)
