from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.fakes.vt_simulator import VTSimulator
from tests.fakes.vt_simulator.invention import Invention

from .plain_client import MD5, NOT_THERE, SHA256, ask, url_path

SAMPLES = {
    "ip_addresses": [f"198.18.{n // 250}.{n % 250}" for n in range(500)],
    "domains": [f"host{n}.example.org" for n in range(500)],
    "urls": [f"{n:064x}" for n in range(500)],
    "files": [f"{n:064x}" for n in range(500)],
}
EXPECTED = {
    "ip_addresses": {"as_owner", "asn", "country", "network"},
    "domains": {"registrar", "creation_date", "categories"},
    "urls": {"url", "last_final_url", "title"},
    "files": {"names", "meaningful_name", "type_description", "size", "md5", "sha1", "sha256"},
}


@pytest.fixture(scope="module")
def inventive() -> Iterator[VTSimulator]:
    with VTSimulator(per_minute=None, per_day=None, per_month=None, invent=True) as sim:
        yield sim


@pytest.mark.parametrize("collection", SAMPLES)
def test_a_demo_shows_a_bit_of_everything(collection: str) -> None:
    seen = Counter(Invention(collection, text).outcome for text in SAMPLES[collection])
    share = {outcome: count / 5 for outcome, count in seen.items()}
    wanted = {
        "unknown": 20, "no_detections": 45, "malicious": 20, "suspicious": 8, "never_analysed": 7
    }  # fmt: skip
    assert share == pytest.approx(wanted, abs=6)


@pytest.mark.parametrize("collection", SAMPLES)
def test_stats_agree_with_the_results_and_the_outcome(collection: str) -> None:
    for text in SAMPLES[collection][:60]:
        invention = Invention(collection, text)
        attributes = invention.attributes()
        assert set(attributes) >= EXPECTED[collection]
        if invention.outcome == "never_analysed":
            assert "last_analysis_stats" not in attributes
            continue
        results = attributes["last_analysis_results"].values()
        stats = attributes["last_analysis_stats"]
        assert Counter(r["category"] for r in results) == +Counter(stats)
        assert len(stats) == (8 if collection == "files" else 5)
        assert (stats["malicious"] > 0) is (invention.outcome == "malicious")
        assert (invention.outcome != "suspicious") or stats["suspicious"] > 0
        assert (invention.outcome != "no_detections") or stats["suspicious"] == 0


def test_some_detections_are_weak() -> None:
    bad = [Invention("domains", text) for text in SAMPLES["domains"]]
    counts = [
        i.attributes()["last_analysis_stats"]["malicious"] for i in bad if i.outcome == "malicious"
    ]
    assert 0 < sum(1 for count in counts if count <= 2) < len(counts) / 2
    assert max(counts) > 20


@pytest.mark.parametrize(
    ("collection", "first"),
    [
        ("domains", "creation_date"),
        ("urls", "first_submission_date"),
        ("files", "first_submission_date"),
    ],
)
def test_nothing_is_analysed_before_it_exists(collection: str, first: str) -> None:
    for text in SAMPLES[collection][:100]:
        attributes = Invention(collection, text).attributes()
        later = ("last_submission_date", "last_analysis_date", "expiration_date")
        assert all(attributes[first] <= attributes[name] for name in later if name in attributes)


def test_fixtures_come_before_inventions(inventive: VTSimulator) -> None:
    assert ask(inventive, f"/files/{MD5}").attributes["meaningful_name"] == "update.exe"
    assert ask(inventive, NOT_THERE).status == 404


def test_a_file_asked_by_md5_has_that_md5_and_a_sha256_as_id(inventive: VTSimulator) -> None:
    asked = [f"{n:032x}" for n in range(100, 120)]
    found = [(text, ask(inventive, f"/files/{text}")) for text in asked]
    known = [(text, answer.json["data"]) for text, answer in found if answer.status == 200]
    assert known
    for text, data in known:
        assert data["attributes"]["md5"] == text
        assert data["id"] == data["attributes"]["sha256"]
        assert len(data["id"]) == 64


def test_an_invented_url_is_the_one_that_was_asked(inventive: VTSimulator) -> None:
    urls = [f"http://Host{n}.example.org" for n in range(20)]
    found = [(url, ask(inventive, url_path(url))) for url in urls]
    known = [(url, answer.json["data"]) for url, answer in found if answer.status == 200]
    assert known
    for url, data in known:
        assert data["attributes"]["url"] == f"{url.lower()}/"
        stats = data["attributes"].get("last_analysis_stats")
        by_hash = ask(inventive, f"/urls/{data['id']}").attributes
        assert by_hash.get("last_analysis_stats") == stats


@pytest.mark.parametrize("path", ["/ip_addresses/2001:67c::5", "/ip_addresses/198.18.0.1"])
def test_addresses_of_both_families_lie_in_their_network(inventive: VTSimulator, path: str) -> None:
    sim = inventive
    sim.add_rule("plain200", path=path, times=1)  # a fault needs a report even on the unknown
    assert ask(sim, path).attributes["network"].endswith("/48" if ":" in path else "/24")
    sim.clear_rules()


def test_another_seed_is_another_world() -> None:
    outcomes = {Invention("files", SHA256, seed=seed).outcome for seed in range(40)}
    assert len(outcomes) > 2
    assert (
        Invention("files", SHA256, seed=1).attributes() != Invention("files", SHA256).attributes()
    )
