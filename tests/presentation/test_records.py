"""The record of a lookup, which JSON, pages and exports share."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.enrichment.analysis.lookup_states import ended
from app.enrichment.models import (
    Detail,
    ErrorKind,
    Lookup,
    LookupState,
    NotAsked,
    Score,
    Verdict,
)
from app.presentation.records import iso, lookup_record
from app.presentation.results_page import WORST_FIRST, lookup_key, worst_key
from tests.factories import make_error, make_ioc, make_result

IOC = make_ioc()
ASKED_AT = datetime(2026, 11, 27, 12, 0, 1, 999_999, tzinfo=UTC)


def test_a_record_has_the_providers_own_score_and_the_keys_of_details() -> None:
    details = (Detail("Reports", "12", "reports"),)
    score = Score(87, 100, "confidence")
    result = make_result(IOC, verdict=None, score=score, details=details)
    record = lookup_record(ended(IOC, "Fake", result, attempts=1))
    assert record["score"] == {"value": 87, "of": 100, "label": "confidence"}
    assert record["details"] == [{"key": "reports", "label": "Reports", "value": "12"}]
    assert record["verdict"] is None


@pytest.mark.parametrize("code", NotAsked)
def test_a_record_has_a_documented_code_for_why_a_lookup_was_not_asked(code: NotAsked) -> None:
    row = Lookup(IOC, "Fake", LookupState.NOT_ASKED, reason="carries a token", reason_code=code)
    record = lookup_record(row)
    is_disclosure = code is NotAsked.DISCLOSURE
    assert record["reason_code"] == ("held_back" if is_disclosure else code.value)
    assert record["host_alone"] is is_disclosure
    assert record["reason"] == "carries a token"


def test_a_lookup_that_was_asked_has_no_reason_code() -> None:
    record = lookup_record(ended(IOC, "Fake", make_result(IOC, verdict=None), attempts=1))
    assert (record["reason_code"], record["host_alone"]) == (None, False)


@pytest.mark.parametrize("seconds", [1e18, math.inf])
def test_a_wait_behind_the_last_year_of_a_date_is_cut(seconds: float) -> None:
    error = replace(make_error(IOC, ErrorKind.RATE_LIMITED), retry_after=seconds)
    record = lookup_record(ended(IOC, "Fake", replace(error, fetched_at=ASKED_AT), attempts=1))
    assert record["retry_at"] == "2026-12-27T12:00:01Z"


def test_times_are_written_in_utc_without_fractions_of_seconds() -> None:
    assert iso(ASKED_AT) == "2026-11-27T12:00:01Z"
    assert iso(None) is None


def test_an_ioc_is_not_shown_as_clean_while_a_provider_is_missing() -> None:
    clean = ended(IOC, "One", make_result(IOC, verdict=Verdict.NO_DETECTIONS), attempts=1)
    failed = ended(IOC, "Two", make_error(IOC), attempts=1)
    assert worst_key([clean, failed]) == "could_not_check"
    assert worst_key([clean, Lookup(IOC, "Two")]) == "pending"
    assert worst_key([]) is None


@pytest.mark.parametrize("verdict", [None, *Verdict])
def test_a_refreshing_lookup_keeps_the_word_of_its_last_answer(verdict: Verdict | None) -> None:
    row = Lookup(IOC, "Fake", result=make_result(IOC, verdict=verdict))
    assert lookup_key(row) == (verdict.value if verdict else "known")
    assert lookup_key(row) in WORST_FIRST
