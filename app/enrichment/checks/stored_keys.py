"""The keys that are stored, with what the providers said of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from app.enrichment.adapters.base import HTTPAdapter
from app.enrichment.checks.verifications import Verification, VerificationStore
from app.enrichment.config_store import ConfigStore
from app.errors import ConfigStoreError


class StoredKeys:
    """Safe to use from any thread. Methods that write raise ConfigStoreError and StorageError."""

    def __init__(
        self,
        adapters: Iterable[HTTPAdapter],
        keys: ConfigStore,
        verifications: VerificationStore,
        key_changed: Callable[[], object],
    ) -> None:
        """`key_changed` is called after a key was replaced."""
        self._adapters = adapters
        self._keys = keys
        self._verifications = verifications
        self._key_changed = key_changed

    def standing(self, adapter: HTTPAdapter) -> str | None:
        """Return the key that a new one would replace; None if there is none to read."""
        try:
            return self._keys.get_stored(adapter.declaration.key_prefix)
        except ConfigStoreError:  # a damaged file is replaced
            return None

    def is_behind_environment(self, adapter: HTTPAdapter) -> bool:
        return self._keys.is_from_environment(adapter.declaration.key_prefix)

    def is_verified(self, adapter: HTTPAdapter) -> bool:
        """Return whether a provider accepted the standing key when it was last asked."""
        key = self.standing(adapter) or ""
        found = [self._verifications.get(a.declaration.id, key) for a in self.sharers(adapter)]
        return any(one is not None and not one.is_rejected for one in found)

    def replace(self, adapter: HTTPAdapter, key: str) -> None:
        """Store a key; waiting lookups use it at once. Raises InvalidKeyError too."""
        is_new = key.strip() != self.standing(adapter)
        self._keys.set(adapter.declaration.key_prefix, key)
        if is_new:
            for sharer in self.sharers(adapter):
                self._verifications.clear(sharer.declaration.id)
            self._key_changed()

    def note(self, adapter: HTTPAdapter, key: str, verification: Verification) -> None:
        """Store what the provider said of a key, if it is the one in use."""
        if adapter.key() == key:
            self._verifications.set(adapter.declaration.id, key, verification)

    def sharers(self, adapter: HTTPAdapter) -> list[HTTPAdapter]:
        """Return the providers that use the same key, this one among them."""
        prefix = adapter.declaration.key_prefix
        return [other for other in self._adapters if other.declaration.key_prefix == prefix]
