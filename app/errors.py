"""The exceptions Telltale raises; each message is a sentence for the person who meets it.

TelltaleError
 ├── ConfigError          a setting cannot be used
 ├── StorageError         a file below DATA_DIR cannot be read or written
 │    └── ConfigStoreError   the key store
 ├── InvalidKeyError      text that cannot be an API key
 ├── JobNotFoundError     no such job, or no longer in memory
 └── InputError           a file that cannot be read
"""

from __future__ import annotations


class TelltaleError(Exception):
    pass


class ConfigError(TelltaleError):
    pass


class StorageError(TelltaleError):
    pass


class ConfigStoreError(StorageError):
    pass


class InvalidKeyError(TelltaleError):
    pass


class JobNotFoundError(TelltaleError):
    pass


class InputError(TelltaleError):
    pass
