"""Made-up names for invented reports; none belongs to a person or a company."""

from __future__ import annotations

_STEMS = (
    "Amberlatch",
    "Birchgate",
    "Cobaltine",
    "Driftwall",
    "Emberloom",
    "Fernvault",
    "Granitide",
    "Hollowbit",
    "Inkspindle",
    "Juniperix",
    "Kestrelic",
    "Lanternix",
    "Mossgrid",
    "Nimbulet",
    "Opalward",
    "Pebblefort",
    "Quillshield",
    "Rookmantle",
    "Saltmarch",
    "Thistledown",
    "Umbralis",
    "Velvetrix",
    "Willowave",
    "Zephyrling",
)
ENGINES = tuple(f"{stem}{suffix}" for stem in _STEMS for suffix in ("", " Cloud", " Heuristics"))

AS_OWNERS = (
    "Example Hosting Ltd",
    "Lakeside Transit Coop",
    "Northbrook Fibre AB",
    "Paper Lantern Networks",
    "Quiet Harbour Telecom",
    "Tin Kettle Colocation",
)
COUNTRIES = ("NL", "DE", "US", "FR", "SG", "BR", "PL", "JP")
CONTINENTS = {"US": "NA", "SG": "AS", "JP": "AS", "BR": "SA"}
REGISTRIES = {"NA": "ARIN", "AS": "APNIC", "SA": "LACNIC", "EU": "RIPE NCC"}
REGISTRARS = (
    "Example Registrar Inc.",
    "Blue Gourd Names",
    "Plumline Domains",
    "Registrar Forty-Two",
)
TITLES = (
    "Welcome",
    "Sign in to continue",
    "Parcel tracking",
    "Index of /files",
    "Quarterly report",
)
WORDS = (
    "amber",
    "barge",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "heron",
    "islet",
    "jetty",
    "knoll",
    "lagoon",
)
FAMILIES = ("exampleloader", "madeupbot", "paperstealer", "sampleworm", "tinrat")
THREATS = ("trojan", "downloader", "ransomware", "worm", "spyware")

TAGS = {
    "ip_addresses": ("self-signed", "proxy", "open-relay"),
    "domains": ("dga", "parked", "fast-flux"),
    "urls": ("downloads-pe", "base64-embedded", "dom-modification"),
    "files": ("long-sleeps", "checks-network-adapters", "overlay"),
}
GOOD_CATEGORIES = ("business", "information technology", "news", "shopping")
BAD_CATEGORIES = ("malware sites", "phishing and fraud", "newly registered websites")

# description, tag, extension, libmagic text
FILE_TYPES = (
    ("Win32 EXE", "peexe", "exe", "PE32 executable (GUI) Intel 80386, for MS Windows"),
    ("Win32 DLL", "pedll", "dll", "PE32 executable (DLL) (GUI) Intel 80386, for MS Windows"),
    ("PDF", "pdf", "pdf", "PDF document, version 1.7"),
    ("Office Open XML Document", "docx", "docx", "Microsoft Word 2007+"),
    ("ZIP", "zip", "zip", "Zip archive data, at least v2.0 to extract"),
    ("JavaScript", "javascript", "js", "ASCII text, with CRLF line terminators"),
    ("ELF", "elf", "elf", "ELF 64-bit LSB executable, x86-64, statically linked"),
)
