"""A team's month of pastes, drawn from a seed: what analysts of a small company meet."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import md5, sha1, sha256

from app.enrichment.models import Verdict
from app.pipeline.models import IOC, IOCType

_BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
_DAYS = 31
_PASTES_A_DAY = 40
_WEEKEND_SHARE = 0.15
_OPENS_AT, _CLOSES_AT = 8, 18  # UTC
_CAMPAIGNS = 45
_COMMON = 160

# The mix of IOCs in a paste: "common" ones stand in the pastes of every analyst, "campaign" ones
# belong to a campaign that is going on, "single" ones come once.
_ALERT = {"common": 0.50, "campaign": 0.10, "single": 0.40}
_REPORT = {"common": 0.10, "campaign": 0.85, "single": 0.05}
_REPORT_SHARE = 0.12


@dataclass(frozen=True, slots=True)
class Paste:
    at: datetime
    iocs: tuple[IOC, ...]
    """In the order of the text."""


@dataclass(frozen=True, slots=True)
class Month:
    begin: datetime
    end: datetime
    pastes: Sequence[Paste]
    verdicts: Mapping[IOC, Verdict]
    """What the provider would say of each."""
    files: Mapping[IOC, tuple[IOC, ...]]
    """The other hashes of a file that the provider knows."""


@dataclass(frozen=True, slots=True)
class _Campaign:
    begin: datetime
    end: datetime
    iocs: tuple[IOC, ...]


def draw(seed: int) -> Month:
    return _Maker(random.Random(seed)).month()  # noqa: S311  # figures, not secrets


class _Maker:
    def __init__(self, luck: random.Random) -> None:
        self._luck = luck
        self._made = 0
        self._verdicts: dict[IOC, Verdict] = {}
        self._files: dict[IOC, tuple[IOC, ...]] = {}
        self._common = [self._common_ioc() for _ in range(_COMMON)]
        self._campaigns = [self._campaign() for _ in range(_CAMPAIGNS)]

    def month(self) -> Month:
        pastes = sorted((self._paste(at) for at in self._times()), key=lambda paste: paste.at)
        end = _BEGIN + timedelta(days=_DAYS)
        return Month(_BEGIN, end, pastes, self._verdicts, self._files)

    def _times(self) -> Iterator[datetime]:
        for day in range(_DAYS):
            date = _BEGIN + timedelta(days=day)
            share = _WEEKEND_SHARE if date.weekday() >= 5 else 1.0
            for _ in range(round(self._luck.gauss(_PASTES_A_DAY, 5) * share)):
                yield date + timedelta(hours=self._luck.uniform(_OPENS_AT, _CLOSES_AT))

    def _paste(self, at: datetime) -> Paste:
        is_report = self._luck.random() < _REPORT_SHARE
        mix = _REPORT if is_report else _ALERT
        size = self._luck.lognormvariate(4.1 if is_report else 2.0, 0.9)
        going_on = [c for c in self._campaigns if c.begin <= at < c.end]
        campaign = self._luck.choice(going_on) if going_on else None
        iocs: list[IOC] = []
        for kind in self._luck.choices(list(mix), list(mix.values()), k=min(500, 1 + int(size))):
            if kind == "campaign" and campaign:
                iocs.extend(self._of_campaign(campaign, is_report))
            elif kind == "single":
                iocs.append(self._single())
            else:  # the few best known stand in every second log
                rank = int(self._luck.paretovariate(0.7)) - 1
                iocs.append(self._common[min(rank, _COMMON - 1)])
        return Paste(at, tuple(dict.fromkeys(iocs)))

    def _of_campaign(self, campaign: _Campaign, is_report: bool) -> tuple[IOC, ...]:
        """Reports list a file by all of its hashes, alerts by one of them."""
        ioc = self._luck.choice(campaign.iocs)
        others = self._files.get(ioc, ())
        return (ioc, *others) if is_report else (ioc,)

    def _campaign(self) -> _Campaign:
        begin = _BEGIN + timedelta(days=self._luck.uniform(-4, _DAYS))
        iocs = tuple(self._campaign_ioc() for _ in range(self._luck.randint(8, 40)))
        return _Campaign(begin, begin + timedelta(days=self._luck.uniform(2, 9)), iocs)

    def _campaign_ioc(self) -> IOC:
        kind = self._luck.choices(("file", "url", "domain", "ipv4"), (25, 30, 25, 20))[0]
        share = {"file": 0.75, "url": 0.55, "domain": 0.55, "ipv4": 0.30}[kind]
        return self._ioc(kind, self._verdict(share, unknown=0.2))

    def _single(self) -> IOC:
        kind = self._luck.choices(("file", "url", "domain", "ipv4"), (15, 25, 25, 35))[0]
        return self._ioc(kind, self._verdict(0.06, unknown=0.4))

    def _common_ioc(self) -> IOC:
        kind = self._luck.choices(("url", "domain", "ipv4"), (15, 55, 30))[0]
        return self._ioc(kind, Verdict.NO_DETECTIONS)

    def _verdict(self, malicious: float, unknown: float) -> Verdict:
        drawn = self._luck.random()
        if drawn < malicious:
            return Verdict.MALICIOUS
        return Verdict.NOT_FOUND if drawn < malicious + unknown else Verdict.NO_DETECTIONS

    def _ioc(self, kind: str, verdict: Verdict) -> IOC:
        self._made += 1
        n = self._made
        if kind == "file":
            return self._file(f"file {n}".encode(), verdict)
        value = {
            "ipv4": f"45.{n // 62500}.{n // 250 % 250}.{n % 250 + 1}",
            "domain": f"host-{n}.example-updates.com",
            "url": f"https://host-{n}.example-updates.com/{n}",
        }[kind]
        ioc = IOC(IOCType(kind), value)
        self._verdicts[ioc] = verdict
        return ioc

    def _file(self, content: bytes, verdict: Verdict) -> IOC:
        hashes = (
            IOC(IOCType.MD5, md5(content, usedforsecurity=False).hexdigest()),
            IOC(IOCType.SHA1, sha1(content, usedforsecurity=False).hexdigest()),
            IOC(IOCType.SHA256, sha256(content).hexdigest()),
        )
        for ioc in hashes:
            self._verdicts[ioc] = verdict
            if verdict is not Verdict.NOT_FOUND:  # no provider links the hashes of an unknown file
                self._files[ioc] = tuple(other for other in hashes if other != ioc)
        return self._luck.choice(hashes)
