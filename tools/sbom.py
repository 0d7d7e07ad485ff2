"""Write the software bill of materials of Telltale and all that it needs to run (CycloneDX, JSON).

    python -m tools.sbom FILE

It describes the environment that runs it: the packages that Telltale requires on this Python and
system, with the versions that are installed. What is for development only is left out. The same
packages give the same bytes: there is no time in it, and its number follows from its content.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseAcknowledgement
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = "telltale"


def installed() -> dict[str, Distribution]:
    """Return Telltale and what it needs to run, directly or not, by canonical name."""
    found: dict[str, Distribution] = {}
    waiting = [PROJECT]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = distribution(name)
            waiting += required(found[name])
    return dict(sorted(found.items()))


def required(package: Distribution) -> Iterator[str]:
    """Yield the names that a package requires here, none of its extras."""
    for line in package.requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield canonicalize_name(requirement.name)


def told(package: Distribution, field: str) -> list[str]:
    """Return what a package tells in a field of its metadata, each value of one line."""
    values = package.metadata.get_all(field) or []
    return [value.strip() for value in values if value.strip() and "\n" not in value.strip()]


def license_of(package: Distribution) -> str:
    """Return the licence that a package declares, an SPDX expression or a name.

    Raises ValueError if it declares none.
    """
    # Before there were expressions, the field `License` held anything, even the whole text.
    if known := told(package, "License-Expression") or told(package, "License"):
        return known[0]
    classifiers = told(package, "Classifier")
    if named := [c.rpartition(" :: ")[2] for c in classifiers if c.startswith("License ::")]:
        return ", ".join(named)
    raise ValueError(f"{package.name} declares no licence")


def component(name: str, package: Distribution) -> Component:
    purl = PackageURL("pypi", name=name, version=package.version)
    licence = LicenseFactory().make_from_string(
        license_of(package), license_acknowledgement=LicenseAcknowledgement.DECLARED
    )
    return Component(
        type=ComponentType.APPLICATION if name == PROJECT else ComponentType.LIBRARY,
        name=name,
        version=package.version,
        description=" ".join(told(package, "Summary")) or None,
        licenses=[licence],
        purl=purl,
        bom_ref=str(purl),
    )


def bill_of_materials() -> str:
    packages = installed()
    components = {name: component(name, package) for name, package in packages.items()}
    refs = " ".join(str(one.purl) for one in components.values())
    bom = Bom(serial_number=uuid5(NAMESPACE_URL, refs))
    bom.metadata.timestamp = None  # type: ignore[assignment]  # optional in CycloneDX
    bom.metadata.component = components[PROJECT]
    bom.components.update(one for name, one in components.items() if name != PROJECT)
    for name, package in packages.items():
        bom.register_dependency(components[name], [components[n] for n in required(package)])
    return JsonV1Dot6(bom).output_as_string(indent=2) + "\n"


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    path = Path(arguments[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(bill_of_materials(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
