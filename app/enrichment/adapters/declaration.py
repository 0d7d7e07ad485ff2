"""A provider's declaration, from which settings, key, quota rules and panel follow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from app.enrichment.models import Verdict
from app.enrichment.quota.models import Calendar, Window
from app.enrichment.quota.windows import MINUTE_S
from app.pipeline.models import IOC
from app.settings import PREFIX, Settings, api_key, base_url, limit

DAY = timedelta(days=1)
# The periods whose limit the analyst can set, and the name of each in the setting.
SETTABLE_PERIODS: Mapping[float | Calendar, str] = {
    MINUTE_S: "MINUTE",
    Calendar.DAY: "DAY",
    Calendar.MONTH: "MONTH",
}


@dataclass(frozen=True, slots=True)
class Key:
    """How a provider takes its API key: always in a header, never in the address."""

    header: str
    is_optional: bool = False
    """Whether the provider also answers without a key."""
    prefix: str = ""
    """The prefix of the setting, for providers that share a key; empty: the provider's own."""
    scheme: str = ""
    """The text before the key in the header, for example `Bearer `."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """How long an answer is used without asking again."""

    answered: timedelta = DAY
    not_found: timedelta = timedelta(hours=4)

    def of(self, verdict: Verdict | None) -> timedelta:
        return self.not_found if verdict is Verdict.NOT_FOUND else self.answered


@dataclass(frozen=True, slots=True)
class Declaration:
    id: str
    """Lower case; fixed, for programs name the provider by it."""
    name: str
    prefix: str
    """The prefix of its settings, upper case: `VT` for TELLTALE_VT_BASE_URL."""
    site: str
    """The page for people: where a key can be had."""
    base_url: str
    """The paths of all requests are appended to it; empty: there is no default."""
    key: Key | None
    terms: str
    """A sentence or two about licence and limits, for the settings page."""
    limits: tuple[Window, ...] = ()
    """The limits of a free key, by the provider's documentation."""
    fresh_for: Freshness = Freshness()
    probe: IOC | None = None
    """A harmless IOC that the key check looks up where the provider has no address for quotas."""
    key_check: str = "looks up an address that gives nothing away"
    """The end of the sentence "Verifying …" on the settings page."""
    is_on_at_first: bool = True
    """Whether it is asked before the analyst switched it on; matters where no key is needed."""

    @property
    def key_prefix(self) -> str:
        """The prefix of the key's setting and of its place in the key file."""
        return (self.key.prefix if self.key else "") or self.prefix

    @property
    def needs_key(self) -> bool:
        return self.key is not None and not self.key.is_optional

    @property
    def variable(self) -> str:
        """The environment variable that may hold the key."""
        return f"{PREFIX}{self.key_prefix}_API_KEY"

    @property
    def base_url_setting(self) -> str:
        return f"{self.prefix}_BASE_URL"

    @property
    def limit_settings(self) -> Mapping[float | Calendar, str]:
        """The setting that limits each period."""
        return {
            period: f"{self.prefix}_REQUESTS_PER_{word}"
            for period, word in SETTABLE_PERIODS.items()
        }

    @property
    def settings(self) -> Settings:
        """The settings of this provider, by name without TELLTALE_."""
        documented = {window.period: window.limit for window in self.limits}
        # Only the minute has a default: limits of a day or a month depend on the key.
        found: Settings = {
            name: (documented.get(period) if period == MINUTE_S else None, limit)
            for period, name in self.limit_settings.items()
        }
        path = urlsplit(self.base_url).path.rstrip("/")
        found[self.base_url_setting] = (self.base_url, partial(base_url, path=path))
        if self.key is not None:
            found[f"{self.key_prefix}_API_KEY"] = ("", api_key)
        return found


@dataclass(frozen=True, slots=True)
class Get:
    """A GET. `{value}` in the path or in a parameter stands for the IOC's value."""

    path: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PostForm:
    """A POST of form fields. `{value}` in a field stands for the IOC's value."""

    path: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PostJson:
    """A POST of a JSON object. `{value}` in a text of its first level stands for the value."""

    path: str
    content: Mapping[str, Any]


Request = Get | PostForm | PostJson


@dataclass(frozen=True, slots=True)
class Call:
    """A request with the IOC in its place, ready to be sent."""

    path: str
    """The path below the base URL, escaped, with the query."""
    body: bytes | None = None
    """The body of a POST; None for a GET."""
    media_type: str = ""


def call_for(request: Request, value: str) -> Call:
    """Put the value into the request. The only place where a value is escaped.

    Raises UnicodeError for a lone surrogate, which no address can carry.
    """
    # An IPv6 address stands in a path as it is written, hence the colon.
    path = request.path.replace("{value}", quote(value, safe=":"))
    match request:
        case Get(params=params):
            query = urlencode(_filled(params, value))
            return Call(f"{path}?{query}" if query else path)
        case PostForm(fields=fields):
            body = urlencode(_filled(fields, value)).encode("ascii")
            return Call(path, body, "application/x-www-form-urlencoded")
        case PostJson(content=content):
            body = json.dumps(_filled(content, value), ensure_ascii=False).encode("utf-8")
            return Call(path, body, "application/json")


def _filled(fields: Mapping[str, Any], value: str) -> dict[str, Any]:
    return {
        name: given.replace("{value}", value) if isinstance(given, str) else given
        for name, given in fields.items()
    }
