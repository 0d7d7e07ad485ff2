"""Readers: one file for each format; bytes in, parts of text and the files inside out.

A reader is a generator `read_NAME(data, budget)` that yields a `Part` for a stretch of text, a
`Member` for a file inside, and `Unread` for what it cannot read. It raises DocumentError if it
can read nothing. Hostile files make libraries raise anything: the sandbox catches all errors, and
reads the file as plain text then.

To add a format: one file here, one line in `_READERS`, one kind in `kinds.Kind` with its first
bytes in `kinds._MAGIC`, one document in tests/documents/corpus.py. A good model of a container
is `msg.py` (text, headers, attachments), of a plain format `table.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from io import BytesIO
from zipfile import BadZipFile, ZipFile

from app.documents.kinds import DISC, HEAD, TAIL, Kind, kind_of_file, zip_kind
from app.documents.limits import Budget
from app.documents.models import Item

Read = Callable[[bytes, Budget], Iterator[Item]]

_PACKAGE = "app.documents.readers"
_READERS = {
    Kind.EMPTY: "plain:read_nothing",
    Kind.TEXT: "plain:read_text",
    Kind.CSV: "table:read_csv",
    Kind.JSON: "plain:read_text",
    Kind.HTML: "html:read_html",
    Kind.XML: "xml:read_xml",
    Kind.RTF: "rtf:read_rtf",
    Kind.EML: "eml:read_eml",
    Kind.MBOX: "mbox:read_mbox",
    Kind.MSG: "msg:read_msg",
    Kind.ENCODED: "plain:read_text",
    Kind.CALENDAR: "calendars:read_calendar",
    Kind.SMIME: "smime:read_smime",
    Kind.TNEF: "tnef:read_tnef",
    Kind.PDF: "pdf:read_pdf",
    Kind.DOCX: "docx:read_docx",
    Kind.XLSX: "xlsx:read_xlsx",
    Kind.PPTX: "pptx:read_pptx",
    Kind.ODF: "odf:read_odf",
    Kind.FLAT: "flat:read_flat",
    Kind.OLE: "ole:read_ole",
    Kind.ZIP: "zip:read_zip",
    Kind.GZIP: "packed:read_gzip",
    Kind.BZIP2: "packed:read_bzip2",
    Kind.XZ: "packed:read_xz",
    Kind.TAR: "packed:read_tar",
    Kind.SEVENZIP: "sevenzip:read_sevenzip",
    Kind.ZSTANDARD: "packed:read_zstandard",
    Kind.ISO: "iso:read_iso",
    Kind.LINK: "lnk:read_lnk",
    Kind.PCAP: "pcap:read_pcap",
    Kind.EVTX: "evtx:read_evtx",
    Kind.ONENOTE: "onenote:read_onenote",
    Kind.FOREIGN: "binary:read_foreign",
    Kind.IMAGE: "image:read_image",
    Kind.MEDIA: "plain:read_nothing",
    Kind.BINARY: "binary:read_strings",
}
_TEXTUAL = frozenset(
    (
        *(Kind.CALENDAR, Kind.CSV, Kind.EML, Kind.ENCODED, Kind.FLAT, Kind.HTML, Kind.JSON),
        *(Kind.MBOX, Kind.RTF, Kind.TEXT, Kind.XML),
    )
)


# Modules are imported on first use: most documents need one of the libraries.
@cache
def reader_of(kind: Kind) -> Read:
    """Return the reader of a kind."""
    module, _, name = _READERS[kind].partition(":")
    read: Read = getattr(import_module(f"{_PACKAGE}.{module}"), name)
    return read


def last_resort_of(kind: Kind) -> Read:
    """Return the reader of plain text, for documents that their own reader failed on."""
    return reader_of(Kind.TEXT if kind in _TEXTUAL else Kind.BINARY)


def kind_by_content(data: bytes) -> Kind:
    """Return the kind of a whole file, Office files and messages included."""
    kind = kind_of_file(data[:HEAD], data[-TAIL:], data[DISC : DISC + 5])
    if kind is Kind.ZIP:
        return _kind_of_zip(data)
    if kind is Kind.OLE and _PROPERTIES in data:
        return Kind.MSG
    return kind


# The stream that every Outlook message has; names in OLE files are UTF-16.
_PROPERTIES = "__properties_version1.0".encode("utf-16-le")


def _kind_of_zip(data: bytes) -> Kind:
    try:
        with ZipFile(BytesIO(data)) as archive:
            names = "\n".join(archive.namelist()[:10_000])
    except (BadZipFile, ValueError, OSError, NotImplementedError):
        return Kind.ZIP
    return zip_kind(names.encode("utf-8", "replace"))
