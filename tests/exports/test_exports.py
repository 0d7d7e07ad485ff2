from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.enrichment.analysis.live_analysis import JobChanges, LiveAnalysis
from app.enrichment.analysis.lookup_states import ended
from app.enrichment.models import (
    TLP,
    Analysis,
    ErrorKind,
    Lookup,
    LookupState,
    Mode,
    PastAnswer,
    Verdict,
    utcnow,
)
from app.exports import EXPORTS
from app.jobs.models import ANALYSIS, Job
from app.pipeline.formulas import FORMULA_STARTS, harmless
from app.pipeline.models import IOC, IOCType
from tests.factories import make_error, make_ioc, make_result

BAD = IOC(IOCType.URL, "http://evil.example.net/a`b")
WEAK = IOC(IOCType.DOMAIN, "weak.example.net")
UNKNOWN = IOC(IOCType.MD5, "0f273b7599dec3559b78f20045743b0a")
FAILED = make_ioc("9.9.9.9")
WAITING = make_ioc("9.9.9.10")
PRIVATE = make_ioc("10.0.0.1")
CVE = IOC(IOCType.CVE, "CVE-2024-3400")
ALL = (BAD, WEAK, UNKNOWN, FAILED, WAITING, PRIVATE, CVE)


@pytest.fixture
def job() -> JobChanges:
    rows = [Lookup(WAITING, "Fake")]
    rows.append(Lookup(PRIVATE, "Fake", LookupState.NOT_ASKED, reason="private address"))
    rows.append(Lookup(CVE, None, LookupState.NOT_ASKED, reason="type not supported"))
    scanned = {"total_engines": 80, "scan_date": "2026-10-02T08:00:00Z"}
    for ioc, verdict, count in (
        (BAD, Verdict.MALICIOUS, 17),
        (WEAK, Verdict.SUSPICIOUS, 1),
        (UNKNOWN, Verdict.NOT_FOUND, None),
    ):
        result = make_result(ioc, verdict=verdict, detection_count=count, **scanned)
        rows.append(ended(ioc, "Fake", result, attempts=1))
    rows.append(ended(FAILED, "Fake", make_error(FAILED, ErrorKind.TIMEOUT), attempts=2))
    return changes(Mode.ONLINE, rows)


def changes(mode: Mode, rows: list[Lookup], tlp: TLP | None = None) -> JobChanges:
    numbered = [replace(row, seq=seq) for seq, row in enumerate(rows, start=1)]
    analysis = Analysis("job", ALL, mode, tlp=tlp)
    return LiveAnalysis(Job("job", ANALYSIS), analysis, numbered, len(rows)).changes(None)


@pytest.fixture
def offline() -> JobChanges:
    return changes(Mode.OFFLINE, [])


def cells(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_csv_has_a_row_for_each_lookup(job: JobChanges) -> None:
    rows = cells(EXPORTS["csv"].render(job))
    assert [row["ioc"] for row in rows if row["verdict"] == "malicious"] == [BAD.value]
    by_ioc = {row["ioc"]: row for row in rows}
    assert set(by_ioc) == {ioc.value for ioc in ALL}
    assert by_ioc[BAD.value]["detection_count"] == "17"
    assert by_ioc[WEAK.value]["defanged"] == "weak[.]example[.]net"
    assert by_ioc[FAILED.value]["state"] == "could_not_check"
    assert by_ioc[FAILED.value]["verdict"] == ""
    assert by_ioc[CVE.value]["reason"] == "type not supported"


def test_offline_csv_has_no_verdict_columns(offline: JobChanges) -> None:
    rows = cells(EXPORTS["csv"].render(offline))
    assert list(rows[0]) == ["type", "ioc", "defanged"]
    assert len(rows) == len(ALL)


@given(st.text(max_size=20))
def test_no_cell_begins_a_formula(text: str) -> None:
    assert not harmless(text).lstrip(" ").startswith(FORMULA_STARTS)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"])
def test_a_formula_is_exported_as_text(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


UNSEEN = (
    "\u00a0\u2003\u3000\u1680\u200b\u200e\u202e\ufeff\u2060\u00ad\x0b\x0c\x85\u2028"
    "\u180e\ufe0f\u115f\u3164\u2800\ufff9\U000e0020\x00"
)


@pytest.mark.parametrize("before", [*UNSEEN, " \u00a0\u200b\t"], ids=ascii)
@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "﹦", "⁼", "﹢", "－", "﹣", "−", "﹫"])
def test_nothing_unseen_hides_the_sign_of_a_formula(before: str, sign: str) -> None:
    assert harmless(f"{before}{sign}1") == f"'{before}{sign}1"


@pytest.mark.parametrize("cell", ["", "a=1", "1-2", "\u00a0a", "\u200b1", "x\u00a0=1", "(=1)"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert harmless(cell) == cell


def test_json_has_raw_values_and_every_ioc(job: JobChanges) -> None:
    content = json.loads(EXPORTS["json"].render(job))
    assert [entry["value"] for entry in content["iocs"]] == [ioc.value for ioc in ALL]
    lookups = {e["value"]: e["lookups"][0] for e in content["iocs"]}
    assert lookups[BAD.value]["verdict"] == "malicious"
    assert lookups[FAILED.value]["kind"] == "timeout"
    assert lookups[FAILED.value]["verdict"] is None
    assert content["complete"] is False


def test_text_has_one_ioc_on_each_line(job: JobChanges) -> None:
    assert EXPORTS["txt"].render(job).splitlines() == [ioc.value for ioc in ALL]
    assert "weak[.]example[.]net" in EXPORTS["defanged"].render(job).splitlines()


def test_a_ticket_is_defanged_and_lists_failed_and_waiting_lookups(job: JobChanges) -> None:
    ticket = EXPORTS["md"].render(job)
    assert "``hxxp://evil[.]example[.]net/a`b``: Fake, 17/80, scanned 2026-10-02, asked " in (
        ticket.replace("`` ", "``").replace(" ``", "``")
    )
    headings = [line.strip("*") for line in ticket.splitlines() if line.startswith("**")][1:]
    assert headings == [
        "Malicious",
        "Suspicious",
        "Could not check",
        "Still waiting",
        "No record",
        "Not looked up",
    ]
    assert "9[.]9[.]9[.]9`: Fake, It failed." in ticket
    assert "http://" not in ticket
    assert "4 of 5 lookups done" in ticket


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (timedelta(minutes=2), "asked 2026-10-02 23:57 UTC, 4 of 5 lookups done by 23:59 UTC"),
        (timedelta(minutes=4), "4 of 5 lookups done by 2026-10-03 00:01 UTC"),
    ],
)
def test_a_ticket_says_when_a_finished_analysis_ended(
    job: JobChanges, after: timedelta, said: str
) -> None:
    began = datetime(2026, 10, 2, 23, 57, tzinfo=UTC)
    ended_job = replace(job.job, finished_at=began + after)
    analysis = replace(job.analysis, created_at=began)
    assert said in EXPORTS["md"].render(replace(job, job=ended_job, analysis=analysis))


def test_a_ticket_of_an_offline_analysis_says_that_nothing_was_looked_up(
    offline: JobChanges,
) -> None:
    ticket = EXPORTS["md"].render(offline)
    assert "nothing was looked up" in ticket
    assert "verdict" not in ticket.lower()


def test_no_export_turns_an_error_into_a_verdict(job: JobChanges) -> None:
    for name in ("csv", "json", "md"):
        for line in EXPORTS[name].render(job).splitlines():
            if "It failed." in line:
                assert not any(verdict.value in line for verdict in Verdict)


@pytest.fixture
def asked_again() -> JobChanges:
    """An answer that changed, and one that is too old and being asked for again."""
    counts = {"verdict": Verdict.MALICIOUS, "total_engines": 94}
    before = PastAnswer(Verdict.MALICIOUS, 3, 94, datetime(2026, 10, 2, tzinfo=UTC))
    changed = make_result(BAD, detection_count=41, previous=before, **counts)
    old = make_result(WEAK, detection_count=5, fresh_until=utcnow() - timedelta(hours=1), **counts)
    rows = [
        Lookup(BAD, "Fake", LookupState.ANSWERED, result=changed),
        Lookup(WEAK, "Fake", result=old),
    ]
    return changes(Mode.ONLINE, rows, TLP.AMBER)


def test_exports_have_previous_and_stale_answers(asked_again: JobChanges) -> None:
    content = json.loads(EXPORTS["json"].render(asked_again))
    bad, weak = (entry["lookups"][0] for entry in content["iocs"][:2])
    assert (bad["stale"], weak["stale"]) == (False, True)
    assert bad["previous"] == {
        "verdict": "malicious",
        "detection_count": 3,
        "total_engines": 94,
        "fetched_at": "2026-10-02T00:00:00Z",
    }
    assert (weak["state"], weak["verdict"], weak["previous"]) == ("pending", "malicious", None)
    assert [row["stale"] for row in cells(EXPORTS["csv"].render(asked_again))] == ["False", "True"]
    ticket = EXPORTS["md"].render(asked_again)
    assert "41/94, asked" in ticket
    assert "3/94 before, on 2026-10-02" in ticket
    assert "UTC (stale)" in ticket.partition("Still waiting")[2]


@pytest.mark.parametrize(("tlp", "shown"), [(TLP.AMBER_STRICT, "AMBER+STRICT"), (None, None)])
def test_the_tlp_is_in_every_export_that_has_a_place_for_it(
    tlp: TLP | None, shown: str | None
) -> None:
    job = changes(Mode.OFFLINE, [], tlp)
    assert json.loads(EXPORTS["json"].render(job))["tlp"] == shown
    assert {row.get("tlp") for row in cells(EXPORTS["csv"].render(job))} == {shown}
    assert (f"**, TLP:{shown}, " in EXPORTS["md"].render(job)) == (shown is not None)
