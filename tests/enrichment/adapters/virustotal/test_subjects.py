"""An answer counts only for the object that was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from app.enrichment.adapters.base import HTTPAdapter
from app.enrichment.adapters.virustotal import VTAdapter
from app.enrichment.models import EnrichmentError, EnrichmentResult, ErrorKind
from app.pipeline.models import IOC, IOCType
from tests.enrichment.adapters.virustotal.answers import ADDRESS, DOMAIN, FILE, MD5, URL, ask

GOOD = {"id": ADDRESS.value, "type": "ip_address", "attributes": {}}
NAME = IOC(IOCType.DOMAIN, "xn--bcher-kva.example.net")
V6 = IOC(IOCType.IPV6, "2a0b:f4c2::10")


@pytest.mark.parametrize(
    ("ioc", "data"),
    [
        (ADDRESS, {**GOOD, "id": "8.8.8.8"}),
        (DOMAIN, {"id": "other.example.net", "type": "domain", "attributes": {}}),
        (FILE, {"id": "a" * 64, "type": "file", "attributes": {"md5": "b" * 32}}),
        (URL, {"id": "a" * 64, "type": "url", "attributes": {"url": "http://other.example/"}}),
        *[(ADDRESS, {k: v for k, v in GOOD.items() if k != name}) for name in GOOD],
        *[(ADDRESS, {**GOOD, name: wrong}) for name in GOOD for wrong in (None, 7, [], True)],
    ],
)
def test_an_answer_about_another_object_is_no_answer(
    adapter: VTAdapter, ioc: IOC, data: dict[str, Any]
) -> None:
    outcome = ask(adapter, ioc, json={"data": data})
    assert isinstance(outcome, EnrichmentError)
    assert outcome.kind is ErrorKind.BAD_RESPONSE


@pytest.mark.parametrize(
    ("ioc", "data"),
    [
        (NAME, {"id": "Bücher.Example.net.", "type": "domain", "attributes": {}}),
        (V6, {"id": "2A0B:F4C2:0:0::0010", "type": "ip_address", "attributes": {}}),
        (FILE, {"id": "a" * 64, "type": "file", "attributes": {"md5": MD5.upper()}}),
        (
            IOC(IOCType.URL, "http://A.example:80"),
            {"id": "c" * 64, "type": "url", "attributes": {"url": "http://a.example/"}},
        ),
    ],
)
def test_another_spelling_is_the_same_object(
    adapter: VTAdapter, ioc: IOC, data: dict[str, Any]
) -> None:
    assert isinstance(ask(adapter, ioc, json={"data": data}), EnrichmentResult)


@pytest.mark.parametrize("body", [{}, {"error": "gone"}, {"error": {"code": "NoRoute"}}, {"a": 1}])
def test_a_404_in_another_dialect_is_no_answer(adapter: VTAdapter, body: dict[str, Any]) -> None:
    outcome = ask(adapter, ADDRESS, json=body, status=404)
    assert isinstance(outcome, EnrichmentError)
    assert outcome.kind is ErrorKind.BAD_RESPONSE


def test_an_adapter_cannot_be_built_without_saying_what_an_answer_is_about() -> None:
    assert "subject_of" in HTTPAdapter.__abstractmethods__
