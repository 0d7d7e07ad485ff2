"""What the providers said of their keys, on disk."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from app.enrichment.adapters import declarations
from app.enrichment.quota.models import Quota
from app.private_files import write_private_file

# The fields of a quota that the page shows. The limits themselves are stored by the ledger.
SHOWN = ("label", "used", "allowed")
# The provider that a file of the first version is about.
FIRST_PROVIDER = next(declarations()).id


@dataclass(frozen=True, slots=True)
class Verification:
    at: datetime
    quotas: tuple[Quota, ...]
    """The quotas as they were at that time."""
    is_rejected: bool = False
    """Whether the provider refused the key; then there are no quotas."""


class VerificationStore:
    """What each provider last said of its key, in one JSON file.

    The file holds digests of keys, so a result never shows for another key, and no key is in it.
    Safe to use from any thread. Writing raises StorageError.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def get(self, provider_id: str, key: str) -> Verification | None:
        """Return the last check of this key; None if there is none or the file is damaged."""
        try:
            kept = self._load()[provider_id]
            if kept["key"] != _digest(key):
                return None
            if kept.get("is_rejected"):
                return Verification(datetime.fromisoformat(kept["at"]), (), is_rejected=True)
            quotas = tuple(
                Quota(**{name: quota[name] for name in SHOWN}) for quota in kept["quotas"]
            )
            return Verification(datetime.fromisoformat(kept["at"]), quotas)
        except (KeyError, TypeError, ValueError):
            return None

    def set(self, provider_id: str, key: str, verification: Verification) -> None:
        kept: dict[str, Any] = {"key": _digest(key), "at": verification.at.isoformat()}
        # A rejection has no quotas, so that an earlier version takes it for no verification.
        if verification.is_rejected:
            kept["is_rejected"] = True
        else:
            kept["quotas"] = [
                {name: getattr(quota, name) for name in SHOWN} for quota in verification.quotas
            ]
        with self._lock:
            self._write(self._load() | {provider_id: kept})

    def clear(self, provider_id: str) -> None:
        with self._lock:
            kept = self._load()
            if kept.pop(provider_id, None) is not None:
                self._write(kept)

    def _load(self) -> dict[str, Any]:
        try:
            kept = json.loads(self._path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        # Up to version 0.1 the file held the one key of the first provider.
        if isinstance(kept, dict) and "key" in kept:
            kept = {FIRST_PROVIDER: kept}
        return kept if isinstance(kept, dict) else {}

    def _write(self, kept: dict[str, Any]) -> None:
        write_private_file(self._path, json.dumps(kept, indent=2).encode() + b"\n")


def _digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()
