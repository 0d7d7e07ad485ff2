"""AbuseIPDB, API v2 (https://docs.abuseipdb.com/#check-endpoint)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import quote

from app.enrichment.adapters import parsing
from app.enrichment.adapters.base import HTTPAdapter
from app.enrichment.adapters.declaration import DAY, Declaration, Freshness, Get, Key
from app.enrichment.adapters.subjects import Subject
from app.enrichment.http.answers import BadResponseError
from app.enrichment.models import EnrichmentResult, Score, Verdict
from app.enrichment.quota.models import Calendar, Window
from app.pipeline.models import IOC, IOCType

CHECK = Get("/check", {"ipAddress": "{value}", "maxAgeInDays": "90"})


class AbuseIPDBAdapter(HTTPAdapter):
    declaration = Declaration(
        "abuseipdb",
        "AbuseIPDB",
        prefix="ABUSEIPDB",
        site="https://www.abuseipdb.com/",
        base_url="https://api.abuseipdb.com/api/v2",
        key=Key("Key"),
        terms="A free key allows 1,000 lookups a day.",
        limits=(Window(1_000, Calendar.DAY),),
        # Reports come in all day; an address without any is soon reported once it attacks.
        fresh_for=Freshness(answered=DAY, not_found=timedelta(hours=6)),
        # Loopback: a valid question that tells the provider nothing.
        probe=IOC(IOCType.IPV4, "127.0.0.1"),
        key_check="looks up 127.0.0.1, which counts as one lookup",
    )
    requests: ClassVar[Mapping[IOCType, Get]] = {IOCType.IPV4: CHECK, IOCType.IPV6: CHECK}

    def subject_of(self, ioc: IOC, body: Mapping[str, Any]) -> Subject:
        return Subject((parsing.mapping(body.get("data"), "data").get("ipAddress"),))

    def parse(self, ioc: IOC, body: Mapping[str, Any]) -> EnrichmentResult:
        data = parsing.mapping(body.get("data"), "data")
        reports = parsing.whole(data.get("totalReports"), "totalReports")
        confidence = parsing.count(data.get("abuseConfidenceScore"), "abuseConfidenceScore")
        if confidence > 100:
            raise BadResponseError("the confidence is no percentage")
        return EnrichmentResult(
            ioc,
            self.name,
            # An address that was never reported is no record, not a clean one; and a percentage
            # is no verdict, so none is made of it.
            None if reports else Verdict.NOT_FOUND,
            score=Score(confidence, 100, "confidence") if reports else None,
            details=parsing.details(
                ("reports", "Reports", parsing.number(reports)),
                ("reporters", "Reporters", parsing.number(data.get("numDistinctUsers"))),
                ("last_report", "Last report", parsing.text(data.get("lastReportedAt"))),
                ("usage", "Usage", parsing.text(data.get("usageType"))),
                ("isp", "ISP", parsing.text(data.get("isp"))),
                ("domain", "Domain", parsing.text(data.get("domain"))),
                ("country", "Country", parsing.text(data.get("countryCode"))),
                ("tor", "Tor exit", "yes" if data.get("isTor") is True else None),
                ("allowed", "Allow list", "yes" if data.get("isWhitelisted") is True else None),
            ),
            link=f"https://www.abuseipdb.com/check/{quote(ioc.value, safe='')}",
        )
