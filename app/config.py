"""Settings: defaults, then the environment or .env, then what `create_app` was given."""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dotenv import dotenv_values
from platformdirs import user_data_path

from app.errors import ConfigError

PREFIX = "TELLTALE_"
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")


def _text(value: Any) -> str:
    return str(value).strip()


def api_key(value: Any) -> str:
    """Opaque, but a header must be able to carry it; raises ValueError."""
    key = _text(value)
    if key.isascii() and key.isprintable() and " " not in key:
        return key
    raise ValueError("that is no API key: it holds a space or a character that no key has")


def _number(value: Any) -> float:
    number = float(value)
    if not 0 < number < float("inf"):
        raise ValueError("it must be above zero")
    return number


def _count(value: Any, least: int = 1) -> int:
    number = int(value)
    if number < least:
        raise ValueError(f"it must be at least {least}")
    return number


def _count_or_none(value: Any) -> int:
    return _count(value, least=0)


def _limit(value: Any) -> int | None:
    """None: nobody said."""
    return None if value is None or value == "" else _count_or_none(value)


def _streams(value: Any) -> int:
    """Each holds a thread of the server."""
    number = _count(value, least=8)
    if number > 256:
        raise ValueError("it must be at most 256")
    return number


def _port(value: Any) -> int:
    number = _count(value, least=0)
    if number > 65535:
        raise ValueError("a port is at most 65535")
    return number


def _switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    match str(value).strip().lower():
        case "1" | "true" | "yes" | "on":
            return True
        case "" | "0" | "false" | "no" | "off":
            return False
    raise ValueError("say true or false")


def _names(value: Any) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    return tuple(name for part in parts if (name := str(part).strip().lower()))


def _folder(value: Any) -> Path:
    return Path(value).expanduser().absolute()


def _folders(value: Any) -> tuple[Path, ...]:
    """Separated as in PATH. One that is missing, or in the wrong place, would go unnoticed."""
    parts = value.split(os.pathsep) if isinstance(value, str) else value
    folders = tuple(_folder(part) for part in parts if str(part).strip())
    for folder in folders:
        if not folder.is_dir():
            raise ValueError(f"there is no folder {folder}")
    return folders


def _ca_bundle(value: Any) -> str:
    if not (path := _text(value)):
        return ""
    path = str(Path(path).expanduser())
    if not Path(path).is_file():
        raise ValueError(f"there is no file {path}")
    try:
        ssl.create_default_context(cafile=path)
    except OSError:
        raise ValueError(f"the file {path} holds no certificates") from None
    return path


def _host(value: Any) -> str:
    return _text(value).strip("[]")


def _proxy(value: Any) -> str:
    url = _text(value)
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


def _vt_base_url(value: Any) -> str:
    """The key is sent there: https, or plain http to this very machine."""
    url = _text(value).rstrip("/")
    parts = urlsplit(url)
    if not url.endswith("/api/v3") or parts.query or parts.fragment or parts.username is not None:
        raise ValueError("it must be an address that ends in /api/v3")
    if not parts.hostname or parts.port == 0:
        raise ValueError("it names no host")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise ValueError("it must begin with https:// (plain http is for this machine only)")
    return url


def _database_url(value: Any) -> str:
    url = _text(value)
    if url and "://" not in url:
        raise ValueError("write it as dialect://user:password@host/name")
    return url


# name -> (default, what turns a text into the setting's value or raises ValueError)
SETTINGS: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "HOST": ("127.0.0.1", _host),
    "PORT": (5000, _port),
    "DATA_DIR": (None, _folder),
    "DATABASE_URL": ("", _database_url),
    "ACCESS_TOKEN": ("", _text),
    "ALLOWED_HOSTS": ((), _names),
    "VT_API_KEY": ("", api_key),
    "VT_BASE_URL": ("https://www.virustotal.com/api/v3", _vt_base_url),
    "VT_REQUESTS_PER_MINUTE": (4, _count_or_none),
    "VT_REQUESTS_PER_DAY": (None, _limit),
    "VT_REQUESTS_PER_MONTH": (None, _limit),
    "LOOKUP_DEADLINE_S": (30, _number),
    "PROXY": ("", _proxy),
    "CA_BUNDLE": ("", _ca_bundle),
    "MAX_WORKERS": (4, _count),
    "MAX_JOBS": (100, _count),
    "MAX_STREAMS": (16, _streams),
    "MAX_CONTENT_LENGTH": (16 * 1024 * 1024, _count),
    "MAX_UPLOAD_FILES": (200, _count),
    "MAX_UPLOAD_FILE_SIZE": (64 * 1024 * 1024, _count),
    "MAX_UPLOAD_SIZE": (64 * 1024 * 1024, _count),
    "IMPORT_ROOTS": ((), _folders),
    "RETENTION_DAYS": (0, _count_or_none),
    "DEMO": (False, _switch),
    "TESTING": (False, _switch),
}


def read_dotenv(path: Path) -> dict[str, str]:
    """Raises ConfigError for a file that cannot be read; one that is missing is empty."""
    try:
        return {name: value for name, value in dotenv_values(path).items() if value is not None}
    except (OSError, UnicodeError) as e:
        raise ConfigError(f"The file {path.absolute()} cannot be read as UTF-8 text.") from e


def load_config(
    environ: Mapping[str, str], overrides: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Every setting, checked; keys of `overrides` that are not ours pass unchanged to Flask.

    `GIVEN` holds the names of those that somebody set, for what a default does not decide alone.
    Raises ConfigError with a sentence that names the setting.
    """
    given: dict[str, Any] = {
        name: environ[PREFIX + name] for name in SETTINGS if environ.get(PREFIX + name)
    }
    given |= overrides or {}
    config = dict(given)
    set_by_somebody = frozenset(name for name in SETTINGS if given.get(name) is not None)
    config.setdefault("GIVEN", set_by_somebody)  # the server hands over what it loaded itself
    for name, (default, convert) in SETTINGS.items():
        value: Any = given.get(name)
        if value is None:
            value = user_data_path("telltale") if name == "DATA_DIR" else default
        try:
            config[name] = convert(value)
        except (TypeError, ValueError) as e:
            raise ConfigError(f"The setting {PREFIX}{name} cannot be used: {e}.") from e
    if not config["ACCESS_TOKEN"] and not is_loopback(config["HOST"]):
        raise ConfigError(
            f"Telltale does not listen on {config['HOST']} without an access token: set "
            f"{PREFIX}ACCESS_TOKEN, or leave {PREFIX}HOST at 127.0.0.1."
        )
    return config
