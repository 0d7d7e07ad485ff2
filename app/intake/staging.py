"""Uploads on their way to the readers: below the data folder, for as long as it takes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import IO

from app.errors import StorageError
from app.private_files import make_private_folder


class Staging:
    """A folder for each job. Its files have neutral names, and only this account may read them.


    Every method raises StorageError.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self, job_id: str) -> Upload:
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
        """Delete the uploads that no job waits for."""
        if self._folder.is_dir():
            for folder in self._folder.iterdir():
                if folder.name not in kept:
                    self.remove(folder.name)


class Upload:
    """The files of one upload. For one thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: list[IO[bytes]] = []

    def new_file(self) -> IO[bytes]:
        """An empty file under a name of ours, open until `close`."""
        path = self.folder / f"{len(self._files) + 1:06}"
        try:
            file = open(path, "x+b", opener=_open_privately)  # noqa: PTH123, SIM115  # its mode, its owner
        except OSError as e:
            raise StorageError(f"The upload cannot be kept: {e.strerror or e}.") from e
        self._files.append(file)
        return file

    def close(self) -> None:
        """Raises StorageError where the disk is full."""
        files, self._files = self._files, []
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
