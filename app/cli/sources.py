"""The inputs of a command: files, and folders with all files in them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from app.documents.kinds import DISC, HEAD, MARKED_UP, TAIL, TEXTS, Kind, kind_of_file
from app.documents.limits import Limits


def files_of(names: Iterable[str], report: Callable[[str, str], None]) -> Iterator[str]:
    """Yield the files; for a folder all files in it, to any depth, in the order of their names.

    `report` is called with the name and the reason of what cannot be read. Links to folders are
    not followed: they may lead in circles.
    """
    for name in names:
        if name == "-" or not Path(name).is_dir():
            yield name
            continue
        for folder, folders, files in os.walk(
            name, onerror=lambda e: report(str(e.filename), e.strerror or str(e))
        ):
            folders.sort()
            for path in sorted(Path(folder, file) for file in files):
                if path.exists() and not path.is_file():
                    # Opening a named pipe would wait for its writer.
                    report(str(path), "It is no regular file")
                else:
                    yield str(path)


def is_document(name: str) -> bool:
    """Return whether a file needs a reader for documents; all others are read as text streams."""
    if name == "-":
        return False
    try:
        path = Path(name)
        if not stat.S_ISREG(path.stat().st_mode):
            return False
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            head = file.read(HEAD)
            file.seek(DISC)
            disc = file.read(5)
            file.seek(max(0, size - TAIL))
            kind = kind_of_file(head, file.read(TAIL), disc)
    except OSError:
        return False  # reported when it is opened to be read
    if kind in MARKED_UP and size > Limits().document:
        return False
    return kind not in TEXTS and kind is not Kind.BINARY


def has_documents(names: Iterable[str]) -> bool:
    """Return whether any of the names is a folder or a document."""
    return any(name != "-" and (Path(name).is_dir() or is_document(name)) for name in names)
