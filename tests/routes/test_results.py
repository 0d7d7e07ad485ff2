from __future__ import annotations

import csv
import io
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.presentation.results_page import MAX_ROWS, PAGE_ROWS, results_context
from tests.fakes.vt_simulator import VTSimulator

pytestmark = pytest.mark.slow

Analyze = Callable[..., str]
Finished = Callable[[str], dict[str, Any]]
JSON = {"Accept": "application/json"}


def test_the_page_of_a_finished_job_is_complete_without_javascript(
    client: FlaskClient, analyze: Analyze, finished: Finished
) -> None:
    job_id = analyze("185.220.101.45 10.0.0.1")
    finished(job_id)
    page = client.get(f"/results/{job_id}").text
    for words in ("185[.]220[.]101[.]45", "Malicious", "9/94", "RFC 1918", "AS64500"):
        assert words in page
    assert "http-equiv" not in page


def test_an_offline_page_has_no_verdicts(client: FlaskClient, analyze: Analyze) -> None:
    page = client.get(f"/results/{analyze('185.220.101.45', mode='offline')}").text
    assert "185[.]220[.]101[.]45" in page
    for words in ("No record", "lookups", "<progress"):
        assert words not in page.partition("<template")[0]


def test_an_unknown_job_has_an_error_page(client: FlaskClient) -> None:
    answer = client.get("/results/unknown")
    assert answer.status_code == 404
    assert "not found" in answer.text
    answer = client.get("/results/unknown", headers=JSON)
    assert set(answer.get_json()) == {"error"}


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.targets += [v or "" for k, v in attrs if k in ("href", "src", "action", "formaction")]


def test_no_link_points_to_an_ioc(
    client: FlaskClient, analyze: Analyze, finished: Finished
) -> None:
    job_id = analyze("http://files.example.net/invoice/update.exe files[.]example[.]net")
    finished(job_id)
    links = Links()
    links.feed(client.get(f"/results/{job_id}").text)
    outside = [target for target in links.targets if "//" in target]
    assert outside
    assert all(target.startswith("https://www.virustotal.com/gui/") for target in outside)


class Text(HTMLParser):
    text = ""

    def handle_data(self, data: str) -> None:
        self.text += data


PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "</textarea><script>alert(1)</script>",
    "{{ 7*7 }}",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_pasted_markup_is_shown_as_text(
    client: FlaskClient, analyze: Analyze, payload: str
) -> None:
    job_id = analyze(f"http://files.example.net/{payload} 8.8.4.4", mode="offline")
    for page in (
        client.get(f"/results/{job_id}?q={payload}").text,
        client.post("/analyze", data={"text": payload}).text,
    ):
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert ">49<" not in page


def test_markup_in_answers_is_shown_as_text(
    client: FlaskClient, analyze: Analyze, finished: Finished, simulator: VTSimulator
) -> None:
    simulator.add_rule("xss")
    job_id = analyze("http://files.example.net/invoice/update.exe 185.220.101.45")
    finished(job_id)
    page = client.get(f"/results/{job_id}").text
    assert "<script>" not in page
    assert "\u202e" not in page
    assert "‹U+202E›" in page
    assert len(page) < 300_000


def test_direction_marks_are_shown_by_name(client: FlaskClient, analyze: Analyze) -> None:
    job_id = analyze("http://files.example.net/\u202egpj.exe b\u00fccher-shop.de", mode="offline")
    shown = Text()
    shown.feed(client.get(f"/results/{job_id}").text)
    assert "\u202e" not in shown.text
    assert "xn--bcher-shop" in shown.text
    assert "b\u00fccher-shop" in shown.text


def test_a_held_back_address_is_looked_up_on_a_click(
    client: FlaskClient, analyze: Analyze, finished: Finished, simulator: VTSimulator
) -> None:
    job_id = analyze("10.0.0.1")
    assert finished(job_id)["total"] == 0
    form = {"type": "ipv4", "value": "10.0.0.1", "provider": "VirusTotal"}
    answer = client.post(f"/results/{job_id}/ask", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/results/{job_id}")
    (row,) = finished(job_id)["results"]
    assert row["state"] == "not_found"
    assert len(simulator.requests) == 1


def test_a_running_lookup_is_not_started_twice(
    client: FlaskClient, analyze: Analyze, simulator: VTSimulator
) -> None:
    simulator.hold()
    job_id = analyze("185.220.101.45")
    form = {"type": "ipv4", "value": "185.220.101.45", "provider": "VirusTotal"}
    again = client.post(f"/results/{job_id}/ask", data=form, headers=JSON)
    assert (again.status_code, set(again.get_json())) == (409, {"error"})
    simulator.release()


def test_a_failed_lookup_is_retried_on_a_click(
    client: FlaskClient, analyze: Analyze, finished: Finished, simulator: VTSimulator
) -> None:
    simulator.add_rule("html502")
    job_id = analyze("185.220.101.45")
    (row,) = finished(job_id)["results"]
    assert row["state"] == "could_not_check"
    simulator.clear_rules()
    form = {"type": row["type"], "value": row["ioc"], "provider": row["provider"]}
    assert client.post(f"/results/{job_id}/ask", data=form, headers=JSON).status_code == 202
    (again,) = finished(job_id)["results"]
    assert again["verdict"] == "malicious"
    assert again["seq"] > row["seq"]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 400),
        ({"type": "nonsense", "value": "10.0.0.1", "provider": "VirusTotal"}, 400),
        ({"type": "ipv4", "value": "9.9.9.9", "provider": "VirusTotal"}, 409),
        ({"type": "ipv4", "value": "10.0.0.1", "provider": "Unknown"}, 409),
    ],
)
def test_iocs_outside_of_the_analysis_are_not_looked_up(
    client: FlaskClient,
    analyze: Analyze,
    simulator: VTSimulator,
    form: dict[str, str],
    status: int,
) -> None:
    job_id = analyze("10.0.0.1")
    assert client.post(f"/results/{job_id}/ask", data=form, headers=JSON).status_code == status
    assert simulator.requests == []


@pytest.mark.parametrize(
    ("query", "media_type", "extension"),
    [
        ("format=csv", "text/csv", "csv"),
        ("format=json", "application/json", "json"),
        ("format=txt", "text/plain", "txt"),
        ("format=txt&defang=1", "text/plain", "txt"),
        ("format=md", "text/markdown", "md"),
    ],
)
def test_each_export_is_a_download(
    client: FlaskClient, analyze: Analyze, query: str, media_type: str, extension: str
) -> None:
    job_id = analyze("185.220.101.45", mode="offline")
    answer = client.get(f"/results/{job_id}/export?{query}")
    assert answer.mimetype == media_type
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment; filename=telltale-")
    assert disposition.endswith(f".{extension}")
    assert "101" in answer.text


def test_formulas_from_a_provider_are_harmless_in_csv(
    client: FlaskClient, analyze: Analyze, finished: Finished
) -> None:
    job_id = analyze("http://files.example.net/=cmd|'/c calc'!A1 185.220.101.45")
    finished(job_id)
    text = client.get(f"/results/{job_id}/export?format=csv").text
    for row in csv.reader(io.StringIO(text, newline="")):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)


@pytest.mark.parametrize("query", ["", "format=exe", "format=../../etc/passwd"])
def test_an_unknown_format_is_refused(client: FlaskClient, analyze: Analyze, query: str) -> None:
    job_id = analyze("8.8.4.4", mode="offline")
    assert client.get(f"/results/{job_id}/export?{query}").status_code == 400
    assert client.get("/results/unknown/export?format=csv").status_code == 404


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("type=ipv4", {"185[.]220[.]101[.]45"}),
        ("q=files", {"files[.]example[.]net"}),
        ("q=FILES[.]", {"files[.]example[.]net"}),
        ("q=nothing", set()),
        ("", {"185[.]220[.]101[.]45", "files[.]example[.]net"}),
    ],
)
def test_filters_work_without_javascript(
    client: FlaskClient, analyze: Analyze, query: str, shown: set[str]
) -> None:
    job_id = analyze("185.220.101.45 files[.]example[.]net", mode="offline")
    page = client.get(f"/results/{job_id}?{query}")
    assert page.status_code == 200
    services = client.application.extensions["services"]
    pairs = dict(part.split("=") for part in query.split("&") if part)
    context = results_context(services.orchestrator.changes(job_id), pairs)
    drawn = [entry for entries in context["drawn"].values() for entry in entries]
    assert {entry["defanged"] for entry in drawn} == shown


def many(count: int) -> list[str]:
    return [f"45.{n // 62500}.{n // 250 % 250}.{n % 250 + 1}" for n in range(count)]


class Rows(HTMLParser):
    """The values of the rows in a page, and where its next page is."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: list[str] = []
        self.next: str | None = None
        self.missing: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("class") == "row":
            self.values.append(given["data-value"] or "")
        if given.get("rel") == "next":
            self.next = given["href"]
        if given.get("id") == "results":
            self.missing = (given["data-missing"] or "").split()


@pytest.mark.parametrize("query", ["", "?q=45."])
def test_every_row_is_on_a_page_without_javascript(
    client: FlaskClient, analyze: Analyze, query: str
) -> None:
    values = many(2 * PAGE_ROWS + 1)
    # Types stand together in any order of the text, and no page has more for it.
    job_id = analyze(" ".join(["files[.]example[.]net", *values, "CVE-2024-3400"]), mode="offline")
    address: str | None = f"/results/{job_id}{query}"
    seen = []
    while address:
        page = Rows(client.get(address).text)
        assert len(page.values) <= PAGE_ROWS
        seen += page.values
        address = page.next
    assert seen == (values if query else ["files.example.net", *values, "CVE-2024-3400"])


def test_the_script_fetches_only_the_missing_rows(client: FlaskClient, analyze: Analyze) -> None:
    values = many(2 * PAGE_ROWS + 1)
    job_id = analyze(" ".join(values), mode="offline")
    first = Rows(client.get(f"/results/{job_id}").text)
    parts = [client.get(f"/results/{job_id}/rows?page={n}").text for n in first.missing]
    assert "<html" not in parts[0]
    assert first.values + [value for part in parts for value in Rows(part).values] == values
    # Where the rows drawn are a selection, the others may stand between them.
    for query in ("q=45.", "page=2"):
        assert Rows(client.get(f"/results/{job_id}?{query}").text).missing == ["1", "2", "3"]


@pytest.mark.parametrize("page", ["0", "-1", "two", "\u0663", "9" * 30])
def test_an_invalid_page_number_shows_the_first_page(
    client: FlaskClient, analyze: Analyze, page: str
) -> None:
    job_id = analyze("8.8.4.4", mode="offline")
    for path in ("", "/rows"):
        answer = client.get(f"/results/{job_id}{path}", query_string={"page": page})
        assert Rows(answer.text).values == ["8.8.4.4"]


def test_a_page_number_beyond_the_end_shows_the_last_page(
    client: FlaskClient, analyze: Analyze
) -> None:
    job_id = analyze(" ".join(many(PAGE_ROWS + 1)), mode="offline")
    assert len(Rows(client.get(f"/results/{job_id}?page=99").text).values) == 1


def test_the_rows_of_an_unknown_job_are_not_found(client: FlaskClient) -> None:
    assert client.get("/results/unknown/rows").status_code == 404


def test_a_very_large_analysis_is_filtered_by_the_server(
    client: FlaskClient, analyze: Analyze
) -> None:
    count = MAX_ROWS + 500
    job_id = analyze(" ".join(many(count)), mode="offline")
    page = client.get(f"/results/{job_id}").text
    assert "data-partial" in page
    assert Rows(page).missing == []
    assert f"Filter and exports cover all {count} IOCs." in page
    last = client.get(f"/results/{job_id}?q=45.0.21.250").text
    assert Rows(last).values == ["45.0.21.250"]
    assert "the filter searches" not in last
    export = client.get(f"/results/{job_id}/export?format=txt").text
    assert len(export.splitlines()) == count


def test_a_deleted_analysis_is_gone_from_every_page(
    client: FlaskClient, analyze: Analyze, finished: Finished, settings: dict[str, Any]
) -> None:
    job_id = analyze("files.deleted-example.com", mode="offline")
    answer = client.post(f"/results/{job_id}/delete")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    for path in (f"/results/{job_id}", f"/enrichment/status/{job_id}", f"/api/jobs/{job_id}"):
        assert client.get(path).status_code == 404
    assert client.post(f"/results/{job_id}/delete", headers=JSON).status_code == 404
    assert client.get("/api/jobs").get_json()["total"] == 0
    kept = b"".join(path.read_bytes() for path in settings["DATA_DIR"].iterdir())
    assert b"deleted-example" not in kept
