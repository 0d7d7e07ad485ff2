"""Write the rows of all providers into README.md and .env.example, from their declarations.

    python -m tools.provider_rows [--check]

The rows stand between two marks in each file; nothing else is changed. `--check` only says
whether the files are up to date, and exits with 1 if they are not.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from app.enrichment.adapters import adapter_classes
from app.enrichment.adapters.base import HTTPAdapter
from app.enrichment.adapters.declaration import SETTABLE_PERIODS, Declaration, Freshness
from app.enrichment.quota.windows import MINUTE_S
from app.pipeline.models import IOCType
from app.settings import PREFIX

HOUR = timedelta(hours=1)
PROJECT = Path(__file__).parents[1]
TYPE_NAMES = {
    IOCType.IPV4: "IPv4 addresses",
    IOCType.IPV6: "IPv6 addresses",
    IOCType.CIDR: "networks",
    IOCType.DOMAIN: "domains",
    IOCType.URL: "URLs",
    IOCType.EMAIL: "mail addresses",
    IOCType.MD5: "MD5",
    IOCType.SHA1: "SHA-1",
    IOCType.SHA256: "SHA-256",
    IOCType.SHA512: "SHA-512",
    IOCType.CVE: "CVEs",
    IOCType.ASN: "AS numbers",
    IOCType.ATTACK: "ATT&CK techniques",
    IOCType.BTC: "Bitcoin addresses",
}
PERIOD_NAMES = {"MINUTE": "minute", "DAY": "day (UTC)", "MONTH": "month (UTC)"}


def provider_table() -> str:
    rows = [
        "| provider | asked about | key | an answer is cached for | terms |",
        "|---|---|---|---|---|",
    ]
    rows += [
        f"| {adapter.name} | {_types(adapter)} | {_key(adapter.declaration)} | "
        f"{_freshness(adapter.declaration.fresh_for)} | {adapter.declaration.terms} |"
        for adapter in adapter_classes()
    ]
    return "\n".join(rows)


def settings_table() -> str:
    rows = ["| variable | default | what it does |", "|---|---|---|"]
    for adapter in adapter_classes():
        rows += [
            f"| `{PREFIX}{name}` | {default} | {meaning} |"
            for name, default, meaning in _settings(adapter.declaration, "`")
        ]
    return "\n".join(rows)


def env_lines() -> str:
    blocks = []
    for adapter in adapter_classes():
        lines = [f"# {adapter.name}"]
        for name, default, meaning in _settings(adapter.declaration, ""):
            lines += [f"# {meaning[0].upper()}{meaning[1:]}.", f"# {PREFIX}{name}={default}"]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


# File -> the name of its marks -> what stands between them.
SECTIONS: dict[str, dict[str, Callable[[], str]]] = {
    "README.md": {"providers": provider_table, "provider settings": settings_table},
    ".env.example": {"provider settings": env_lines},
}


def main(arguments: list[str]) -> int:
    stale = []
    for name, sections in SECTIONS.items():
        path = PROJECT / name
        old = path.read_text(encoding="utf-8")
        new = written(name, old, sections)
        if new != old:
            stale.append(name)
            if "--check" not in arguments:
                path.write_text(new, encoding="utf-8")
    if stale and "--check" in arguments:
        print(f"Not up to date: {', '.join(stale)}. Run `make docs`.", file=sys.stderr)
        return 1
    return 0


def written(name: str, text: str, sections: dict[str, Callable[[], str]]) -> str:
    """Return the text with its sections as the declarations have them now."""
    for section, render in sections.items():
        begin, end = _marks(name, section)
        before, _, rest = text.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise ValueError(f"{name} has no marks for the section {section}")
        text = f"{before}{begin}\n{render()}\n{end}{after}"
    return text


def _marks(name: str, section: str) -> tuple[str, str]:
    if name.endswith(".md"):
        return f"<!-- {section}: written by make docs -->", f"<!-- end of {section} -->"
    return f"# {section}: written by make docs", f"# end of {section}"


def _freshness(fresh_for: Freshness) -> str:
    return f"{fresh_for.answered / HOUR:g} h; {fresh_for.not_found / HOUR:g} h if it has no record"


def _types(adapter: type[HTTPAdapter]) -> str:
    return ", ".join(name for kind, name in TYPE_NAMES.items() if kind in adapter.supported_types)


def _key(declaration: Declaration) -> str:
    if declaration.key is None:
        return "none needed"
    need = "needed" if declaration.needs_key else "optional"
    return f"{need}: [{declaration.name}]({declaration.site})"


def _settings(declaration: Declaration, quote: str) -> Iterator[tuple[str, str, str]]:
    """Yield name, default and meaning of each setting."""
    name = declaration.name
    if declaration.key is not None:
        yield (
            f"{declaration.key_prefix}_API_KEY",
            "",
            f"the {name} key; wins over the key saved on the settings page",
        )
    documented = {window.period: window.limit for window in declaration.limits}
    for period, word in SETTABLE_PERIODS.items():
        shown = f"{quote}{documented[period]}{quote}" if period in documented else ""
        if shown and period != MINUTE_S:  # not a default: it depends on the key
            shown = f"{shown} for a free key" if quote else ""
        yield (
            declaration.limit_settings[period],
            shown,
            f"most requests to {name} in a {PERIOD_NAMES[word]}; 0 = no limit; a verified key's "
            "own limit counts where this is not set",
        )
    yield (
        declaration.base_url_setting,
        f"{quote}{declaration.base_url}{quote}" if declaration.base_url else "",
        f"the address of {name}'s API; plain http is allowed for this machine only",
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
