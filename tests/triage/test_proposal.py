from __future__ import annotations

import pytest

from app.enrichment.models import TLP, Lookup, LookupState
from app.pipeline.models import IOC
from app.triage.proposal import LEFT_OUT, SHOWN_ROWS, Choice, tlp_said, unticked
from tests.factories import make_iocs


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("TLP:RED\nBeacon to", TLP.RED),
        ("Marked tlp: red, do not share", TLP.RED),
        ("TLP:AMBER+STRICT", TLP.AMBER_STRICT),
        ("TLP: AMBER-STRICT", TLP.AMBER_STRICT),
        ("TLP RED", TLP.RED),
        ("first TLP:AMBER+STRICT, then TLP:RED", TLP.RED),
        ("TLP:AMBER", None),
        ("TLP:REDACTED", None),
        ("TLP:GREEN", None),
        ("a tulip: red", None),
        ("", None),
    ],
)
def test_a_tlp_in_the_text_that_forbids_sharing_is_found(text: str, said: TLP | None) -> None:
    assert tlp_said(text) == said


def rows(count: int) -> tuple[list[Lookup], dict[IOC, int]]:
    iocs = make_iocs(count)
    positions = {ioc: n for n, ioc in enumerate(iocs)}
    return [Lookup(ioc, "Fake", rank=count - n) for n, ioc in enumerate(iocs)], positions


def test_iocs_without_a_tick_are_left_out() -> None:
    lookups, positions = rows(3)
    skipped = unticked(lookups, positions, Choice(frozenset({"ipv4"}), frozenset({0, 2})))
    assert skipped == {(lookups[1].ioc, "Fake"): LEFT_OUT}


def test_every_ioc_of_a_type_without_a_tick_is_left_out() -> None:
    lookups, positions = rows(3)
    assert len(unticked(lookups, positions, Choice(frozenset(), frozenset({0, 1, 2})))) == 3


def test_iocs_without_a_tick_box_follow_their_type() -> None:
    lookups, positions = rows(SHOWN_ROWS + 10)
    skipped = unticked(lookups, positions, Choice(frozenset({"ipv4"}), frozenset()))
    assert len(skipped) == SHOWN_ROWS
    # Those that are asked last are those that were not shown.
    assert all((row.ioc, "Fake") not in skipped for row in lookups[:10])


def test_only_waiting_lookups_are_left_out() -> None:
    lookups, positions = rows(1)
    held = Lookup(lookups[0].ioc, "Fake", LookupState.NOT_ASKED, reason="private address")
    assert unticked([held], positions, Choice(frozenset(), frozenset())) == {}
