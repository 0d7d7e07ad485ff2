"""python -m tests.fuzz text|documents [options of libFuzzer]: looks for inputs that break Telltale.

Needs `pip install atheris`. An input is a finding if it raises, takes fifteen seconds or a
gigabyte of memory; libFuzzer writes it to a file then. It begins with the documents of the tests.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

from benchmarks.labelled import LINES_OF_A_FILE, labelled_files
from tests.documents.corpus import CORPUS

with atheris.instrument_imports(include=["app"]):
    from app.documents.limits import Limits
    from app.documents.readers import kind_by_content, reader_of
    from app.documents.sandbox.document_reader import Reading
    from app.pipeline import extract, extract_iocs

_OPTIONS = ("-timeout=15", "-rss_limit_mb=1024", "-max_len=65536", "-print_final_stats=1")


def read_text(data: bytes) -> None:
    """Check that both ways to extract agree, and that each IOC stands where its evidence says."""
    text = data.decode("utf-8", "replace")
    found = extract(text).found
    if [evidence.ioc for evidence in found] != extract_iocs(text):
        raise AssertionError("the IOCs with evidence differ from those without")
    lines = text.count("\n") + 1
    if any(not 1 <= evidence.line <= lines for evidence in found):
        raise AssertionError("an IOC is told on a line that is not there")


def read_document(data: bytes) -> None:
    """Read a document as the sandbox does, where no error of a reader may come through."""
    Reading("fuzzed", Limits(), lambda line: None).read(data, len(data), ("", "", ""))


def seeds(what: str) -> dict[str, bytes]:
    if what == "documents":
        return {planted.name: planted.content for planted in CORPUS}
    return {file.kind: file.text.encode() for file in labelled_files(20 * LINES_OF_A_FILE)}


def main() -> None:
    what, *options = sys.argv[1:]
    target = {"text": read_text, "documents": read_document}[what]
    with tempfile.TemporaryDirectory() as folder:
        for number, content in enumerate(seeds(what).values()):
            Path(folder, str(number)).write_bytes(content)
            if what == "documents":
                with atheris.instrument_imports(include=["app"]):
                    reader_of(kind_by_content(content))  # imports the reader
        atheris.Setup([sys.argv[0], *_OPTIONS, *options, folder], target)
        atheris.Fuzz()


main()
