"""Opens what is to be read, by no other way than the one that was meant."""

from __future__ import annotations

import os
from pathlib import Path

from app.documents.models import Source

_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def open_source(source: Source) -> int:
    """A descriptor. Raises OSError, also where a path leads through a link that must not."""
    if source.follows_links:
        return os.open(source.path, _FILE)
    return _open_plainly(source.path)


def _open_plainly(path: Path) -> int:
    """Open step by step: a link could be put into a writable folder at any moment."""
    folder = os.open(path.anchor, _FOLDER)
    try:
        for name in path.parts[1:-1]:
            inner = os.open(name, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(path.name, _FILE | os.O_NOFOLLOW, dir_fd=folder)
    finally:
        os.close(folder)
