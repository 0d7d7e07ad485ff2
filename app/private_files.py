"""Files and folders that only this account may read, and the lock of the data folder."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path

from app.errors import StorageError

REPLACED = ".replaced"
"""Behind the name of a database: the one that was restored over."""


DATABASE_SUFFIXES = ("", "-wal", "-shm", "-journal", REPLACED)
# What Telltale keeps in a folder beside its database.
OWN_NAMES = frozenset(
    {"keys.json", "secret_key", "server.lock", "sessions.json", "uploads", "verified.json"}
) | {"telltale.db" + suffix for suffix in DATABASE_SUFFIXES}
OWN_MARK = frozenset({"secret_key", "server.lock"})


def make_private_folder(path: Path, own: str = "telltale.db") -> None:
    """Make a folder with mode 0700, or check that an existing one is for this account alone.

    One that is open to others is closed if it is empty, or holds nothing but Telltale's own files;
    any other is refused as it is. `own` is the name of a file that is Telltale's where it is there,
    such as a database that was looked at. Raises StorageError.
    """
    try:
        if not path.is_dir():
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = path.stat()
        if not status.st_mode & 0o077:
            return
        # A folder with the sticky bit (/tmp) or of another account is in use by others.
        if status.st_mode & stat.S_ISVTX or status.st_uid != os.geteuid():
            raise StorageError(f"The folder {path} is shared with others; name one of its own.")
        if not _is_own(frozenset(entry.name for entry in path.iterdir()), own):
            raise StorageError(
                f"The folder {path} is open to other accounts and holds files that are not "
                "Telltale's: name a folder of its own, or close this one with chmod 700."
            )
        path.chmod(0o700)
    except OSError as e:
        raise StorageError(f"The folder {path} cannot be used: {e.strerror or e}.") from e


def _is_own(names: frozenset[str], own: str) -> bool:
    """Return whether a folder with these names is empty, or Telltale's alone."""
    if not names:
        return True
    known = OWN_NAMES | {own + suffix for suffix in DATABASE_SUFFIXES}
    return names <= known and (own in names or names >= OWN_MARK)


def write_private_file(path: Path, content: bytes) -> None:
    """Replace a file. Raises StorageError.

    Readers see the old content or the new, even if the machine stops in between.
    """
    # The new name must not reach the disk before the content, and a rename is not on the disk
    # before the folder is: so both are synced.
    make_private_folder(path.parent, path.name)
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    except OSError as e:
        raise StorageError(f"The file {path} cannot be written: {e.strerror or e}.") from e


# A link that leads to no file would otherwise make one, in a place that is not Telltale's.
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


class FolderLock:
    """The lock that one server holds on its data folder.

    The operating system frees it when the process ends in any way, or when this object is dropped.
    """

    # A lock and not a file with a process id: after a crash or a reboot such a file would remain,
    # and the id may belong to another program.

    def __init__(self, folder: Path) -> None:
        self.path = folder / "server.lock"
        self.is_held = False
        self._release: Callable[[], object] = lambda: None

    def acquire(self) -> bool:
        """Return False if another server has the lock, in any process. Raises StorageError."""
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | _NO_LINK, 0o600)
        except OSError as e:
            raise StorageError(f"The file {self.path} cannot be used: {e.strerror or e}.") from e
        self.is_held = _lock(descriptor)
        if self.is_held:
            self._release = weakref.finalize(self, os.close, descriptor)
        else:
            os.close(descriptor)
        return self.is_held

    def release(self) -> None:
        self.is_held = False
        self._release()


def _lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def sync_folder(path: Path) -> None:
    """Bring the names in a folder to the disk. Raises OSError."""
    if os.name != "posix":  # Windows cannot open a folder
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
