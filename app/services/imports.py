"""The service of imports: room for uploads, and the files below an import root."""

from __future__ import annotations

from collections.abc import Sequence

from app.documents.models import Source
from app.intake.importer import Importer
from app.intake.roots import ImportRoots
from app.intake.staging import Staging, Upload


class Imports:
    """The staging folder of uploads, and the folders from which files may be imported."""

    def __init__(self, importer: Importer, staging: Staging, roots: ImportRoots) -> None:
        self._importer = importer
        self._staging = staging
        self._roots = roots

    def check_room(self) -> None:
        """Raises TooManyImportsError if no further import may wait."""
        self._importer.check_room()

    def open_upload(self, job_id: str) -> Upload:
        """Create the staging folder of an upload. Raises StorageError."""
        return self._staging.open(job_id)

    def remove_upload(self, job_id: str) -> None:
        """Delete the files of an upload that was refused. Raises StorageError."""
        self._staging.remove(job_id)

    def sources(self, path: str) -> Sequence[Source]:
        """Return the files at or below a path of this machine. Raises ImportRefusedError."""
        return self._roots.sources(path)
