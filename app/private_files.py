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


def make_private_folder(path: Path) -> None:
    """Make a folder with mode 0700, or close an existing one to others. Raises StorageError."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = path.stat()
        if not status.st_mode & 0o077:
            return
        # A folder with the sticky bit (/tmp) or of another account is in use by others.
        if status.st_mode & stat.S_ISVTX or status.st_uid != os.geteuid():
            raise StorageError(f"The folder {path} is shared with others; name one of its own.")
        path.chmod(0o700)
    except OSError as e:
        raise StorageError(f"The folder {path} cannot be used: {e.strerror or e}.") from e


def write_private_file(path: Path, content: bytes) -> None:
    """Replace a file. Raises StorageError.

    Readers see the old content or the new, even if the machine stops in between.
    """
    # The new name must not reach the disk before the content, and a rename is not on the disk
    # before the folder is: so both are synced.
    make_private_folder(path.parent)
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
        _sync_folder(path.parent)
    except OSError as e:
        raise StorageError(f"The file {path} cannot be written: {e.strerror or e}.") from e


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
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
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


def _sync_folder(path: Path) -> None:
    if os.name != "posix":  # Windows cannot open a folder
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
