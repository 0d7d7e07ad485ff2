"""Hostile documents: each would harm a careless reader."""

from __future__ import annotations

import os
from pathlib import Path

from tests.documents.hostile.containers import CONTAINERS
from tests.documents.hostile.mails import MAILS
from tests.documents.hostile.markup import MARKUP
from tests.documents.hostile.model import TEXT
from tests.documents.hostile.office import OFFICE
from tests.documents.hostile.packed import PACKED
from tests.documents.hostile.papers import PAPERS
from tests.documents.hostile.pictures import PICTURES
from tests.documents.make.archives import zip_of
from tests.documents.make.pdf import pdf

HOSTILE = (*PACKED, *MARKUP, *OFFICE, *PAPERS, *MAILS, *PICTURES, *CONTAINERS)
OUT_OF_REACH = frozenset(
    (
        "zip nested 40 deep",
        "gzip in gzip in gzip",
        "zip of 20,000 files",
        "mail nested 60 deep",
        "zip with an unknown password",
        "7z with an unknown password",
        "7z with hidden names",
        "mail with an archive that is encrypted",
        "zip with an unknown method",
        "7z cut off",
        "zip cut in the middle",
        "DOCX cut off",
        "PDF cut off",
        "mail cut off",
        "MSG cut off",
        "PDF with letters that no font knows",
        "macros that are damaged",
    )
)
"""Documents whose IOC no reader can find: it is encrypted, truncated, or too deep."""


def sparse(path: Path, size: int = 1 << 30) -> None:
    """Write a gigabyte of zeros behind the first bytes of a PDF."""
    path.write_bytes(pdf(link=TEXT))
    os.truncate(path, size)


def sparse_zip(path: Path, size: int = 1 << 30) -> None:
    with path.open("wb") as file:
        file.truncate(size)
        file.seek(size)
        file.write(zip_of({"a.txt": TEXT}))
