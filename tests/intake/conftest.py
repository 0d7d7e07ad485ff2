from __future__ import annotations

from tests.documents.conftest import read, readers

__all__ = ["read", "readers"]
