"""Keeps uploads below the data folder until they are read."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import IO

from app.errors import StorageError
from app.private_files import make_private_folder


class Staging:
    """The uploads of all jobs: one folder for each job, which only this account may read.

    Every method raises StorageError.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self, job_id: str) -> Upload:
        """Return a new upload for a job."""
        make_private_folder(self._folder)
        upload = Upload(self._folder / job_id)
        make_private_folder(upload.folder)
        return upload

    def remove(self, job_id: str) -> None:
        """Delete all uploads of the job, if there are any."""
        try:
            shutil.rmtree(self._folder / job_id)
        except FileNotFoundError:
            pass
        except OSError as e:
            raise StorageError(
                f"The uploads in {self._folder / job_id} cannot be deleted: {e.strerror or e}."
            ) from e

    def remove_others(self, kept: Collection[str]) -> None:
        """Delete the uploads of all jobs but these."""
        if self._folder.is_dir():
            for folder in self._folder.iterdir():
                if folder.name not in kept:
                    self.remove(folder.name)


class Upload:
    """The files of one upload. For one thread.

    Files are numbered: the name that the sender gave may be hostile, and is stored as text only.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: list[IO[bytes]] = []

    def new_file(self) -> IO[bytes]:
        """Return a new empty file, which is open until `close`. Raises StorageError."""
        path = self.folder / f"{len(self._files) + 1:06}"
        try:
            file = open(path, "x+b", opener=_open_privately)  # noqa: PTH123, SIM115  # its mode; `close` closes it
        except OSError as e:
            raise StorageError(f"The upload cannot be kept: {e.strerror or e}.") from e
        self._files.append(file)
        return file

    def close(self) -> None:
        """Close all files. Raises StorageError if the disk is full."""
        files, self._files = self._files, []
        # A full disk may show only when the last buffer is written; the other files must be closed
        # all the same.
        error: OSError | None = None
        for file in files:
            try:
                file.close()
            except OSError as e:
                error = e
        if error is not None:
            raise StorageError(f"The upload cannot be kept: {error.strerror or error}.") from error


def _open_privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
