"""The settings of one run: defaults, then the environment or .env, then `create_app`'s argument."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from platformdirs import user_data_path

from app.enrichment.adapters import declarations
from app.errors import ConfigError
from app.pipeline.visible import make_visible
from app.settings import CORE, PREFIX, Settings, is_loopback

LONGEST_REASON = 300


def all_settings() -> Settings:
    """Return the core's settings and those that follow from each provider's declaration."""
    return CORE | {name: s for d in declarations() for name, s in d.settings.items()}


def read_dotenv(path: Path) -> dict[str, str]:
    """Return the settings in a .env file, none if it is missing.

    Raises ConfigError for a file that cannot be read.
    """
    try:
        return {name: value for name, value in dotenv_values(path).items() if value is not None}
    except (OSError, UnicodeError) as e:
        raise ConfigError(f"The file {path.absolute()} cannot be read as UTF-8 text.") from e


def load_config(
    environ: Mapping[str, str], overrides: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return every setting, checked; other keys of `overrides` pass unchanged to Flask.

    `GIVEN` holds the names of the settings that were set explicitly: a default of a rate limit,
    for one, gives way to the limit that the provider reports. Raises ConfigError with a sentence
    that names the setting.
    """
    settings = all_settings()
    given: dict[str, Any] = {
        name: environ[PREFIX + name] for name in settings if environ.get(PREFIX + name)
    }
    if not environ.get(f"{PREFIX}ACCESS_TOKEN", "unset").strip():
        raise ConfigError(
            f"The setting {PREFIX}ACCESS_TOKEN is blank: give it at least 16 characters, or "
            "remove it."
        )
    given |= overrides or {}
    config = dict(given)
    explicit = frozenset(name for name in settings if given.get(name) is not None)
    # The server passes a configuration that was loaded before, with its `GIVEN`.
    config.setdefault("GIVEN", explicit)
    for name, (default, convert) in settings.items():
        value: Any = given.get(name)
        if value is None:
            value = user_data_path("telltale") if name == "DATA_DIR" else default
        try:
            config[name] = convert(value)
        except (TypeError, ValueError, OSError) as e:
            reason = make_visible(getattr(e, "strerror", None) or str(e), LONGEST_REASON)
            raise ConfigError(f"The setting {PREFIX}{name} cannot be used: {reason}.") from None
    if not config["ACCESS_TOKEN"] and not is_loopback(config["HOST"]):
        raise ConfigError(
            f"Telltale does not listen on {config['HOST']} without an access token: set "
            f"{PREFIX}ACCESS_TOKEN, or leave {PREFIX}HOST at 127.0.0.1."
        )
    return config
