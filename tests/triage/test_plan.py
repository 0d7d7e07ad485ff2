from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from app.enrichment.analysis.live_analysis import other_hashes
from app.enrichment.models import (
    Analysis,
    EnrichmentResult,
    LookupState,
    Mode,
    NotAsked,
    Reason,
    Verdict,
    utcnow,
)
from app.enrichment.quota.ledger import Unlimited
from app.enrichment.quota.models import Account, Calendar, Remaining, Window
from app.pipeline import extract_iocs
from app.pipeline.models import IOC, IOCType
from app.triage.models import Hold
from app.triage.order import ranks
from app.triage.plan import Plan, Planner, lookups_beyond_today, turns
from tests.factories import make_ioc, make_iocs, make_result
from tests.fakes.adapters import FakeAdapter

MD5 = IOC(IOCType.MD5, "0f273b7599dec3559b78f20045743b0a")
SHA1 = IOC(IOCType.SHA1, "da39a3ee5e6b4b0d3255bfef95601890afd80709")
SHA256 = IOC(IOCType.SHA256, "5cbb91a9365901ed5063665788a4e723f1cca2e4029ffdf9fb346974c320d1ef")


@dataclass
class KnownAnswers:
    results: list[EnrichmentResult] = field(default_factory=list)
    seen: dict[IOC, int] = field(default_factory=dict)

    def find(
        self, accounts: Sequence[Account], iocs: Sequence[IOC]
    ) -> Mapping[tuple[IOC, str], EnrichmentResult]:
        providers = {account.provider for account in accounts}
        return {
            (r.ioc, r.provider): r
            for r in self.results
            if r.ioc in iocs and r.provider in providers
        }

    def times_seen(self, iocs: Sequence[IOC]) -> Mapping[IOC, int]:
        return {ioc: self.seen[ioc] for ioc in iocs if ioc in self.seen}


class Everything(FakeAdapter):
    supported_types = frozenset(IOCType) - {IOCType.CVE}


class FourAMinute(Unlimited):
    """With so many left today."""

    def __init__(self, left_today: int | None = 500) -> None:
        self.left_today = left_today

    def forecast(self, account: Account, count: int) -> list[float]:
        return [n // 4 * 60.0 for n in range(count)]

    def remaining(self, account: Account) -> Remaining:
        return Remaining((Window(4, 60.0), Window(500, Calendar.DAY)), self.left_today)


def plan(
    iocs: Sequence[IOC],
    answers: KnownAnswers | None = None,
    holds: Mapping[IOC, Hold] | None = None,
    left_today: int | None = 500,
) -> Plan:
    planner = Planner([Everything()], answers or KnownAnswers(), FourAMinute(left_today))
    return planner.plan(analysis(iocs), holds or {})


def analysis(iocs: Sequence[IOC]) -> Analysis:
    return Analysis("job", tuple(iocs), Mode.ONLINE)


def answer(ioc: IOC, hours: float, **fields: object) -> EnrichmentResult:
    """Asked a day ago, and fresh for so many hours from now on."""
    return make_result(
        ioc,
        fetched_at=utcnow() - timedelta(days=1),
        fresh_until=utcnow() + timedelta(hours=hours),
        **fields,
    )


def test_a_fresh_answer_is_used_and_a_stale_one_is_asked_again() -> None:
    fresh, stale, new, held = make_iocs(4)
    missing = replace(answer(make_ioc("9.9.9.99"), 1), verdict=Verdict.NOT_FOUND)
    found = plan(
        [fresh, stale, new, held, missing.ioc],
        KnownAnswers([answer(fresh, 1), answer(stale, -1), missing]),
        {held: Hold(Reason(NotAsked.HELD_BACK, "own network 9.9.0.0/30"))},
    )
    rows = {row.ioc: row for row in found.lookups}
    assert rows[fresh].state is LookupState.ANSWERED
    assert rows[missing.ioc].state is LookupState.NOT_FOUND
    assert (rows[stale].state, rows[stale].result is not None) == (LookupState.PENDING, True)
    assert (rows[new].state, rows[new].result) == (LookupState.PENDING, None)
    assert rows[held].state is LookupState.NOT_ASKED
    assert rows[held].reason == "own network 9.9.0.0/30"
    assert (found.cached, found.stale, found.to_ask, found.held_back) == (2, 1, 2, 1)


def test_a_type_that_no_provider_supports_is_held_back() -> None:
    found = plan([make_ioc("CVE-2024-3400", IOCType.CVE)])
    assert (found.to_ask, found.held_back, found.done_at) == (0, 1, None)
    assert found.lookups[0].reason == "type not supported by any provider"


def test_a_plan_ends_when_the_ledger_grants_its_last_call() -> None:
    before = utcnow()
    found = plan(make_iocs(34))
    assert found.done_at is not None
    assert found.done_at - before >= timedelta(minutes=8)
    assert found.done_at - utcnow() <= timedelta(minutes=8)
    assert (found.left_today, found.not_today) == (500, 0)


@pytest.mark.parametrize(("left", "beyond"), [(500, 0), (30, 4), (0, 34), (None, 0)])
def test_lookups_beyond_todays_quota_are_the_last_by_rank(left: int | None, beyond: int) -> None:
    found = plan(make_iocs(34), left_today=left)
    assert found.not_today == beyond
    skipped = lookups_beyond_today(found.lookups, found.forecasts)
    assert [row.rank for row in skipped] == list(range(34 - beyond, 34))


def test_a_forecast_counts_the_turns_of_waiting_analyses() -> None:
    assert turns(4, ()) == [1, 2, 3, 4]
    assert turns(4, (2, 9)) == [3, 6, 8, 10]
    planner = Planner([Everything()], KnownAnswers(), FourAMinute(10), lambda name: (2, 9))
    (forecast,) = planner.plan(analysis(make_iocs(4)), {}).forecasts
    assert forecast.delays == (0.0, 60.0, 60.0, 120.0)
    assert (forecast.places, forecast.not_today) == ((3, 6, 8, 10), 0)
    (forecast,) = planner.plan(analysis(make_iocs(5)), {}).forecasts
    assert (forecast.places[-1], forecast.not_today) == (12, 1)


def test_known_hashes_of_one_file_cost_one_call() -> None:
    names = (MD5, SHA1, SHA256)
    results = [
        answer(ioc, -1, aliases=tuple(other for other in names if other != ioc)) for ioc in names
    ]
    found = plan([*names, make_ioc()], KnownAnswers(results))
    assert (found.stale, found.to_ask) == (3, 2)
    assert found.done_at is not None
    rows = lookups_beyond_today(found.lookups, plan([*names], left_today=1).forecasts)
    assert {row.ioc for row in rows} == {make_ioc()}
    assert plan(names).to_ask == 3


def test_new_iocs_come_first_then_files_urls_and_names_then_rare_ones() -> None:
    address, other_address = make_iocs(2)
    domain = make_ioc("files.evil-host.net", IOCType.DOMAIN)
    url = make_ioc("http://files.evil-host.net/x", IOCType.URL)
    common = make_ioc("cdn.evil-host.net", IOCType.DOMAIN)
    iocs = [address, common, MD5, domain, other_address, SHA256, url]
    order = ranks(iocs, {common: 9, domain: 2, other_address: 1})
    assert sorted(iocs, key=order.__getitem__) == [
        SHA256,
        MD5,
        url,
        address,
        domain,
        common,
        other_address,
    ]


def test_iocs_of_equal_rank_keep_the_order_of_the_text() -> None:
    iocs = extract_iocs("b.evil-host.net a.evil-host.net c.evil-host.net")
    assert list(ranks(iocs, {})) == iocs


def test_planned_lookups_have_their_ranks() -> None:
    address = make_ioc()
    found = plan([address, MD5])
    assert {row.ioc: row.rank for row in found.lookups} == {MD5: 0, address: 1}


def test_hashes_of_a_document_that_was_read_cost_one_call() -> None:
    read = replace(analysis([MD5, SHA1, SHA256]), hashes=other_hashes([MD5, SHA1, SHA256]))
    planner = Planner([Everything()], KnownAnswers(), FourAMinute())
    assert planner.plan(read, {}).to_ask == 1
    missing = replace(answer(SHA256, 1), verdict=Verdict.NOT_FOUND)
    known = Planner([Everything()], KnownAnswers([missing]), FourAMinute()).plan(read, {})
    assert [(row.ioc, row.state) for row in known.lookups] == [
        (ioc, LookupState.NOT_FOUND) for ioc in (MD5, SHA1, SHA256)
    ]
