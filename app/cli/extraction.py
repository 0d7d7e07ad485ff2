"""The command `telltale extract`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import groupby

from app.cli.formats import FORMATS
from app.cli.inputs import read_all, report_unread
from app.cli.report import Report
from app.cli.sources import files_of, has_documents, is_document
from app.pipeline.models import OFF_BY_DEFAULT, IOCType

FOUND, NOTHING_FOUND, TROUBLE = 0, 1, 2
WITH_PLACES = frozenset(("jsonl", "json", "csv"))
"""The formats that give each place of an IOC if there is a document or folder to read."""


def run_extract(options: argparse.Namespace) -> int:
    is_terminal = sys.stdout.isatty()
    name = options.format or ("table" if is_terminal else "text")
    is_defanged = options.defang
    if is_defanged is None:
        is_defanged = name == "table" and is_terminal
    writer = FORMATS[name](sys.stdout)
    has_places = name in WITH_PLACES and has_documents(options.files)
    types = (options.types or frozenset(IOCType) - OFF_BY_DEFAULT) | options.also
    report = Report(writer, types, is_defanged, has_places)
    # Rows that are written while a file is read would break the line of progress on the terminal.
    is_late = options.explain or name == "table"
    is_complete = _read(options, report, shows_progress=is_late or not is_terminal)
    writer.close()
    if not is_complete:
        return TROUBLE
    return FOUND if report.has_found else NOTHING_FOUND


def _read(options: argparse.Namespace, report: Report, shows_progress: bool) -> bool:
    """Read all inputs; return whether all of each could be read."""
    unread: list[str] = []

    def report_input(name: str, reason: str) -> None:
        report_unread(name, reason)
        unread.append(name)

    read: Callable[[str, Iterator[str]], None]
    read = report.write_explained if options.explain else report.write_plain
    is_complete = True
    with ExitStack() as stack:
        readers = None
        for are_documents, names in groupby(files_of(options.files, report_input), is_document):
            if not are_documents:
                is_complete &= read_all(
                    names, lambda name, source: read(name, source.texts()), shows_progress
                )
                continue
            # Imported here: texts are read without loading the sandbox.
            from app.cli.documents import read_all_documents
            from app.documents.sandbox.pool import Readers

            readers = readers or stack.enter_context(Readers(also=report.also))
            is_complete &= read_all_documents(readers, names, report, options.explain)
    return is_complete and not unread
