from __future__ import annotations

import pytest

from app.enrichment.models import TLP, Lookup, LookupState
from app.pipeline.models import IOC
from app.triage.proposal import LEFT_OUT, SHOWN_ROWS, Choice, left_out, tlp_said
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
def test_a_text_may_say_that_it_must_stay(text: str, said: TLP | None) -> None:
    assert tlp_said(text) == said


def rows(count: int) -> tuple[list[Lookup], dict[IOC, int]]:
    iocs = make_iocs(count)
    positions = {ioc: n for n, ioc in enumerate(iocs)}
    return [Lookup(ioc, "Fake", rank=count - n) for n, ioc in enumerate(iocs)], positions


def test_what_is_not_ticked_is_left_out() -> None:
    lookups, positions = rows(3)
    skipped = left_out(lookups, positions, Choice(frozenset({"ipv4"}), frozenset({0, 2})))
    assert skipped == {(lookups[1].ioc, "Fake"): LEFT_OUT}


def test_a_type_that_is_not_ticked_is_left_out_as_a_whole() -> None:
    lookups, positions = rows(3)
    assert len(left_out(lookups, positions, Choice(frozenset(), frozenset({0, 1, 2})))) == 3


def test_what_is_not_shown_goes_with_its_type() -> None:
    lookups, positions = rows(SHOWN_ROWS + 10)
    skipped = left_out(lookups, positions, Choice(frozenset({"ipv4"}), frozenset()))
    assert len(skipped) == SHOWN_ROWS
    # Those that are asked last are those that were not shown.
    assert all((row.ioc, "Fake") not in skipped for row in lookups[:10])


def test_only_what_waits_can_be_left_out() -> None:
    lookups, positions = rows(1)
    held = Lookup(lookups[0].ioc, "Fake", LookupState.NOT_ASKED, reason="private address")
    assert left_out([held], positions, Choice(frozenset(), frozenset())) == {}
