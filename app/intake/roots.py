"""Which folders of this machine may be imported: those below the import roots, and no others."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.documents.models import Source
from app.errors import ImportRefusedError
from app.pipeline.visible import make_visible

MOST_FILES = 100_000
NO_ROOTS = (
    "Telltale imports no folders of this machine: name those that it may import in "
    "TELLTALE_IMPORT_ROOTS, and start it again."
)
OUTSIDE = "This path is not below the import roots (TELLTALE_IMPORT_ROOTS), or may not be read."
MISSING = "There is no such file or folder below the import roots."
CLOSED = "It belongs to the system or to Telltale itself, and is not imported."
LINK = "It is a link that leads out of the import roots."
NO_FILE = "It is no regular file."
# These hold no files but the state of the system; they are refused even if named as roots.
SYSTEM = tuple(Path(name) for name in ("/proc", "/sys", "/dev"))


class ImportRoots:
    """Finds the files below the import roots. Raises ImportRefusedError.

    The sentence for a path outside is the same whether it exists or not: else a page could be used
    to find out which files this machine has.
    """

    def __init__(self, roots: Sequence[Path], closed: Sequence[Path] = ()) -> None:
        """`closed` are folders that are never imported, though they are below a root."""
        self._roots = tuple(dict.fromkeys([*roots, *(Path(os.path.realpath(r)) for r in roots)]))
        self._closed = (*SYSTEM, *closed)

    def sources(self, text: str) -> list[Source]:
        """Return the file, or all files in the folder, to any depth, in the order of their names.

        Links that lead out of the roots, and entries that are no files, are returned with the
        reason for which they are refused.
        """
        top = self._resolve(text)
        found: list[Source] = []
        for source in self._walk(top):
            found.append(source)
            if len(found) > MOST_FILES:
                raise ImportRefusedError(
                    f"This folder holds more than {MOST_FILES:,} files: import its parts."
                )
        if not found:
            raise ImportRefusedError("This folder holds no files.")
        return found

    def _resolve(self, text: str) -> Path:
        """Return the real path of a text from the analyst, or raise ImportRefusedError."""
        if not self._roots:
            raise ImportRefusedError(NO_ROOTS, is_forbidden=True)
        path = Path(text)
        is_below = any(path.is_relative_to(root) for root in self._roots)
        if "\0" in text or ".." in path.parts or not is_below:
            raise ImportRefusedError(OUTSIDE, is_forbidden=True)
        real = Path(os.path.realpath(path))
        if not self._allows(real):
            raise ImportRefusedError(OUTSIDE, is_forbidden=True)
        try:
            mode = real.stat().st_mode
        except OSError:
            raise ImportRefusedError(MISSING) from None
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise ImportRefusedError(OUTSIDE, is_forbidden=True)
        return real

    def _allows(self, real: Path) -> bool:
        if any(real.is_relative_to(os.path.realpath(folder)) for folder in self._closed):
            return False
        return any(real.is_relative_to(os.path.realpath(root)) for root in self._roots)

    def _walk(self, top: Path) -> Iterator[Source]:
        seen: set[tuple[int, int]] = set()
        waiting = [top]
        while waiting:
            path = waiting.pop()
            name = _shown(path, top)
            try:
                # The path may change after this check: `documents.sandbox.opening` opens it folder
                # by folder, and follows no link.
                real = Path(os.path.realpath(path)) if path.is_symlink() else path
                if not self._allows(real):
                    yield Source(path, name, False, CLOSED if real == path else LINK)
                elif not os.path.isdir(real):  # noqa: PTH112  # False also if access is denied
                    is_file = stat.S_ISREG(real.lstat().st_mode)
                    yield Source(real, name, False, "" if is_file else NO_FILE)
                elif (identity := _identity(real)) not in seen:  # symbolic links may form a circle
                    seen.add(identity)
                    waiting += sorted(real.iterdir(), reverse=True)
            except OSError as e:
                yield Source(path, name, False, f"It cannot be read: {e.strerror or e}.")


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _shown(path: Path, top: Path) -> str:
    """Return a path as text for the analyst; names need not be valid text."""
    shown = path.relative_to(top.parent) if path.is_relative_to(top) else path
    return make_visible(os.fsencode(shown).decode("utf-8", "replace"))
