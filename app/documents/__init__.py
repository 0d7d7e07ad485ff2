"""Files in, text with places out, read by a child process that hostile files may do as they like
with.

`read_documents` is for whoever has some documents to read; `Readers` is for whoever wants to keep
the children, or to cancel.
"""

from __future__ import annotations

from app.documents.pool import Readers, read_documents

__all__ = ["Readers", "read_documents"]
