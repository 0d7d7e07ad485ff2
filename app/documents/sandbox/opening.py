"""Opens documents in the server's process, by the path that was checked and no other."""

from __future__ import annotations

import os
from pathlib import Path

from app.documents.models import Source

# O_NONBLOCK: opening a named pipe would wait for its writer.
_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def open_source(source: Source) -> int:
    """Return a descriptor. Raises OSError, also for a forbidden symbolic link in the path."""
    if source.follows_links:
        return os.open(source.path, _FILE)
    return _open_plainly(source.path)


def _open_plainly(path: Path) -> int:
    # Folder by folder, each relative to the one before: a check of the whole path first would be
    # worth nothing, for a link could be put into a writable folder between check and opening.
    folder = os.open(path.anchor, _FOLDER)
    try:
        for name in path.parts[1:-1]:
            inner = os.open(name, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(path.name, _FILE | os.O_NOFOLLOW, dir_fd=folder)
    finally:
        os.close(folder)
