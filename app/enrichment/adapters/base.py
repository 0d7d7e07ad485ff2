"""The base of all providers' adapters, and the code that those over HTTP share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any, ClassVar, Protocol

from app.enrichment.adapters.declaration import Call, Declaration, Request, call_for
from app.enrichment.adapters.http_answers import RefusedValueError, meaning_of, retry_after
from app.enrichment.adapters.masking import Mask, mask_of, without_masked_link
from app.enrichment.adapters.subjects import NotCompared, Subject, require_same
from app.enrichment.config_store import ConfigStore
from app.enrichment.http.answers import Answer, BadResponseError, is_json, parse_json
from app.enrichment.http.client import FetchError, HTTPClient
from app.enrichment.models import EnrichmentError, EnrichmentResult, ErrorKind, Outcome, Verdict
from app.enrichment.quota.models import Account, KeyCheck, Quota
from app.errors import ConfigStoreError
from app.pipeline.models import IOC, IOCType
from app.settings import PREFIX


class Adapter(Protocol):
    """One provider. `lookup` is called from any thread and does not raise.

    An adapter may also have `is_usable` (whether it has what it needs) and `account()`: without
    them it is always usable, and its calls and answers belong to one account without a key.
    """

    @property
    def name(self) -> str: ...

    @property
    def supported_types(self) -> frozenset[IOCType]: ...

    def lookup(self, ioc: IOC) -> Outcome: ...


def account_of(adapter: Adapter) -> Account:
    """Return the account that the next lookup uses. Raises ConfigStoreError."""
    account = getattr(adapter, "account", None)
    found: Account = account() if account else Account(adapter.name)
    return found


def is_usable(adapter: Adapter) -> bool:
    """Return whether the adapter has what it needs; also if its key cannot be read.

    A lookup with a key that cannot be read is made, so that its error tells the analyst why.
    """
    try:
        return bool(getattr(adapter, "is_usable", True))
    except ConfigStoreError:
        return True


class HTTPAdapter(ABC):
    """A provider that answers one HTTP request with JSON.

    A subclass declares the provider and its requests, and parses an answer. `lookup` is called
    from any thread, returns within the client's deadline and does not raise.
    """

    declaration: ClassVar[Declaration]
    requests: ClassVar[Mapping[IOCType, Request]]
    """The request for each supported type."""
    answer_type: ClassVar[type] = dict
    """The type of an answer's JSON: `dict` or `list`."""
    also_read: ClassVar[frozenset[int]] = frozenset({400, 404})
    """The statuses beside 200 whose body is needed to know what they mean."""
    name: ClassVar[str]
    supported_types: ClassVar[frozenset[IOCType]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # Derived, so that they cannot disagree with the declaration.
        cls.name = cls.declaration.name
        cls.supported_types = frozenset(cls.requests)

    def __init__(self, keys: ConfigStore, http: HTTPClient) -> None:
        self._keys = keys
        self.http = http
        """The client of this provider alone: it refuses any other origin."""

    # What a subclass says.

    @abstractmethod
    def parse(self, ioc: IOC, body: Any) -> EnrichmentResult:
        """Return what the JSON of a 200 says. Raises BadResponseError if it breaks the API."""

    @abstractmethod
    def subject_of(self, ioc: IOC, body: Any) -> Subject | NotCompared:
        """Return which object the JSON of a 200 is about. Raises BadResponseError.

        An answer about another object than the IOC is not parsed. `NotCompared` needs a reason
        in the provider's API.
        """

    def value_of(self, ioc: IOC) -> str:
        """Return the value as the provider wants it. Raises RefusedValueError if it cannot."""
        return ioc.value

    def is_no_record(self, answer: Answer) -> bool:
        """Return whether a 404 is the provider's own word for an IOC that it does not know.

        A subclass says so where the API documents it. By default no 404 is: gateways answer in
        JSON too, and their "no such route" says nothing about the IOC.
        """
        return False

    def is_pending_answer(self, answer: Answer) -> bool:
        """Return whether a 400 means "not yet" rather than "never"."""
        return False

    def quota_call(self, key: str) -> Call | None:
        """Return the request for the key's quotas; None if the provider has no such address."""
        return None

    def parse_quotas(self, body: Any) -> tuple[Quota, ...]:
        """Return the quotas that the answer to `quota_call` tells. Raises BadResponseError."""
        return ()

    def is_own_answer(self, answer: Answer) -> bool:
        """Return whether the provider gave the answer, and not a proxy or a login page."""
        try:
            parse_json(answer, object)
        except BadResponseError:
            return False
        return True

    # The key.

    def key(self) -> str | None:
        """Return the key as stored now, so that a new one counts without a restart.

        Raises ConfigStoreError.
        """
        return self._keys.get(self.declaration.key_prefix) if self.declaration.key else None

    @property
    def is_usable(self) -> bool:
        """Whether the provider has the key that it needs. Raises ConfigStoreError."""
        return not self.declaration.needs_key or self.key() is not None

    def auth(self, key: str | None) -> Mapping[str, str]:
        """Return the headers of a request; the key is in no other part of it."""
        headers = {"Accept": "application/json"}
        if key and self.declaration.key:
            headers[self.declaration.key.header] = f"{self.declaration.key.scheme}{key}"
        return headers

    def mask(self, key: str | None) -> Mask:
        """Return what hides this key, every key that is stored, and the proxy's password."""
        return mask_of(frozenset({key or "", *self._keys.every(), *self.http.proxy_secrets}))

    def account(self) -> Account:
        """Return the account of the key as stored now. Raises ConfigStoreError."""
        return self.account_of_key(self.key() or "")

    def account_of_key(self, key: str) -> Account:
        # A digest names the key without telling it: keys are random, and long.
        digest = sha256(f"{self.name}\0{key}".encode()).hexdigest() if key else ""
        return Account(self.name, digest)

    # Lookups.

    def lookup(self, ioc: IOC) -> Outcome:
        if ioc.type not in self.supported_types:
            return self._error(
                ioc, ErrorKind.UNSUPPORTED, f"{self.name} is not asked for this type."
            )
        try:
            key = self.key()
            if key is None and self.declaration.needs_key:
                return self._error(
                    ioc, ErrorKind.AUTH, f"No {self.name} key is stored; add one in the settings."
                )
            answer = self._send(self.call(ioc), key, self.also_read | {200})
            outcome = self._read(ioc, answer, self.mask(key))
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
        if isinstance(outcome, EnrichmentError):
            return outcome
        # An answer says which key got it and how long it may be used.
        return replace(
            outcome,
            account=self.account_of_key(key or "").digest,
            fresh_until=outcome.fetched_at + self.declaration.fresh_for.of(outcome.verdict),
        )

    def call(self, ioc: IOC) -> Call:
        """Return the request for this IOC. Raises RefusedValueError, UnicodeError."""
        return call_for(self.requests[ioc.type], self.value_of(ioc))

    def close(self) -> None:
        """Cut the connections of all lookups under way."""
        self.http.close()

    def _send(
        self,
        call: Call,
        key: str | None,
        read_body_of: frozenset[int],
        deadline_s: float | None = None,
    ) -> Answer:
        headers = dict(self.auth(key))
        if call.media_type:
            headers["Content-Type"] = call.media_type
        url = f"{self.http.base_url}{call.path}"
        return self.http.send(url, headers, read_body_of, deadline_s, body=call.body)

    def _read(self, ioc: IOC, answer: Answer, mask: Mask) -> Outcome:
        """Decide by status first: the body of an error may be anything."""
        status = answer.status
        if status == 200:
            body = parse_json(answer, self.answer_type)
            require_same(ioc.type, ioc.value, self.subject_of(ioc, body))
            # Before it is parsed: a key that was cut or rewritten would not be found any more.
            return without_masked_link(self.parse(ioc, mask.json(body)))
        if status == 404 and self.is_no_record(answer):
            return EnrichmentResult(ioc, self.name, Verdict.NOT_FOUND)
        if status == 400 and self.is_pending_answer(answer):
            return self._error(ioc, ErrorKind.UNAVAILABLE, f"{self.name} has no answer yet; retry.")
        kind, sentence = self.meaning_of(answer)
        wait = retry_after(answer.headers.get("Retry-After")) if status == 429 else None
        return self._error(ioc, kind, mask.text(sentence), wait)

    def meaning_of(self, answer: Answer) -> tuple[ErrorKind, str]:
        """Return what an answer means that is neither a 200 nor "no record"."""
        if answer.status == 404 and is_json(answer):
            setting = f"{PREFIX}{self.declaration.base_url_setting}"
            return ErrorKind.BAD_RESPONSE, (
                f"{self.name} has nothing at this address (HTTP 404); check {setting}. A proxy may "
                "be intercepting."
            )
        return meaning_of(self.name, answer.status)

    def _error(
        self, ioc: IOC, kind: ErrorKind, sentence: str, wait: float | None = None
    ) -> EnrichmentError:
        return EnrichmentError(ioc, self.name, sentence, kind, wait)

    # Checks of the key and of the connection.

    def check_key(self, key: str) -> KeyCheck:
        """Return whether the provider takes this key; does not raise."""
        quota_call, mask = self.quota_call(key), self.mask(key)
        try:
            answer = self._send(quota_call or self._probe(), key, self.also_read | {200})
            if answer.status == 200:
                body = parse_json(answer, dict if quota_call else self.answer_type)
                return KeyCheck(self.parse_quotas(mask.json(body)) if quota_call else ())
            is_known = quota_call is None and answer.status == 404 and self.is_no_record(answer)
            # The limit of an account is told only to one that exists.
            if is_known or (answer.status == 429 and is_json(answer)):
                return KeyCheck()
            said = mask.text(self.refusal_of_key(answer))
            return KeyCheck((), said, self.is_refusal_of_key(answer))
        except FetchError as e:
            return KeyCheck(error=f"{self.name} could not be asked. {e}")
        except (BadResponseError, RecursionError):
            return KeyCheck(error=f"{self.name} sent an answer that Telltale cannot read.")

    def ask_about_key(self, key: str | None, deadline_s: float) -> Answer:
        """Return the answer to a key check as it came, even from a proxy. Raises FetchError.

        Without a key the provider can only say that one is missing.
        """
        call = self.quota_call(key or "none") or self._probe()
        return self._send(call, key, frozenset(range(200, 600)), deadline_s)

    def refusal_of_key(self, answer: Answer) -> str:
        if answer.status == 401:
            return f"{self.name} did not accept the key."
        if self.is_refusal_of_key(answer):
            return f"{self.name} knows no account with this key."
        return self.meaning_of(answer)[1]

    def is_refusal_of_key(self, answer: Answer) -> bool:
        """Return whether the answer says that the key is wrong, and not that the check failed."""
        # Only an address that names the account can say that there is no such account.
        is_unknown = answer.status == 404 and answer.media_type != "text/html"
        return answer.status == 401 or (is_unknown and self.quota_call("none") is not None)

    def _probe(self) -> Call:
        if self.declaration.probe is None:
            raise ValueError(f"{self.name} declares no probe and has no address for quotas")
        return self.call(self.declaration.probe)
