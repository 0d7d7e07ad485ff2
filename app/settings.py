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
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")

Settings = dict[str, tuple[Any, Callable[[Any], Any]]]
"""Each name with its default and the function that makes a value of a text or raises ValueError."""


def text(value: Any) -> str:
    return str(value).strip()


# Four times the longest key of a provider, a signed token; servers refuse headers above 8 kB.
MAX_KEY_LENGTH = 4096


def api_key(value: Any) -> str:
    """Return a key that a header can carry. Raises ValueError."""
    key = text(value)
    if len(key) > MAX_KEY_LENGTH:
        raise ValueError(f"that is no API key: it has more than {MAX_KEY_LENGTH} characters")
    if key.isascii() and key.isprintable() and " " not in key:
        return key
    raise ValueError("that is no API key: it holds a space or a character that no key has")


def positive_number(value: Any) -> float:
    number = float(value)
    if not 0 < number < float("inf"):
        raise ValueError("it must be above zero")
    return number


def count(value: Any, least: int = 1) -> int:
    number = int(value)
    if number < least:
        raise ValueError(f"it must be at least {least}")
    return number


def count_from_zero(value: Any) -> int:
    return count(value, least=0)


def limit(value: Any) -> int | None:
    """Return a limit; None if it is not set."""
    return None if value is None or value == "" else count_from_zero(value)


def stream_count(value: Any) -> int:
    """Return a number of streams; each occupies a thread of the server."""
    number = count(value, least=8)
    if number > 256:
        raise ValueError("it must be at most 256")
    return number


def port(value: Any) -> int:
    number = count(value, least=0)
    if number > 65535:
        raise ValueError("a port is at most 65535")
    return number


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
    return Path(value).expanduser().absolute()


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
    path = str(Path(path).expanduser())
    if not Path(path).is_file():
        raise ValueError(f"there is no file {path}")
    try:
        ssl.create_default_context(cafile=path)
    except OSError:
        raise ValueError(f"the file {path} holds no certificates") from None
    return path


def host_name(value: Any) -> str:
    return text(value).strip("[]")


def proxy(value: Any) -> str:
    url = text(value)
    if url and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
        raise ValueError("write it as http://host:port")
    return url


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
    parts = urlsplit(url)
    if not url.endswith(path) or parts.query or parts.fragment or parts.username is not None:
        raise ValueError(
            f"it must be an address that ends in {path}" if path else "it is no address"
        )
    if not parts.hostname or parts.port == 0:
        raise ValueError("it names no host")
    # A key must not be sent in clear text over a network.
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise ValueError("it must begin with https:// (plain http is for this machine only)")
    return url


def database_url(value: Any) -> str:
    url = text(value)
    if url and "://" not in url:
        raise ValueError("write it as dialect://user:password@host/name")
    return url


CORE: Settings = {
    "HOST": ("127.0.0.1", host_name),
    "PORT": (5000, port),
    "DATA_DIR": (None, folder),
    "DATABASE_URL": ("", database_url),
    "ACCESS_TOKEN": ("", text),
    "ALLOWED_HOSTS": ((), names),
    "LOOKUP_DEADLINE_S": (30, positive_number),
    "PROXY": ("", proxy),
    "CA_BUNDLE": ("", ca_bundle),
    "MAX_WORKERS": (4, count),
    "MAX_JOBS": (100, count),
    "MAX_STREAMS": (16, stream_count),
    "MAX_CONTENT_LENGTH": (16 * 1024 * 1024, count),
    "MAX_UPLOAD_FILES": (200, count),
    "MAX_UPLOAD_FILE_SIZE": (64 * 1024 * 1024, count),
    "MAX_UPLOAD_SIZE": (64 * 1024 * 1024, count),
    "IMPORT_ROOTS": ((), folders),
    "RETENTION_DAYS": (0, count_from_zero),
    "DEMO": (False, switch),
    "TESTING": (False, switch),
}
