"""Reports on objects that no fixture describes, so that a demo can be given any text.

Everything follows from SHA-256(seed, collection, id): the same object reads the same
in every process, on every platform.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from ipaddress import ip_network
from typing import Any, TypeVar

from . import names
from .identifiers import HASH_LENGTHS, sha256

T = TypeVar("T")
Attributes = dict[str, Any]

NOW = 1_795_000_000  # reports never read the real time
DAY = 86_400
NETWORK_COUNTERS = ("malicious", "suspicious", "undetected", "harmless", "timeout")
FILE_COUNTERS = (*NETWORK_COUNTERS, "confirmed-timeout", "failure", "type-unsupported")
# The outcome of a throw below 100, by upper bound.
OUTCOMES = (
    (20, "unknown"),
    (65, "no_detections"),
    (85, "malicious"),
    (93, "suspicious"),
    (100, "never_analysed"),
)


class Dice:
    """Numbers from a text, with nothing left to chance."""

    def __init__(self, *parts: object) -> None:
        self._text = "\n".join(map(str, parts))
        self._thrown = 0

    def below(self, bound: int) -> int:
        self._thrown += 1
        digest = hashlib.sha256(f"{self._text}\n{self._thrown}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % bound

    def between(self, low: int, high: int) -> int:
        return low + self.below(high - low + 1)

    def pick(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]

    def sample(self, choices: Sequence[T], count: int) -> list[T]:
        left = list(choices)
        return [left.pop(self.below(len(left))) for _ in range(min(count, len(left)))]


class Invention:
    """One made-up object; `url` is the canonical URL when the client sent it."""

    def __init__(self, collection: str, object_id: str, url: str = "", seed: int = 0) -> None:
        self._collection = collection
        self._asked = object_id
        self._url = url
        self._dice = Dice(seed, collection, object_id)
        throw = self._dice.below(100)
        self.outcome = next(outcome for bound, outcome in OUTCOMES if throw < bound)

    @property
    def is_unknown(self) -> bool:
        return self.outcome == "unknown"

    @property
    def is_bad(self) -> bool:
        return self.outcome in ("malicious", "suspicious")

    @property
    def id(self) -> str:
        if self._collection == "files" and len(self._asked) != 64:
            return sha256(f"sha256 of {self._asked}")
        return self._asked

    def attributes(self) -> Attributes:
        describe: dict[str, Callable[[], Attributes]] = {
            "ip_addresses": self._ip,
            "domains": self._domain,
            "urls": self._url_report,
            "files": self._file,
        }
        return {**describe[self._collection](), **self._community(), **self._analysis()}

    def _community(self) -> Attributes:
        disliked = self._dice.between(1, 9) if self.is_bad else 0
        liked = self._dice.below(4)
        tags = self._dice.sample(names.TAGS[self._collection], int(self.is_bad))
        return {
            "reputation": 3 * (liked - disliked),
            "total_votes": {"harmless": liked, "malicious": disliked},
            "last_modification_date": NOW - self._dice.below(DAY),
            "tags": tags,
        }

    def _analysis(self) -> Attributes:
        if self.outcome == "never_analysed":
            return {}
        results = self._results()
        counters = FILE_COUNTERS if self._collection == "files" else NETWORK_COUNTERS
        counted = Counter(result["category"] for result in results.values())
        return {
            "last_analysis_date": NOW - DAY - self._dice.below((14 if self.is_bad else 180) * DAY),
            "last_analysis_stats": {name: counted[name] for name in counters},
            "last_analysis_results": results,
        }

    def _results(self) -> dict[str, Attributes]:
        engines = self._dice.sample(names.ENGINES, self._dice.between(58, len(names.ENGINES)))
        malicious, suspicious = self._detections()
        return {
            engine: self._result(engine, place, malicious, malicious + suspicious)
            for place, engine in enumerate(engines)
        }

    def _detections(self) -> tuple[int, int]:
        """How many engines object; a third of the malicious ones is weak: one or two."""
        if self.outcome == "malicious":
            if self._dice.below(3) == 0:
                return self._dice.between(1, 2), 0
            return self._dice.between(3, 48), self._dice.below(4)
        return 0, self._dice.between(1, 3) if self.outcome == "suspicious" else 0

    def _result(self, engine: str, place: int, malicious: int, objecting: int) -> Attributes:
        if place < malicious:
            category = "malicious"
        elif place < objecting:
            category = "suspicious"
        else:
            category = self._quiet_category()
        result = {
            "method": "blacklist",
            "engine_name": engine,
            "category": category,
            "result": self._wording(category),
        }
        if self._collection == "files":
            result |= {
                "engine_version": f"{self._dice.between(1, 9)}.0",
                "engine_update": "20261117",
            }
        return result

    def _quiet_category(self) -> str:
        rare = self._dice.below(40)
        if self._collection == "files":
            return {0: "timeout", 1: "failure", 2: "type-unsupported"}.get(rare, "undetected")
        return "timeout" if rare == 0 else "undetected" if rare < 14 else "harmless"

    def _wording(self, category: str) -> str | None:
        if self._collection != "files":
            harm = self._dice.pick(("malware", "phishing", "malicious"))
            words = {"malicious": harm, "suspicious": "suspicious", "harmless": "clean"}
            return words.get(category, "unrated" if category == "undetected" else None)
        if category not in ("malicious", "suspicious"):
            return None
        family = self._dice.pick(names.FAMILIES).capitalize()
        return f"{self._dice.pick(names.THREATS).capitalize()}.{family}.{self._dice.below(900)}"

    def _ip(self) -> Attributes:
        country = self._dice.pick(names.COUNTRIES)
        continent = names.CONTINENTS.get(country, "EU")
        prefix = 48 if ":" in self._asked else 24
        return {
            "as_owner": self._dice.pick(names.AS_OWNERS),
            "asn": self._dice.between(64_496, 64_511),  # reserved for documentation
            "country": country,
            "continent": continent,
            "regional_internet_registry": names.REGISTRIES[continent],
            "network": str(ip_network(f"{self._asked.partition('%')[0]}/{prefix}", strict=False)),
        }

    def _domain(self) -> Attributes:
        age = self._age()
        created = NOW - age * DAY
        report: Attributes = {
            "tld": self._asked.rpartition(".")[2],
            "registrar": self._dice.pick(names.REGISTRARS),
            "creation_date": created,
            "expiration_date": created + (age // 365 + 1) * 365 * DAY,
            "categories": self._categories(),
        }
        if not self.is_bad:
            rank = {"rank": self._dice.between(900, 900_000), "timestamp": NOW - DAY}
            report["popularity_ranks"] = {"Example Umbrella": rank}
        return report

    def _url_report(self) -> Attributes:
        words = self._dice.sample(names.WORDS, 2)
        url = self._url or f"http://{'-'.join(words)}.example/{self._asked[:8]}"
        return {
            "url": url,
            "last_final_url": url,
            "title": self._dice.pick(names.TITLES),
            "last_http_response_code": self._dice.pick((200, 200, 200, 404, 302)),
            "categories": self._categories(),
            "times_submitted": self._dice.between(1, 40),
            **self._submissions(),
        }

    def _file(self) -> Attributes:
        description, tag, extension, magic = self._dice.pick(names.FILE_TYPES)
        name = f"{'_'.join(self._dice.sample(names.WORDS, 2))}.{extension}"
        report = {
            **self._hashes(),
            "size": self._dice.between(900, 9_000_000),
            "type_description": description,
            "type_tag": tag,
            "type_extension": extension,
            "magic": magic,
            "meaningful_name": name,
            "names": [name, f"{self._asked[:6]}.{extension}"],
            "times_submitted": self._dice.between(1, 40),
            "unique_sources": self._dice.between(1, 20),
            **self._submissions(),
        }
        if self.outcome == "malicious":
            report["popular_threat_classification"] = self._threat()
        return report

    def _hashes(self) -> dict[str, str]:
        derived = {
            name: sha256(f"{name} of {self.id}")[:length] for length, name in HASH_LENGTHS.items()
        }
        return {**derived, "sha256": self.id, HASH_LENGTHS[len(self._asked)]: self._asked}

    def _threat(self) -> Attributes:
        threat, family = self._dice.pick(names.THREATS), self._dice.pick(names.FAMILIES)
        return {
            "suggested_threat_label": f"{threat}.{family}",
            "popular_threat_category": [{"value": threat, "count": self._dice.between(3, 20)}],
            "popular_threat_name": [{"value": family, "count": self._dice.between(3, 20)}],
        }

    def _age(self) -> int:
        """Days since it came up, before its last analysis; what is bad is young."""
        return self._dice.between(16, 90) if self.is_bad else self._dice.between(200, 4000)

    def _categories(self) -> dict[str, str]:
        choices = names.BAD_CATEGORIES if self.is_bad else names.GOOD_CATEGORIES
        return {vendor: self._dice.pick(choices) for vendor in ("Vendor One", "Vendor Two")}

    def _submissions(self) -> dict[str, int]:
        first = NOW - self._age() * DAY
        return {
            "first_submission_date": first,
            "last_submission_date": first + self._dice.below(NOW - first),
        }
