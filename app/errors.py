"""The exceptions Telltale raises; each message is a sentence for the person who meets it.

TelltaleError
 ├── ConfigError          a setting cannot be used
 ├── StorageError         the database or a file below DATA_DIR cannot be read or written
 │    ├── ConfigStoreError   the key store
 │    └── SchemaError        the database was made by a newer Telltale
 ├── InvalidKeyError      text that cannot be an API key
 ├── InvalidPreferenceError  text that names no domain or no network
 ├── StaysHereError       a provider was to be asked about an IOC that must not leave
 ├── NoProviderError      the providers of an analysis cannot be asked now
 ├── UnknownProviderError  a provider that does not exist, or that cannot be asked
 ├── JobNotFoundError     no such job
 ├── JobActionError       an action that is unknown, or that the job's state does not allow
 ├── TooManyStreamsError  no place is left for another live stream
 ├── TooManyImportsError  no further import can wait for its turn
 ├── ImportRefusedError   a path that is not imported
 ├── InputError           a file that cannot be read
 ├── DocumentError        a document, or a part of it, that cannot be read
 └── SandboxProtocolError  what a sandboxed reader wrote cannot be understood
"""

from __future__ import annotations

from collections.abc import Iterable


class TelltaleError(Exception):
    pass


class ConfigError(TelltaleError):
    pass


class StorageError(TelltaleError):
    pass


class ConfigStoreError(StorageError):
    pass


class SchemaError(StorageError):
    pass


class InvalidKeyError(TelltaleError):
    pass


class InvalidPreferenceError(TelltaleError):
    pass


class StaysHereError(TelltaleError):
    pass


class NoProviderError(TelltaleError):
    pass


class UnknownProviderError(TelltaleError):
    pass


class JobNotFoundError(TelltaleError):
    pass


class JobActionError(TelltaleError):
    def __init__(self, action: str, state: str, allowed: Iterable[str]) -> None:
        self.state = state
        self.allowed = tuple(allowed)
        super().__init__(f"A job that is {state} cannot be told to `{action[:40]}`.")


class TooManyStreamsError(TelltaleError):
    pass


class TooManyImportsError(TelltaleError):
    pass


class ImportRefusedError(TelltaleError):
    def __init__(self, sentence: str, is_forbidden: bool = False) -> None:
        self.is_forbidden = is_forbidden
        """Whether it is not for lack of files, but not allowed."""
        super().__init__(sentence)


class InputError(TelltaleError):
    pass


class DocumentError(TelltaleError):
    pass


class SandboxProtocolError(TelltaleError):
    pass
