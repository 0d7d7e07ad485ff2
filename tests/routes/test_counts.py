"""The counts of an analysis: every page and every route tells the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.enrichment.models import Verdict
from tests.routes.importing import iocs_of, upload, wait_until_ended

pytestmark = pytest.mark.slow

Shown = dict[str, int]
KNOWN = b"185.220.101.45 9.9.9.9 unknown.example.org files.example.net 10.0.4.17"
MAIL = b"Subject: one\r\n\r\n" + KNOWN
WORDS = {
    "Malicious": "malicious",
    "Suspicious": "suspicious",
    "No detections": "no_detections",
    "Known good": "known_good",
    "No record": "not_found",
}


def on_results_page(client: FlaskClient, job_id: str) -> Shown:
    chips = re.findall(
        r'data-filter="verdict" data-value="(\w+)"\s+data-count="(\d+)"',
        client.get(f"/results/{job_id}").text,
    )
    return {key: int(count) for key, count in chips if key in list(Verdict) and count != "0"}


def badges(html: str) -> Shown:
    found = re.findall(r'([\w ]+)<span class="ratio"> (\d+)</span>', html)
    return {WORDS[word.strip()]: int(n) for word, n in found if word.strip() in WORDS}


def in_history(client: FlaskClient, job_id: str) -> Shown:
    page = client.get("/history").text
    return badges(page.partition(f'data-job-id="{job_id}"')[2].partition("</li>")[0])


def by_search(client: FlaskClient, job_id: str) -> set[str]:
    """The verdicts for which a search of the history finds the analysis."""
    return {
        verdict.value
        for verdict in Verdict
        if f'data-job-id="{job_id}"' in client.get(f"/history?verdict={verdict}").text
    }


def under_recent(client: FlaskClient, job_id: str) -> Shown:
    page = client.get("/").text
    (item,) = (one for one in re.findall(r"<li>.*?</li>", page, re.DOTALL) if job_id in one)
    return badges(item)


def of_its_iocs(client: FlaskClient, job_id: str) -> Shown:
    counts: Shown = {}
    for ioc in iocs_of(client, job_id).values():
        if ioc["verdict"]:
            counts[ioc["verdict"]] = counts.get(ioc["verdict"], 0) + 1
    return counts


def check(client: FlaskClient, job_id: str, worst: str) -> Any:
    """Returns the counts of the API, which all others are."""
    counts = client.get(f"/api/jobs/{job_id}").get_json()["verdicts"]
    assert on_results_page(client, job_id) == counts
    assert in_history(client, job_id) == counts
    assert of_its_iocs(client, job_id) == counts
    assert by_search(client, job_id) == set(counts)
    assert under_recent(client, job_id) == {worst: counts[worst]}
    return counts


@pytest.mark.parametrize("text", [MAIL, MAIL + b" new.example.org 185.220.101.46", KNOWN])
def test_a_second_import_counts_what_the_cache_answered(client: FlaskClient, text: bytes) -> None:
    first = upload(client, {"one.eml": MAIL}, mode="online")
    wait_until_ended(client, first)
    before = check(client, first, "malicious")
    second = upload(client, {"two.eml": text}, mode="online")
    wait_until_ended(client, second)
    after = check(client, second, "malicious")
    assert after["malicious"] == before["malicious"] == 2
    assert after["no_detections"] == 1


def test_a_second_paste_counts_what_the_cache_answered(
    client: FlaskClient, analyze: Callable[[str], str], finished: Callable[[str], object]
) -> None:
    for _ in range(2):
        job_id = analyze(KNOWN.decode())
        finished(job_id)
        assert check(client, job_id, "malicious")["malicious"] == 2


def test_what_no_provider_knows_is_counted_once(
    client: FlaskClient, analyze: Callable[[str], str], finished: Callable[[str], object]
) -> None:
    job_id = analyze("unknown.example.org other.example.org")
    finished(job_id)
    assert check(client, job_id, "not_found") == {"not_found": 2}


def test_an_answer_that_is_asked_again_still_counts(
    client: FlaskClient, analyze: Callable[[str], str], finished: Callable[[str], object]
) -> None:
    job_id = analyze("185.220.101.45")
    finished(job_id)
    client.post(f"/results/{job_id}/ask-again")
    wait_until_ended(client, job_id)
    assert check(client, job_id, "malicious") == {"malicious": 1}
