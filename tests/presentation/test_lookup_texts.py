"""The JSON of lookups is made once for all who follow an analysis."""

from __future__ import annotations

import json
from dataclasses import replace

from app.enrichment.analysis.lookup_states import ended
from app.presentation.lookup_texts import _MOST, LookupTexts
from app.presentation.records import lookup_record
from tests.factories import make_ioc, make_result

IOC = make_ioc()
LOOKUP = replace(ended(IOC, "Fake", make_result(IOC), attempts=1), seq=7)


def test_the_text_of_a_lookup_is_made_once_for_each_analysis() -> None:
    texts = LookupTexts()
    first = texts.text("a", LOOKUP)
    assert json.loads(first) == lookup_record(LOOKUP)
    assert texts.text("a", LOOKUP) is first
    assert texts.text("b", LOOKUP) is not first


def test_a_changed_lookup_has_a_text_of_its_own() -> None:
    texts = LookupTexts()
    texts.text("a", LOOKUP)
    changed = replace(LOOKUP, seq=8, reason="later")
    assert json.loads(texts.text("a", changed))["reason"] == "later"
    read_again = replace(LOOKUP, reason="as stored")  # with the same `seq`
    assert json.loads(texts.text("a", read_again))["reason"] == "as stored"


def test_the_oldest_texts_make_room() -> None:
    texts = LookupTexts()
    first = texts.text("a", LOOKUP)
    for seq in range(8, 8 + _MOST):
        texts.text("a", replace(LOOKUP, seq=seq))
    assert texts.text("a", LOOKUP) == first
    assert len(texts._texts) <= _MOST
