"""After a restart everything is answered as before, from the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.exports import EXPORTS
from tests.canary import CANARY_KEY
from tests.fakes.vt_simulator import VTSimulator
from tests.routes.polling import poll

pytestmark = pytest.mark.slow

Analyze = Callable[..., str]
Finished = Callable[[str], dict[str, Any]]
TEXT = (
    "hxxps://files[.]example[.]net/a 185.220.101.45 9.9.9.9 10.0.0.1 CVE-2024-3400 bücher-shop.de"
)


@pytest.fixture
def restarted(client: FlaskClient, settings: dict[str, Any]) -> Iterator[Callable[[], FlaskClient]]:
    """Ends the app of `client`, and starts another one on the same data directory."""
    later = []

    def restart() -> FlaskClient:
        client.application.extensions["services"].close()
        later.append(create_app({**settings, "VT_API_KEY": CANARY_KEY}))
        return later[-1].test_client()

    yield restart
    for app in later:
        app.extensions["services"].close()


def test_a_finished_analysis_looks_the_same_after_a_restart(
    client: FlaskClient,
    analyze: Analyze,
    finished: Finished,
    simulator: VTSimulator,
    restarted: Callable[[], FlaskClient],
) -> None:
    simulator.add_rule("html502", path="*/9.9.9.9")
    job_id = analyze(TEXT)
    finished(job_id)
    urls = [f"/enrichment/status/{job_id}?since=0", f"/results/{job_id}", f"/api/jobs/{job_id}"]
    urls += [f"/api/jobs/{job_id}/iocs", "/api/jobs", "/"]
    urls += [f"/results/{job_id}/export?format={name}" for name in EXPORTS if name != "defanged"]
    before = {url: client.get(url).data for url in urls}
    later = restarted()
    for url in urls:
        assert later.get(url).data == before[url], url


def test_a_finished_analysis_allows_more_lookups_after_a_restart(
    analyze: Analyze,
    finished: Finished,
    simulator: VTSimulator,
    restarted: Callable[[], FlaskClient],
) -> None:
    job_id = analyze("10.0.0.1")
    cursor = finished(job_id)["next"]
    later = restarted()
    form = {"type": "ipv4", "value": "10.0.0.1", "provider": "VirusTotal"}
    assert later.post(f"/results/{job_id}/ask", data=form).status_code == 303
    new = {"type": "domain", "value": "files.example.net"}
    assert later.post(f"/results/{job_id}/take-in", data=new).status_code == 303
    status = poll(later, job_id, cursor)
    assert {row["ioc"] for row in status["results"]} == {"10.0.0.1", "files.example.net"}
    assert all(row["seq"] > cursor for row in status["results"])


def test_an_unfinished_analysis_resumes_after_a_restart(
    analyze: Analyze, simulator: VTSimulator, restarted: Callable[[], FlaskClient]
) -> None:
    simulator.hold()
    job_id = analyze("185.220.101.45 9.9.9.9")
    later = restarted()
    simulator.release()
    status = poll(later, job_id)
    assert (status["state"], status["done"]) == ("success", 2)
    assert {row["state"] for row in status["results"]} == {"answered"}
