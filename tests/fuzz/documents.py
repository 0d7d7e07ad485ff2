"""Coverage-guided fuzzing of the readers of documents, with atheris where it is installed.

pip install atheris, then: python -m tests.fuzz.documents -max_total_time=1800

An input is a finding if a reader raises, takes fifteen seconds or a gigabyte of memory; libFuzzer
writes it to a file then. It begins with the documents of the tests.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

from tests.documents.corpus import CORPUS

with atheris.instrument_imports(include=["app"]):
    from app.documents.limits import Limits
    from app.documents.readers import kind_by_content, reader_of
    from app.documents.sandbox.document_reader import Reading

_OPTIONS = ("-timeout=15", "-rss_limit_mb=1024", "-max_len=65536")


def one_document(data: bytes) -> None:
    """Read a document as the sandbox does, where no error of a reader may come through."""
    Reading("fuzzed", Limits(), lambda line: None).read(data, len(data), ("", "", ""))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for number, planted in enumerate(CORPUS):
            content = planted.content()
            Path(folder, str(number)).write_bytes(content)
            with atheris.instrument_imports(include=["app"]):
                reader_of(kind_by_content(content))  # imports the reader
        # The last folder is read, and new inputs are written into the first.
        atheris.Setup([sys.argv[0], *_OPTIONS, *sys.argv[1:], folder], one_document)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
