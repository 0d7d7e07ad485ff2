from __future__ import annotations

from app.pipeline.models import IOCType


def test_every_type_has_the_heading_of_its_group() -> None:
    headings = [kind.heading for kind in IOCType]
    assert all(headings)
    assert len(set(headings)) == len(headings)
