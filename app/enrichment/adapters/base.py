"""What every provider's adapter is, and what those that speak HTTP share."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Any, ClassVar, Protocol

from app.enrichment.config_store import ConfigStore
from app.enrichment.http.client import Answer, BadResponseError, FetchError, HTTPClient, parse_json
from app.enrichment.models import EnrichmentError, EnrichmentResult, ErrorKind, Outcome, Verdict
from app.enrichment.quota.models import Account, Calendar, KeyCheck, Quota, Window
from app.errors import ConfigStoreError
from app.pipeline.models import IOC, IOCType

MAX_RETRY_AFTER_S = 86400.0  # no window of a quota that we would wait for is longer


# Statuses that are no answer -> what they mean; the first row that holds the status.
STATUSES: tuple[tuple[Container[int], ErrorKind, str], ...] = (
    ({401}, ErrorKind.AUTH, "{name} did not accept the key; check the settings."),
    ({403}, ErrorKind.REFUSED, "{name} does not allow this with the stored key."),
    ({404}, ErrorKind.BAD_RESPONSE, "A page came instead of {name}'s answer: is a proxy between?"),
    ({407}, ErrorKind.UNAVAILABLE, "The proxy asks for a login; check TELLTALE_PROXY."),
    ({429}, ErrorKind.RATE_LIMITED, "{name}'s quota is used up; retry later."),
    (range(300, 400), ErrorKind.BAD_RESPONSE, "{name} sent Telltale elsewhere: not followed."),
    (range(400, 500), ErrorKind.REFUSED, "{name} refused the question (HTTP {status})."),
    (range(500, 600), ErrorKind.UNAVAILABLE, "{name} is out of order (HTTP {status})."),
    (range(1000), ErrorKind.BAD_RESPONSE, "{name} sent an empty answer (HTTP {status})."),
)


class Adapter(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def supported_types(self) -> frozenset[IOCType]: ...

    def lookup(self, ioc: IOC) -> Outcome: ...


def account_of(adapter: Adapter) -> Account:
    """The account that its next lookup uses. Raises ConfigStoreError."""
    return adapter.account() if isinstance(adapter, HTTPAdapter) else Account(adapter.name)


@dataclass(frozen=True, slots=True)
class About:
    """What the settings page says of a provider."""

    name: str
    site: str
    variable: str
    """The environment variable that may hold its key."""
    terms: str


class HTTPAdapter(ABC):
    """A provider asked by one GET; subclasses say where, with which header, and what it means.

    `lookup` is called from any thread, returns within the client's deadline and does not raise.
    """

    name: ClassVar[str]
    about: ClassVar[About]
    pace_setting: ClassVar[str]
    """The setting that says how often it may be asked in a minute."""
    limit_settings: ClassVar[Mapping[float | Calendar, str]]
    """The settings that say how often it may be asked within a period, see `Window`."""
    documented_windows: ClassVar[tuple[Window, ...]]
    """What a free key may do, as the provider's documentation has it."""
    time_to_live: ClassVar[Mapping[Verdict | None, timedelta]]
    """For how long an answer need not be asked for again, by its verdict: one for each."""
    supported_types: ClassVar[frozenset[IOCType]]

    def __init__(self, keys: ConfigStore, http: HTTPClient) -> None:
        self._keys = keys
        self._http = http

    @abstractmethod
    def key(self) -> str | None:
        """The API key as stored now, so that a new one counts without a restart."""

    @abstractmethod
    def url(self, ioc: IOC) -> str:
        """Raises RefusedValueError when the provider cannot be asked for this value."""

    @abstractmethod
    def auth(self, key: str) -> Mapping[str, str]:
        """The header that carries the key; never a part of the address."""

    @abstractmethod
    def parse(self, ioc: IOC, body: Mapping[str, Any]) -> EnrichmentResult:
        """Raises BadResponseError for an answer that its interface does not allow."""

    @abstractmethod
    def quota_url(self, key: str) -> str:
        """Where the provider says what this key may ask."""

    @abstractmethod
    def parse_quotas(self, body: Mapping[str, Any]) -> tuple[Quota, ...]:
        """Raises BadResponseError for an answer that its interface does not allow."""

    def is_pending_answer(self, answer: Answer) -> bool:
        """Whether a 400 means `not yet` rather than `never`."""
        return False

    @property
    def http(self) -> HTTPClient:
        """The way to the provider."""
        return self._http

    def close(self) -> None:
        """Cut what is under way."""
        self._http.close()

    @property
    def is_usable(self) -> bool:
        return self.key() is not None

    def account(self) -> Account:
        """Of the key as stored now. Raises ConfigStoreError."""
        return self.account_of_key(self.key() or "")

    def account_of_key(self, key: str) -> Account:
        return Account(self.name, digest(self.name, key) if key else "")

    def lookup(self, ioc: IOC) -> Outcome:
        if ioc.type not in self.supported_types:
            return self._error(
                ioc, ErrorKind.UNSUPPORTED, f"{self.name} is not asked for this type."
            )
        try:
            key = self.key()
            if key is None:
                return self._error(
                    ioc, ErrorKind.AUTH, f"No {self.name} key is stored; add one in the settings."
                )
            answer = self._http.get(
                self.url(ioc), self.auth(key), read_body_of=frozenset({200, 400})
            )
            return self._kept(self._read(ioc, answer), key)
        except FetchError as e:
            return self._error(ioc, e.kind, f"{self.name} could not be asked. {e}")
        except ConfigStoreError as e:
            return self._error(ioc, ErrorKind.AUTH, str(e))
        except RefusedValueError as e:
            return self._error(ioc, ErrorKind.REFUSED, str(e))
        except UnicodeError:  # a lone surrogate: no address can carry it
            sentence = f"{self.name} cannot be asked for this value: it is not valid Unicode."
            return self._error(ioc, ErrorKind.REFUSED, sentence)
        except (BadResponseError, RecursionError):
            sentence = f"{self.name} sent an answer that Telltale cannot read."
            return self._error(ioc, ErrorKind.BAD_RESPONSE, sentence)

    def check_key(self, key: str) -> KeyCheck:
        """Whether the provider takes this key; does not raise."""
        try:
            answer = self._http.get(self.quota_url(key), self.auth(key), frozenset({200}))
            if answer.status == 200:
                return KeyCheck(self.parse_quotas(parse_json(answer)))
            return KeyCheck(error=self.refusal_of_key(answer))
        except FetchError as e:
            return KeyCheck(error=f"{self.name} could not be asked. {e}")
        except (BadResponseError, RecursionError):
            return KeyCheck(error=f"{self.name} sent an answer that Telltale cannot read.")

    def ask_about_key(self, key: str | None, deadline_s: float) -> Answer:
        """The answer as it came, whoever gave it. Raises FetchError.

        Without a key the provider can only say that one is missing.
        """
        headers = self.auth(key) if key else {"Accept": "application/json"}
        url = self.quota_url(key or "nobody")
        return self._http.get(url, headers, frozenset(range(200, 600)), deadline_s)

    def is_own_answer(self, answer: Answer) -> bool:
        """Whether the provider gave it, and not what stands in between."""
        try:
            return bool(parse_json(answer))
        except BadResponseError:
            return False

    def refusal_of_key(self, answer: Answer) -> str:
        if answer.status == 401:
            return f"{self.name} did not accept the key."
        if answer.status == 404 and answer.media_type != "text/html":
            return f"{self.name} knows no account with this key."
        return _meaning(self.name, answer.status)[1]

    def _read(self, ioc: IOC, answer: Answer) -> Outcome:
        """By status first: the body of an error may be anything."""
        status = answer.status
        if status == 200:
            return self.parse(ioc, parse_json(answer))
        # A page in place of the API's answer is some proxy's: it says nothing of the IOC.
        if status == 404 and answer.media_type != "text/html":
            return EnrichmentResult(ioc, self.name, Verdict.NOT_FOUND)
        if status == 400 and self.is_pending_answer(answer):
            sentence = f"{self.name} has no answer yet; retry later."
            return self._error(ioc, ErrorKind.UNAVAILABLE, sentence)
        kind, sentence = _meaning(self.name, status)
        wait = retry_after(answer.headers.get("Retry-After")) if status == 429 else None
        return self._error(ioc, kind, sentence, wait)

    def _kept(self, outcome: Outcome, key: str) -> Outcome:
        """An answer says whose it is, and how long it may be used."""
        if isinstance(outcome, EnrichmentError):
            return outcome
        return replace(
            outcome,
            account=self.account_of_key(key).digest,
            fresh_until=outcome.fetched_at + self.time_to_live[outcome.verdict],
        )

    def _error(
        self, ioc: IOC, kind: ErrorKind, sentence: str, wait: float | None = None
    ) -> EnrichmentError:
        return EnrichmentError(ioc, self.name, sentence, kind, wait)


def digest(provider: str, key: str) -> str:
    """Names the key without telling it: keys are random, and long."""
    return sha256(f"{provider}\0{key}".encode()).hexdigest()


class RefusedValueError(ValueError):
    """A value that this provider cannot be asked for; the text is a sentence."""


def _meaning(name: str, status: int) -> tuple[ErrorKind, str]:
    kind, sentence = next(
        (kind, sentence) for statuses, kind, sentence in STATUSES if status in statuses
    )
    return kind, sentence.format(name=name, status=status)


def retry_after(value: str | None) -> float | None:
    """Seconds of a Retry-After header, given as seconds or as a date (RFC 9110, 10.2.3)."""
    text = (value or "").strip()
    try:
        seconds = float(text) if text.isascii() and text.isdigit() else _seconds_until(text)
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)


def _seconds_until(date: str) -> float:
    return parsedate_to_datetime(date).timestamp() - time.time()
