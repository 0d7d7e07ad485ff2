"""The API keys on disk."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path

from app.config import api_key
from app.errors import ConfigStoreError, InvalidKeyError, StorageError
from app.private_files import write_private_file

VT_API_KEY = "vt_api_key"
VT_API_KEY_VARIABLE = "TELLTALE_VT_API_KEY"


class ConfigStore:
    """Keys in one file of mode 0600; a key in the environment wins over the file's.

    Safe to use from any thread. Reading and writing raise ConfigStoreError.
    """

    def __init__(self, path: Path | str, environ: Mapping[str, str] | None = None) -> None:
        self.path = Path(path)
        self._environ = os.environ if environ is None else environ
        self._lock = threading.Lock()

    @property
    def vt_api_key_is_from_environment(self) -> bool:
        return bool(self._environ.get(VT_API_KEY_VARIABLE, "").strip())

    def get_vt_api_key(self) -> str | None:
        if self.vt_api_key_is_from_environment:
            return self._checked(self._environ[VT_API_KEY_VARIABLE], VT_API_KEY_VARIABLE)
        return self.get_stored_vt_api_key()

    def get_stored_vt_api_key(self) -> str | None:
        """The file's key, also when the environment's wins."""
        key = self._read().get(VT_API_KEY)
        return self._checked(key, f"the file {self.path}") if key else None

    def get_vt_api_key_hint(self) -> str | None:
        """The last four characters: enough to tell keys apart. None for a key too short to cut."""
        key = self.get_vt_api_key() or ""
        return key[-4:] if len(key) >= 8 else None

    def set_vt_api_key(self, key: str) -> None:
        """Raises InvalidKeyError for text that no header can carry."""
        if not key.strip():
            raise InvalidKeyError("The key is empty; nothing was changed.")
        try:
            self._change({VT_API_KEY: api_key(key)})
        except ValueError as e:
            raise InvalidKeyError(f"T{str(e)[1:]}. Nothing was changed.") from None

    def delete_vt_api_key(self) -> None:
        self._change({VT_API_KEY: None})

    def _change(self, changes: Mapping[str, str | None]) -> None:
        """A damaged file is replaced: there is nothing in it to keep."""
        with self._lock:
            content = {**(self._load() or {}), **changes}
            kept = {name: value for name, value in content.items() if value is not None}
            try:
                write_private_file(self.path, json.dumps(kept, indent=2).encode() + b"\n")
            except StorageError as e:
                raise ConfigStoreError(str(e)) from e

    def _read(self) -> dict[str, str]:
        if (content := self._load()) is None:
            raise ConfigStoreError(
                f"The key file {self.path} is damaged; enter the key again to replace it."
            )
        return content

    def _load(self) -> dict[str, str] | None:
        """None for a file that is damaged."""
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

    @staticmethod
    def _checked(key: str, where: str) -> str:
        try:
            return api_key(key)
        except ValueError as e:
            raise ConfigStoreError(f"The VirusTotal key in {where} cannot be used: {e}.") from None
