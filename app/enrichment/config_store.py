"""The API keys on disk."""

from __future__ import annotations

import contextlib
import json
import os
import re
import threading
from collections.abc import Mapping
from pathlib import Path

from app.errors import ConfigStoreError, InvalidKeyError, StorageError
from app.private_files import write_private_file
from app.settings import PREFIX, api_key

# The prefix of the provider whose methods the specification names.
_VT = "VT"
KEY_VARIABLE = re.compile(rf"{PREFIX}\w+_API_KEY")


class ConfigStore:
    """Keys in one file of mode 0600; a key in the environment wins over the file's.

    A key is named by the prefix of its setting: `VT` for TELLTALE_VT_API_KEY, which the file
    holds as `vt_api_key`. Safe to use from any thread. Reading and writing raise
    ConfigStoreError.
    """

    def __init__(self, path: Path | str, environ: Mapping[str, str] | None = None) -> None:
        self.path = Path(path)
        self._environ = os.environ if environ is None else environ
        self._lock = threading.Lock()

    def is_from_environment(self, prefix: str) -> bool:
        return bool(self._environ.get(_variable(prefix), "").strip())

    def get(self, prefix: str) -> str | None:
        """Return the key in use: the environment's, else the file's."""
        if self.is_from_environment(prefix):
            variable = _variable(prefix)
            return _checked(self._environ[variable], variable)
        return self.get_stored(prefix)

    def get_stored(self, prefix: str) -> str | None:
        """Return the file's key, even if the environment's wins."""
        if (content := self._load()) is None:
            raise ConfigStoreError(
                f"The key file {self.path} is damaged; enter the key again to replace it."
            )
        key = content.get(_entry(prefix))
        return _checked(key, f"the file {self.path}") if key else None

    def every(self) -> frozenset[str]:
        """Return every key, in use or not, so that none of them is shown. Does not raise."""
        given = [text for name, text in self._environ.items() if KEY_VARIABLE.fullmatch(name)]
        stored: Mapping[str, str] = {}
        # A file that cannot be read gives no key to send, so none of its keys comes back either.
        with contextlib.suppress(ConfigStoreError):
            stored = self._load() or {}
        return frozenset(key.strip() for key in (*given, *stored.values()))

    def get_hint(self, prefix: str) -> str | None:
        """Return the last four characters of the key; None for a key that is too short to cut."""
        return ending(self.get(prefix) or "")

    def set(self, prefix: str, key: str) -> None:
        """Store a key. Raises InvalidKeyError for text that no header can carry."""
        self._change({_entry(prefix): usable(key)})

    def delete(self, prefix: str) -> None:
        self._change({_entry(prefix): None})

    # The specification names these for the first provider.

    def get_vt_api_key(self) -> str | None:
        return self.get(_VT)

    def set_vt_api_key(self, key: str) -> None:
        self.set(_VT, key)

    def _change(self, changes: Mapping[str, str | None]) -> None:
        """Write the file anew; a damaged one is replaced, for nothing in it can be read."""
        with self._lock:
            content = {**(self._load() or {}), **changes}
            kept = {name: value for name, value in content.items() if value is not None}
            try:
                write_private_file(self.path, json.dumps(kept, indent=2).encode() + b"\n")
            except StorageError as e:
                raise ConfigStoreError(str(e)) from e

    def _load(self) -> dict[str, str] | None:
        """Return the file's content; None if it is damaged."""
        try:
            content = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except OSError as e:
            raise ConfigStoreError(
                f"The key file {self.path} cannot be read: {e.strerror or e}."
            ) from e
        except (ValueError, RecursionError):
            return None
        if not isinstance(content, dict):
            return None
        return {k: v for k, v in content.items() if isinstance(v, str)}


def ending(key: str) -> str | None:
    """Return the last four characters of a key; None for one that is too short to cut."""
    return key[-4:] if len(key) >= 8 else None


def usable(key: str) -> str:
    """Return a key that was entered, trimmed. Raises InvalidKeyError, as ConfigStore.set does."""
    if not key.strip():
        raise InvalidKeyError("The key is empty; nothing was changed.")
    try:
        return api_key(key)
    except ValueError as e:
        raise InvalidKeyError(f"T{str(e)[1:]}. Nothing was changed.") from None


def _variable(prefix: str) -> str:
    return f"{PREFIX}{prefix}_API_KEY"


def _entry(prefix: str) -> str:
    return f"{prefix.lower()}_api_key"


def _checked(key: str, where: str) -> str:
    try:
        return api_key(key)
    except ValueError as e:
        raise ConfigStoreError(f"The API key in {where} cannot be used: {e}.") from None
