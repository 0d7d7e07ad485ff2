"""The settings of the core, and the functions that turn a text into a setting's value."""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PREFIX = "TELLTALE_"
MOST = 2**40
"""The most of anything that is counted: 1 TiB, where it is bytes."""
MOST_DAYS = 36_500
LONGEST_S = 86_400
# Four times the longest key of a provider, a signed token; servers refuse headers above 8 kB.
LONGEST_KEY = 4096
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")

Settings = dict[str, tuple[Any, Callable[[Any], Any]]]
"""Each name with its default and the function that makes a value of a text or raises ValueError."""


def text(value: Any) -> str:
    return str(value).strip()


def api_key(value: Any) -> str:
    """Return a key that a header can carry. Raises ValueError."""
    key = text(value)
    if len(key) > LONGEST_KEY:
        raise ValueError(f"that is no API key: it is longer than {LONGEST_KEY:,} characters")
    if key.isascii() and key.isprintable() and " " not in key:
        return key
    raise ValueError("it holds a space or a character that no key has")


def access_token(value: Any) -> str:
    """Return a token that cannot be guessed; an empty one for none. Raises ValueError."""
    token = text(value)
    if value and len(token) < 16:
        raise ValueError("it must have at least 16 characters")
    return api_key(token)


def seconds(value: Any) -> float:
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise ValueError("it must be a number of seconds") from None
    if not 0 < number <= LONGEST_S:
        raise ValueError(f"it must be above zero, and at most {LONGEST_S:,}")
    return number


def count(value: Any, least: int = 1, most: int = MOST) -> int:
    try:
        number = int(value)
    except (ValueError, OverflowError):  # with the value in the message, however long it is
        raise ValueError("it must be a whole number") from None
    if number < least:
        raise ValueError(f"it must be at least {least:,}")
    if number > most:
        raise ValueError(f"it must be at most {most:,}")
    return number


def count_from_zero(value: Any) -> int:
    return count(value, least=0)


def limit(value: Any) -> int | None:
    """Return a limit; None if it is not set."""
    return None if value is None or value == "" else count_from_zero(value)


def stream_count(value: Any) -> int:
    """Return a number of streams; each occupies a thread of the server."""
    return count(value, least=8, most=256)


def worker_count(value: Any) -> int:
    return count(value, most=1000)


def days(value: Any) -> int:
    return count(value, least=0, most=MOST_DAYS)


def port(value: Any) -> int:
    return count(value, least=0, most=65535)


def switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    match str(value).strip().lower():
        case "1" | "true" | "yes" | "on":
            return True
        case "" | "0" | "false" | "no" | "off":
            return False
    raise ValueError("say true or false")


def names(value: Any) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    return tuple(name for part in parts if (name := str(part).strip().lower()))


def folder(value: Any) -> Path:
    return _path(value).absolute()


def _path(value: Any) -> Path:
    """Return a path that the system can look up, whether it is there or not. Raises ValueError."""
    try:
        path = Path(value).expanduser()
    except RuntimeError:
        raise ValueError("there is no home folder of that user") from None
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        pass  # said where it is used
    except (OSError, ValueError) as e:  # a name that is too long, or a NUL in it
        raise ValueError(f"it is no path: {getattr(e, 'strerror', None) or e}") from None
    return path


def folders(value: Any) -> tuple[Path, ...]:
    """Return folders separated as in PATH. Raises ValueError for one that does not exist."""
    # A misspelt folder would otherwise show only as an import that finds nothing.
    parts = value.split(os.pathsep) if isinstance(value, str) else value
    found = tuple(folder(part) for part in parts if str(part).strip())
    for path in found:
        if not path.is_dir():
            raise ValueError(f"there is no folder {path}")
    return found


def ca_bundle(value: Any) -> str:
    if not (path := text(value)):
        return ""
    path = str(_path(path))
    if not Path(path).is_file():
        raise ValueError(f"there is no file {path}")
    try:
        ssl.create_default_context(cafile=path)
    except OSError:
        raise ValueError(f"the file {path} holds no certificates") from None
    return path


def host_name(value: Any) -> str:
    host = text(value).strip("[]")
    try:
        host.encode("idna")
    except UnicodeError:
        raise ValueError("it is no name or address of this machine") from None
    if not host.isprintable() or " " in host:
        raise ValueError("it is no name or address of this machine")
    return host


def proxy(value: Any) -> str:
    url = text(value)
    if url and not _is_proxy(url):
        raise ValueError("write it as http://host:port")
    return url


def _is_proxy(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # its message may quote the password
        return False
    # A password with one of these would otherwise be taken for a path, and be sent as one.
    is_alone = parts.path in {"", "/"} and not parts.query and not parts.fragment
    return is_address and is_alone and url.isprintable() and " " not in url


def is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def base_url(value: Any, path: str = "") -> str:
    """Return the address that requests and keys are sent to. Raises ValueError.

    It must end in `path`.
    """
    url = text(value).rstrip("/")
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none, or half of an IPv6 address
        raise ValueError("it is no address") from None
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("it is no address: it holds a space or a character that none has")
    if not url.endswith(path) or parts.query or parts.fragment or parts.username is not None:
        raise ValueError(
            f"it must be an address that ends in {path}" if path else "it is no address"
        )
    if not has_host or parts.hostname is None:
        raise ValueError("it names no host")
    # A key must not be sent in clear text over a network.
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise ValueError("it must begin with https:// (plain http is for this machine only)")
    return url


def database_url(value: Any) -> str:
    url = text(value)
    if not url:
        return ""
    dialect, separator, rest = url.partition("://")
    if not separator or not url.isprintable():
        raise ValueError("write it as dialect://user:password@host/name")
    if dialect.partition("+")[0] == "sqlite":
        path = rest.partition("?")[0].removeprefix("/")
        if not path or path == ":memory:":
            raise ValueError("it names no file: write it as sqlite:////folder/name.db")
        _path(path)
    elif not _has_port(url):
        raise ValueError("its port must be a number up to 65535")
    return url


def _has_port(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


CORE: Settings = {
    "HOST": ("127.0.0.1", host_name),
    "PORT": (5000, port),
    "DATA_DIR": (None, folder),
    "DATABASE_URL": ("", database_url),
    "ACCESS_TOKEN": ("", access_token),
    "ALLOWED_HOSTS": ((), names),
    "LOOKUP_DEADLINE_S": (30, seconds),
    "PROXY": ("", proxy),
    "CA_BUNDLE": ("", ca_bundle),
    "MAX_WORKERS": (4, worker_count),
    "MAX_JOBS": (100, count),
    "MAX_STREAMS": (16, stream_count),
    "MAX_CONTENT_LENGTH": (16 * 1024 * 1024, count),
    "MAX_UPLOAD_FILES": (200, count),
    "MAX_UPLOAD_FILE_SIZE": (64 * 1024 * 1024, count),
    "MAX_UPLOAD_SIZE": (64 * 1024 * 1024, count),
    "IMPORT_ROOTS": ((), folders),
    "RETENTION_DAYS": (0, days),
    "DEMO": (False, switch),
    "TESTING": (False, switch),
}
