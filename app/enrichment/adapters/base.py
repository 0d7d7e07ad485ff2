"""What every provider's adapter is, and what those that speak HTTP share."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar, Protocol

from app.enrichment.config_store import ConfigStore
from app.enrichment.http import Answer, BadResponseError, FetchError, HTTPClient, parse_json
from app.enrichment.models import (
    EnrichmentError,
    EnrichmentResult,
    ErrorKind,
    Outcome,
    Verdict,
)
from app.errors import ConfigStoreError
from app.pipeline.models import IOC, IOCType


class Adapter(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def supported_types(self) -> frozenset[IOCType]: ...

    def lookup(self, ioc: IOC) -> Outcome: ...


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
    supported_types: ClassVar[frozenset[IOCType]]

    def __init__(self, keys: ConfigStore, http: HTTPClient) -> None:
        self._keys = keys
        self._http = http

    @abstractmethod
    def key(self) -> str | None:
        """The API key as stored now, so that a new one counts without a restart."""

    @abstractmethod
    def url(self, ioc: IOC) -> str:
        """Raises BadResponseError when the provider cannot be asked for this value."""

    @abstractmethod
    def auth(self, key: str) -> Mapping[str, str]:
        """The header that carries the key; never a part of the address."""

    @abstractmethod
    def parse(self, ioc: IOC, body: Mapping[str, Any]) -> EnrichmentResult:
        """Raises BadResponseError for an answer that its interface does not allow."""

    def is_pending_answer(self, answer: Answer) -> bool:
        """Whether a 400 means `not yet` rather than `never`."""
        return False

    def close(self) -> None:
        """Cut what is under way."""
        self._http.close()

    @property
    def is_usable(self) -> bool:
        return self.key() is not None

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
            return self._read(ioc, answer)
        except FetchError as e:
            return self._error(ioc, e.kind, f"{self.name} could not be asked. {e}")
        except ConfigStoreError as e:
            return self._error(ioc, ErrorKind.AUTH, str(e))
        except RefusedValueError as e:
            return self._error(ioc, ErrorKind.REFUSED, str(e))
        except (BadResponseError, RecursionError):
            sentence = f"{self.name} sent an answer that Telltale cannot read."
            return self._error(ioc, ErrorKind.BAD_RESPONSE, sentence)

    def _read(self, ioc: IOC, answer: Answer) -> Outcome:
        """By status first: the body of an error may be anything."""
        match answer.status:
            case 200:
                return self.parse(ioc, parse_json(answer))
            case 404 if answer.media_type != "text/html":  # a page is some proxy's, not the API's
                return EnrichmentResult(ioc, self.name, Verdict.NOT_FOUND)
            case 401:
                return self._error(
                    ioc, ErrorKind.AUTH, f"{self.name} did not accept the key; check the settings."
                )
            case 403:
                return self._error(
                    ioc, ErrorKind.REFUSED, f"{self.name} does not allow this with the stored key."
                )
            case 407:
                return self._error(
                    ioc, ErrorKind.UNAVAILABLE, "The proxy asks for a login; check TELLTALE_PROXY."
                )
            case 400 if self.is_pending_answer(answer):
                return self._error(
                    ioc, ErrorKind.UNAVAILABLE, f"{self.name} has no answer yet; retry later."
                )
            case 429:
                wait = retry_after(answer.headers.get("Retry-After"))
                return self._error(
                    ioc,
                    ErrorKind.RATE_LIMITED,
                    f"{self.name}'s quota is used up; retry later.",
                    wait,
                )
            case 404:
                sentence = f"A page came instead of {self.name}'s answer; is a proxy in between?"
                return self._error(ioc, ErrorKind.BAD_RESPONSE, sentence)
            case status if 400 <= status < 500:
                sentence = f"{self.name} refused the question (HTTP {status})."
                return self._error(ioc, ErrorKind.REFUSED, sentence)
            case status if status >= 500:
                sentence = f"{self.name} is out of order at the moment (HTTP {status})."
                return self._error(ioc, ErrorKind.UNAVAILABLE, sentence)
            case status if 300 <= status < 400:
                sentence = f"{self.name} sent Telltale elsewhere (HTTP {status}): not followed."
                return self._error(ioc, ErrorKind.BAD_RESPONSE, sentence)
            case status:
                sentence = f"{self.name} sent an empty answer (HTTP {status})."
                return self._error(ioc, ErrorKind.BAD_RESPONSE, sentence)

    def _error(
        self, ioc: IOC, kind: ErrorKind, sentence: str, wait: float | None = None
    ) -> EnrichmentError:
        return EnrichmentError(ioc, self.name, sentence, kind, wait)


class RefusedValueError(ValueError):
    """A value that this provider cannot be asked for; the text is a sentence."""


def retry_after(value: str | None) -> float | None:
    """Seconds of a Retry-After header, given as seconds or as a date (RFC 9110, 10.2.3)."""
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return float(value)
    try:
        return max(parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except (ValueError, OverflowError):
        return None
