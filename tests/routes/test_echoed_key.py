"""A key that comes back in an answer reaches no page, export, file or line of the log.

The fixture `app` also looks for it in each response, and the end of the run in each file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.enrichment.adapters.masking import MASK
from app.exports import EXPORTS
from tests.canary import CANARY_KEY, files_with_canary
from tests.fakes.provider import FakeProvider, Reply

ADDRESS = "185.220.101.45"
ECHO = {
    "last_analysis_stats": {"malicious": 1, "harmless": 9},
    "last_analysis_results": {CANARY_KEY: {"category": "malicious"}},
    "as_owner": f"x-apikey: {CANARY_KEY}",
    "network": CANARY_KEY.upper(),
    "country": CANARY_KEY,
    "tags": [CANARY_KEY, f"https://a.example/?key={CANARY_KEY}"],
}
REPLIES = {
    "answer": Reply(200, {"data": {"id": ADDRESS, "type": "ip_address", "attributes": ECHO}}),
    "refusal": Reply(401, {"error": {"code": CANARY_KEY, "message": CANARY_KEY}}),
    "error": Reply(403, CANARY_KEY.encode(), CANARY_KEY, {"Location": CANARY_KEY}),
}


@pytest.fixture
def server() -> Iterator[FakeProvider]:
    with FakeProvider() as running:
        yield running


@pytest.fixture
def settings(settings: dict[str, Any], server: FakeProvider) -> dict[str, Any]:
    return settings | {"VT_BASE_URL": server.base_url("/api/v3")}


@pytest.mark.parametrize("reply", REPLIES)
def test_an_echoed_key_is_kept_and_shown_nowhere(
    reply: str,
    app: Flask,
    client: FlaskClient,
    server: FakeProvider,
    analyze: Callable[..., str],
    finished: Callable[[str], dict[str, Any]],
) -> None:
    server.reply = REPLIES[reply]
    job_id = analyze(ADDRESS)
    status = finished(job_id)
    page = client.get(f"/results/{job_id}").text
    exports = [client.get(f"/results/{job_id}/export?format={name}").text for name in EXPORTS]
    for text in (str(status), page, *exports):
        assert CANARY_KEY not in text.lower()
    assert (MASK in page) == (reply == "answer")
    assert files_with_canary(Path(app.config["DATA_DIR"])) == []
