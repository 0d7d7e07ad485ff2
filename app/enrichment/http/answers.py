"""Answers of providers, and the strict JSON that Telltale reads of them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn


class BadResponseError(ValueError):
    """An answer that breaks the provider's API."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    """Names compare without regard to case."""
    body: bytes
    """The body; empty for statuses whose body was not asked for."""

    @property
    def media_type(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def is_json(answer: Answer) -> bool:
    """Return whether the Content-Type is JSON; the body may still be broken."""
    # application/rdap+json and its like are JSON too (RFC 6839, 3.1).
    return answer.media_type == "application/json" or answer.media_type.endswith("+json")


def parse_json(answer: Answer, expected: type = dict) -> Any:
    """Return the JSON of an answer: an object, or what `expected` says. Raises BadResponseError."""
    if not is_json(answer):
        raise BadResponseError("it is not JSON")
    try:
        body = json.loads(
            answer.body.decode("utf-8"),
            parse_constant=_refuse,
            parse_float=_finite,
            object_pairs_hook=_without_duplicates,
        )
    except (ValueError, RecursionError) as e:
        raise BadResponseError("it is not valid JSON") from e
    if not isinstance(body, expected):
        raise BadResponseError(f"its JSON is no {expected.__name__}")
    return body


def _refuse(constant: str) -> NoReturn:
    raise BadResponseError(f"{constant} is no JSON")  # json.loads takes NaN, browsers do not


def _finite(text: str) -> float:
    if math.isfinite(number := float(text)):
        return number
    raise BadResponseError("a number is not finite")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadResponseError("a name stands twice")  # two readers would see two answers
    return found
