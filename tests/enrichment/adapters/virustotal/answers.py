"""What VirusTotal is made to answer, and what the adapter then says."""

from __future__ import annotations

from typing import Any

import responses

from app.enrichment.adapters.base import HTTPAdapter
from app.enrichment.adapters.virustotal import ENDPOINT_MAP, VTAdapter
from app.enrichment.models import EnrichmentResult, Outcome
from app.pipeline.models import IOC, IOCType
from tests.canary import CANARY_KEY

BASE = "https://www.virustotal.com/api/v3"


MD5 = "0f273b7599dec3559b78f20045743b0a"


SHA256 = "5cbb91a9365901ed5063665788a4e723f1cca2e4029ffdf9fb346974c320d1ef"


ADDRESS = IOC(IOCType.IPV4, "185.220.101.45")


DOMAIN = IOC(IOCType.DOMAIN, "files.example.net")


URL = IOC(IOCType.URL, "http://files.example.net/invoice/update.exe")


FILE = IOC(IOCType.MD5, MD5)


def url_of(adapter: HTTPAdapter, ioc: IOC) -> str:
    """The address at which the adapter asks for an IOC."""
    return f"{adapter.http.base_url}{adapter.call(ioc).path}"


def ask(adapter: VTAdapter, ioc: IOC, **answer: Any) -> Outcome:
    with responses.RequestsMock() as web:
        web.get(url_of(adapter, ioc), **answer)
        outcome = adapter.lookup(ioc)
        assert web.calls[0].request.headers["x-apikey"] == CANARY_KEY
        assert CANARY_KEY not in str(web.calls[0].request.url)
    return outcome


def report(attributes: dict[str, Any], **data: Any) -> dict[str, Any]:
    return {"data": {"attributes": attributes, **data}}


def about(ioc: IOC, body: dict[str, Any]) -> dict[str, Any]:
    """The body as an answer about this IOC, where it does not say otherwise."""
    data = body["data"]
    names = {"url": "url", "md5": "md5", "sha1": "sha1", "sha256": "sha256"}
    named = {names[ioc.type]: ioc.value} if ioc.type in names else {}
    given = {"id": ioc.value, "type": ENDPOINT_MAP[ioc.type].object_type, **data}
    return {"data": {**given, "attributes": {**named, **data["attributes"]}}}


def stats(**counts: object) -> dict[str, Any]:
    return {"last_analysis_stats": counts}


def found(
    adapter: VTAdapter, ioc: IOC, attributes: dict[str, Any], **data: Any
) -> EnrichmentResult:
    outcome = ask(adapter, ioc, json=about(ioc, report(attributes, **data)))
    assert isinstance(outcome, EnrichmentResult)
    return outcome


def shown(result: EnrichmentResult) -> dict[str, str]:
    return {detail.label: detail.value for detail in result.details}


def found_json(adapter: VTAdapter, ioc: IOC, body: dict[str, Any]) -> EnrichmentResult:
    outcome = ask(adapter, ioc, json=about(ioc, body))
    assert isinstance(outcome, EnrichmentResult)
    return outcome
