from __future__ import annotations

from datetime import timedelta

import pytest

from app.enrichment.dispatch import recent_answers
from app.enrichment.dispatch.recent_answers import RECENT_S, RecentAnswers
from app.enrichment.models import EnrichmentResult, utcnow
from app.pipeline.models import IOCType
from tests.factories import make_ioc, make_iocs, make_result
from tests.fakes.clocks import FakeClock

SHA256 = make_ioc("aa" * 32, IOCType.SHA256)
MD5 = make_ioc("cc" * 16, IOCType.MD5)


def of_file() -> EnrichmentResult:
    return make_result(SHA256, account="ours", aliases=(MD5,))


def test_an_answer_is_found_by_all_its_names() -> None:
    answers = RecentAnswers(FakeClock())
    answers.add(of_file(), ["job"])
    for name, other in (SHA256, MD5), (MD5, SHA256):
        found = answers.find(name, "ours", "other")
        assert found is not None
        assert (found.ioc, found.aliases) == (name, (other,))
    assert answers.find(make_ioc(), "ours", "other") is None
    assert answers.find(MD5, "another's", "other") is None


def test_an_answer_is_recent_for_a_while_only() -> None:
    clock = FakeClock()
    answers = RecentAnswers(clock)
    answers.add(of_file(), ["job"])
    clock.now += RECENT_S
    assert answers.find(MD5, "ours", "other") is not None
    clock.now += 1
    assert answers.find(MD5, "ours", "other") is None


def test_asking_again_needs_a_newer_answer() -> None:
    clock = FakeClock()
    answers = RecentAnswers(clock)
    answers.add(of_file(), ["job"])
    asked_again = clock.now + 1
    assert answers.find(MD5, "ours", "job", since=asked_again) is None
    clock.now += 2
    answers.add(of_file(), ["other"])
    assert answers.find(MD5, "ours", "job", since=asked_again) is not None


def test_a_stale_answer_is_not_found() -> None:
    answers = RecentAnswers(FakeClock())
    past = utcnow() - timedelta(seconds=1)
    answers.add(make_result(make_ioc(), fresh_until=past), ["job"])
    assert answers.find(make_ioc(), "", "other") is None


def test_an_answer_is_forgotten_with_the_last_job_that_shows_it() -> None:
    answers = RecentAnswers(FakeClock())
    answers.add(of_file(), ["one"])
    assert answers.find(MD5, "ours", "two") is not None
    answers.forget({"one"})
    assert answers.find(SHA256, "ours", "two") is not None
    answers.forget({"one", "two"})
    assert answers.find(SHA256, "ours", "three") is None


def test_the_oldest_answers_leave_past_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent_answers, "MAX_RECENT", 3)
    answers = RecentAnswers(FakeClock())
    iocs = make_iocs(5)
    for ioc in iocs:
        answers.add(make_result(ioc), ["job"])
    assert [answers.find(ioc, "", "job") is not None for ioc in iocs] == [False, False] + [True] * 3
