"""Several providers in one app: a keyless one that takes POSTs joins as an installed package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.enrichment import adapters
from app.enrichment.adapters.base import HTTPAdapter
from app.enrichment.adapters.declaration import Declaration, PostForm
from app.enrichment.adapters.subjects import NotCompared
from app.enrichment.http.answers import BadResponseError
from app.enrichment.models import Detail, EnrichmentResult, Score, Verdict
from app.enrichment.quota.models import Window
from app.pipeline.models import IOC, IOCType
from tests.canary import CANARY_KEY
from tests.factories import save_key
from tests.fakes.provider import FakeProvider, Reply
from tests.fakes.vt_simulator import VTSimulator
from tests.routes.importing import upload, wait_until_ended

pytestmark = pytest.mark.slow

JSON = {"Accept": "application/json"}
LISTED = [{"reports": 3, "confidence": 87}]


class BlockList(HTTPAdapter):
    """Keyless, asked by POST, answers with a list."""

    declaration = Declaration(
        "blocklist",
        "Block List",
        prefix="BLOCKLIST",
        site="https://blocklist.example/",
        base_url="https://blocklist.example/api",
        key=None,
        terms="Free for all.",
        limits=(Window(600, 60.0),),
        probe=IOC(IOCType.IPV4, "8.8.8.8"),
    )
    requests: ClassVar[Mapping[IOCType, PostForm]] = {
        IOCType.IPV4: PostForm("/search", {"query": "get", "term": "{value}"})
    }
    answer_type = list

    def subject_of(self, ioc: IOC, body: Any) -> NotCompared:
        return NotCompared("A search: what matches need not name what was searched for.")

    def parse(self, ioc: IOC, body: Any) -> EnrichmentResult:
        if not body:
            return EnrichmentResult(ioc, self.name, Verdict.NOT_FOUND)
        if not isinstance(body[0], dict):
            raise BadResponseError("an entry is no object")
        return EnrichmentResult(
            ioc,
            self.name,
            None,
            score=Score(body[0]["confidence"], 100, "confidence"),
            details=(Detail("Reports", str(body[0]["reports"]), "reports"),),
        )


@dataclass
class Entry:
    cls: type[HTTPAdapter]

    def load(self) -> type[HTTPAdapter]:
        return self.cls


@pytest.fixture
def block_list() -> Iterator[FakeProvider]:
    with FakeProvider(Reply(200, LISTED)) as running:
        yield running


@pytest.fixture
def app(
    settings: dict[str, Any], block_list: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    monkeypatch.setattr(adapters, "entry_points", lambda group: [Entry(BlockList)])
    adapters.adapter_classes.cache_clear()
    adapters.ids_by_name.cache_clear()
    settings["BLOCKLIST_BASE_URL"] = block_list.base_url("/api")
    app = create_app(settings)
    try:
        yield app
    finally:
        app.extensions["services"].close()
        adapters.adapter_classes.cache_clear()
        adapters.ids_by_name.cache_clear()


@pytest.fixture
def with_key(app: Flask) -> Flask:
    save_key(app, CANARY_KEY)
    return app


def analyze(client: FlaskClient, text: str, **fields: Any) -> dict[str, dict[str, Any]]:
    """The rows of an online analysis, by provider id."""
    data = {"mode": "online", "text": text, **fields}
    answer = client.post("/analyze", data=data, headers=JSON)
    assert answer.status_code == 202, answer.json
    wait_until_ended(client, answer.json["job_id"])
    rows = client.get(answer.json["status_url"]).json["results"]
    return {row["provider_id"]: row for row in rows}


def switch(client: FlaskClient, provider: str, is_on: int) -> None:
    answer = client.post("/settings/providers", data={"provider": provider, "is_on": is_on})
    assert answer.status_code == 303


def test_both_answer_side_by_side(
    with_key: Flask, block_list: FakeProvider, simulator: VTSimulator
) -> None:
    rows = analyze(with_key.test_client(), "185.220.101.45")
    assert set(rows) == {"virustotal", "blocklist"}
    listed = rows["blocklist"]
    assert (listed["state"], listed["verdict"], listed["provider"]) == (
        "answered",
        None,
        "Block List",
    )
    assert listed["score"] == {"value": 87, "of": 100, "label": "confidence"}
    assert listed["details"] == [{"key": "reports", "label": "Reports", "value": "3"}]
    assert rows["virustotal"]["score"] is None


def test_it_is_asked_by_post_and_never_gets_the_key_of_another(
    with_key: Flask, block_list: FakeProvider
) -> None:
    analyze(with_key.test_client(), "185.220.101.45")
    (request,) = block_list.received
    assert (request.method, request.path) == ("POST", "/api/search")
    assert parse_qs(request.body.decode()) == {"query": ["get"], "term": ["185.220.101.45"]}
    assert CANARY_KEY not in str(request)


def test_without_any_key_the_keyless_one_is_asked_alone(
    app: Flask, block_list: FakeProvider
) -> None:
    block_list.reply = Reply(200, [])
    rows = analyze(app.test_client(), "185.220.101.45")
    assert {name: row["state"] for name, row in rows.items()} == {"blocklist": "not_found"}


def test_a_provider_that_is_switched_off_is_not_asked_even_after_a_restart(
    with_key: Flask, block_list: FakeProvider, settings: dict[str, Any]
) -> None:
    client = with_key.test_client()
    switch(client, "blocklist", 0)
    assert set(analyze(client, "185.220.101.45")) == {"virustotal"}
    with_key.extensions["services"].close()
    again = create_app(settings)
    try:
        client = again.test_client()
        found = client.get("/api/providers").json["providers"]
        assert [one["id"] for one in found if not one["is_on"]] == ["blocklist"]
        switch(client, "blocklist", 1)
        assert set(analyze(client, "9.9.9.9")) == {"virustotal", "blocklist"}
    finally:
        again.extensions["services"].close()


def test_an_analysis_asks_the_chosen_ones_alone(with_key: Flask, block_list: FakeProvider) -> None:
    client = with_key.test_client()
    assert set(analyze(client, "185.220.101.45", providers=["virustotal"])) == {"virustotal"}
    assert block_list.received == []
    both = ["blocklist", "virustotal"]
    assert set(analyze(client, "9.9.9.9", providers=both)) == set(both)


@pytest.mark.parametrize(
    ("choice", "words"), [("nowhere", "nowhere"), ("virustotal", "VirusTotal"), ("", "providers")]
)
def test_a_choice_that_cannot_be_asked_is_refused_by_its_name(
    app: Flask, choice: str, words: str
) -> None:
    client = app.test_client()
    if choice == "":
        switch(client, "blocklist", 0)
        choice, words = "blocklist", "switched off"
    data = {"mode": "online", "text": "185.220.101.45", "providers": choice}
    answer = client.post("/analyze", data=data, headers=JSON)
    assert answer.status_code == 400
    assert words in answer.json["error"]


def test_the_choice_holds_for_what_is_added_later(
    with_key: Flask, block_list: FakeProvider
) -> None:
    client = with_key.test_client()
    data = {"mode": "online", "text": "185.220.101.45", "providers": "virustotal"}
    job_id = client.post("/analyze", data=data, headers=JSON).json["job_id"]
    wait_until_ended(client, job_id)
    added = {"type": "ipv4", "value": "9.9.9.9"}
    assert client.post(f"/results/{job_id}/take-in", data=added, headers=JSON).status_code == 202
    wait_until_ended(client, job_id)
    assert block_list.received == []


def test_the_choice_holds_after_a_restart(
    with_key: Flask, block_list: FakeProvider, settings: dict[str, Any]
) -> None:
    client = with_key.test_client()
    data = {"mode": "online", "text": "185.220.101.45", "providers": "virustotal"}
    job_id = client.post("/analyze", data=data, headers=JSON).json["job_id"]
    wait_until_ended(client, job_id)
    with_key.extensions["services"].close()
    again = create_app(settings)
    try:
        client = again.test_client()
        added = {"type": "ipv4", "value": "9.9.9.9"}
        answer = client.post(f"/results/{job_id}/take-in", data=added, headers=JSON)
        assert answer.status_code == 202
        wait_until_ended(client, job_id)
        assert block_list.received == []
    finally:
        again.extensions["services"].close()


def test_an_upload_asks_the_chosen_ones_alone(with_key: Flask, block_list: FakeProvider) -> None:
    client = with_key.test_client()
    files = {"a.txt": b"The address 185.220.101.45 was seen."}
    both = upload(client, files, mode="online")
    wait_until_ended(client, both)
    assert len(block_list.received) == 1
    chosen = upload(client, {"b.txt": b"And 9.9.9.9."}, mode="online", providers="virustotal")
    wait_until_ended(client, chosen)
    rows = client.get(f"/enrichment/status/{chosen}?since=0", headers=JSON).json["results"]
    assert {row["provider_id"] for row in rows} == {"virustotal"}
    assert len(block_list.received) == 1


@pytest.mark.parametrize(
    ("choice", "words"),
    [(["nowhere"], "nowhere"), (["virustotal"], "VirusTotal"), ("virustotal", "list of ids")],
)
def test_an_import_with_a_choice_that_cannot_be_asked_is_refused(
    settings: dict[str, Any], app: Flask, tmp_path: Path, choice: Any, words: str
) -> None:
    case = tmp_path / "cases"
    case.mkdir()
    app.extensions["services"].close()
    app = create_app({**settings, "IMPORT_ROOTS": str(case)})
    try:
        (case / "a.txt").write_text("185.220.101.45")
        body = {"path": str(case), "mode": "online", "providers": choice}
        answer = app.test_client().post("/api/import-path", json=body)
        assert answer.status_code == 400
        assert words in answer.json["error"]
    finally:
        app.extensions["services"].close()


def test_no_key_is_stored_for_a_provider_that_takes_none(app: Flask) -> None:
    data = {"provider": "blocklist", "api_key": "x" * 20}
    answer = app.test_client().post("/settings", data=data, headers=JSON)
    assert answer.status_code == 400
    assert answer.json["error"] == "Block List takes no key; nothing was changed."
    assert app.extensions["services"].providers.keys.get("BLOCKLIST") is None


def test_programs_see_the_providers_in_the_order_of_the_list(app: Flask) -> None:
    found = app.test_client().get("/api/providers").json["providers"]
    assert [one["id"] for one in found][-1] == "blocklist"
    assert found[-1] == {
        "id": "blocklist",
        "name": "Block List",
        "types": ["ipv4"],
        "needs_key": False,
        "has_key": False,
        "is_on": True,
        "is_usable": True,
        "left_today": None,
        "terms": "Free for all.",
    }
    assert (found[0]["needs_key"], found[0]["has_key"], found[0]["is_usable"]) == (
        True,
        False,
        False,
    )


def test_the_settings_page_has_a_panel_for_each(with_key: Flask) -> None:
    page = with_key.test_client().get("/settings").text
    assert page.count("data-provider-panel=") == len(list(adapters.adapter_classes()))
    panel = page[page.index('data-provider-panel="blocklist"') :]
    assert "No key needed" in panel
    assert "Free for all." in panel
    assert 'name="api_key"' not in panel


def test_its_connection_is_tested_by_a_lookup_of_the_probe(
    app: Flask, block_list: FakeProvider
) -> None:
    client = app.test_client()
    data = {"provider": "blocklist"}
    job = client.post("/settings/test-connection", data=data, headers=JSON).json
    wait_until_ended(client, job["id"])
    steps = client.get("/settings/test-connection?provider=blocklist", headers=JSON).json["steps"]
    assert {step["name"]: step["state"] for step in steps} == {
        "proxy": "not_needed",
        "dns": "not_needed",
        "tcp": "ok",
        "tls": "not_needed",
        "http": "ok",
        "key": "not_needed",
    }


@pytest.mark.parametrize("path", ["", "/verify", "/delete", "/test-connection", "/providers"])
def test_an_unknown_provider_is_refused(app: Flask, path: str) -> None:
    data = {"provider": "nowhere", "api_key": "x" * 20, "is_on": "1"}
    answer = app.test_client().post(f"/settings{path}", data=data, headers=JSON)
    assert answer.status_code == 400
    assert "nowhere" in answer.json["error"]
