"""Every planted IOC is found in its place, and nothing else is found."""

from __future__ import annotations

import hashlib

import pytest

from app.documents.models import State
from tests.documents.conftest import Read
from tests.documents.corpus import CORPUS, INVENTED, Planted


@pytest.mark.parametrize("planted", CORPUS, ids=lambda planted: planted.name)
def test_everything_planted_is_found_in_its_place(planted: Planted, read: Read) -> None:
    content = planted.content()
    result = read(planted.name, content)
    places: dict[str, list[str]] = {}
    for occurrence in result.occurrences():
        assert occurrence.place.document == planted.name
        places.setdefault(occurrence.evidence.ioc.value, []).append(occurrence.place.part)
    missing = {v: p for v, p in planted.expected.items() if p not in places.get(v, [])}
    assert not missing, places
    assert (result.state, result.reason) == (State.OK, "")
    assert not [value for value in places if any(mark in value for mark in INVENTED)]
    assert result.document.sha256 == hashlib.sha256(content).hexdigest()
