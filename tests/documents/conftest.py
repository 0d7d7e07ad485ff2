from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.documents.models import Source
from app.documents.sandbox.pool import Readers
from app.documents.sandbox.results import DocumentResult

Read = Callable[[str, bytes], DocumentResult]


@pytest.fixture(scope="session")
def readers() -> Iterator[Readers]:
    with Readers(count=1) as readers:
        yield readers


@pytest.fixture
def read(readers: Readers, tmp_path: Path) -> Iterator[Read]:
    """Reads a document of a name and a content in the sandbox."""

    def read(name: str, content: bytes) -> DocumentResult:
        path = tmp_path / "document"
        path.write_bytes(content)
        (result,) = readers.read([Source(path, name)])
        results.append(result)
        return result

    results: list[DocumentResult] = []
    yield read
    for result in results:
        result.close()
