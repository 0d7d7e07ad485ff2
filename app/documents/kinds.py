"""The kind of a file, by its content.

The name of a file is not asked: the sender chose it, and malware is often named as something else.
A new format needs a `Kind`, its first bytes in `_MAGIC`, and a line in `readers`. A format that is
`FOREIGN` so far also has a line in `foreign._NAMES`, which then goes.
"""

from __future__ import annotations

import re
from enum import StrEnum

from app.documents.foreign import is_foreign
from app.documents.mail_heads import even_line_ends, is_mail, mail_start
from app.documents.wide_text import BYTE_ORDER_MARKS, narrowed


class Kind(StrEnum):
    """The kinds of files that are told apart."""

    EMPTY = "empty"
    TEXT = "text"
    CSV = "csv"
    JSON = "json"
    HTML = "html"
    XML = "xml"
    RTF = "rtf"
    EML = "eml"
    MBOX = "mbox"
    MSG = "msg"
    ENCODED = "encoded text"
    """Plain text with a file in it that is uuencoded, or with a PGP message."""
    CALENDAR = "ics"
    """A calendar or a contact."""
    SMIME = "p7m"
    TNEF = "tnef"
    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    PPTX = "pptx"
    ODF = "odf"
    FLAT = "office-xml"
    """Office files that are one XML file."""
    OLE = "ole"
    ZIP = "zip"
    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    TAR = "tar"
    SEVENZIP = "7z"
    ZSTANDARD = "zst"
    ISO = "iso"
    LINK = "link"
    PCAP = "pcap"
    EVTX = "evtx"
    ONENOTE = "onenote"
    FOREIGN = "foreign"
    """A container that no reader opens."""
    IMAGE = "image"
    """Pictures, in which there may be a QR code."""
    MEDIA = "media"
    """Sound, fonts, programs: nothing to read."""
    BINARY = "binary"
    """Everything else that is no text."""


TEXTS = frozenset({Kind.TEXT, Kind.CSV, Kind.JSON, Kind.EMPTY})
"""The kinds of plain text, which may have any length."""
MARKED_UP = frozenset({Kind.HTML, Kind.XML, Kind.ODF, Kind.FLAT})
PIXELS = frozenset({Kind.IMAGE, Kind.MEDIA})
"""The kinds that hold no text."""
_NO_MARK = PIXELS | {Kind.BINARY, Kind.ZIP}
DISC = 16 * 2048 + 1
"""Where the mark in the first descriptor of a disc image stands."""
TAIL = 1 << 17
"""How many bytes of the end it needs: a ZIP ends with its directory and 64 kB of comment."""
HEAD = 1 << 14
"""How many bytes of the beginning `kind_of` needs."""

# The first bytes of files, with the kind that they prove.
_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"PK\x03\x04", Kind.ZIP),
    (b"PK\x05\x06", Kind.ZIP),
    (b"PK\x07\x08", Kind.ZIP),
    (b"\x1f\x8b", Kind.GZIP),
    (b"BZh", Kind.BZIP2),
    (b"\xfd7zXZ\x00", Kind.XZ),
    (b"7z\xbc\xaf\x27\x1c", Kind.SEVENZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind.OLE),
    (b"{\\rt", Kind.RTF),
    (b"L\x00\x00\x00\x01\x14\x02\x00", Kind.LINK),
    (b"\xd4\xc3\xb2\xa1", Kind.PCAP),
    (b"\xa1\xb2\xc3\xd4", Kind.PCAP),
    (b"\x4d\x3c\xb2\xa1", Kind.PCAP),
    (b"\xa1\xb2\x3c\x4d", Kind.PCAP),
    (b"\x0a\x0d\x0d\x0a", Kind.PCAP),
    (b"ElfFile\x00", Kind.EVTX),
    (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", Kind.ONENOTE),
    (b"Rar!\x1a\x07", Kind.FOREIGN),
    (b"MSCF", Kind.FOREIGN),
    (b"ITSF", Kind.FOREIGN),
    (b"\x28\xb5\x2f\xfd", Kind.ZSTANDARD),
    (b"\x04\x22\x4d\x18", Kind.FOREIGN),  # LZ4
    (b"\x60\xea", Kind.FOREIGN),  # ARJ
    (b"\x1f\x9d", Kind.FOREIGN),  # compress
    (b"\x1f\xa0", Kind.FOREIGN),
    (b"LZIP\x01", Kind.FOREIGN),
    (b"!<arch>\n", Kind.FOREIGN),
    (b"\xed\xab\xee\xdb", Kind.FOREIGN),
    (b"xar!\x00", Kind.FOREIGN),
    (b"\xc7\x71", Kind.FOREIGN),  # cpio
    (b"MSWIM\x00", Kind.FOREIGN),
    (b"vhdxfile", Kind.FOREIGN),
    (b"conectix", Kind.FOREIGN),
    (b"KDMV", Kind.FOREIGN),
    (b"QFI\xfb", Kind.FOREIGN),
    (b"\x00\x01\x00\x00Standard ", Kind.FOREIGN),
    (b"!BDN", Kind.FOREIGN),  # an Outlook store
    (b"\x78\x9f\x3e\x22", Kind.TNEF),
    # The first packet of an encrypted OpenPGP message (RFC 4880, 5.1 and 5.3): its version follows
    # the length, and a session key for RSA with 2048, 3072 or 4096 bits, or for a password.
    (b"\x85\x01\x0c\x03", Kind.FOREIGN),
    (b"\x85\x01\x8c\x03", Kind.FOREIGN),
    (b"\x85\x02\x0c\x03", Kind.FOREIGN),
    (b"\x84\x5e\x03", Kind.FOREIGN),
    (b"\xc1\xc0\x4c\x03", Kind.FOREIGN),
    (b"\x8c\x0d\x04", Kind.FOREIGN),
    (b"\xc3\x0d\x04", Kind.FOREIGN),
    (b"\x89PNG", Kind.IMAGE),
    (b"\xff\xd8\xff", Kind.IMAGE),
    (b"GIF8", Kind.IMAGE),
    (b"BM", Kind.IMAGE),
    (b"II*\x00", Kind.IMAGE),
    (b"MM\x00*", Kind.IMAGE),
    (b"\x00\x00\x01\x00", Kind.IMAGE),
    (b"RIFF", Kind.MEDIA),
    (b"OggS", Kind.MEDIA),
    (b"ID3", Kind.MEDIA),
    (b"fLaC", Kind.MEDIA),
    (b"\x1aE\xdf\xa3", Kind.MEDIA),
    (b"MZ", Kind.MEDIA),
    (b"\x7fELF", Kind.MEDIA),
    (b"\xca\xfe\xba\xbe", Kind.MEDIA),
    (b"\xcf\xfa\xed\xfe", Kind.MEDIA),
    (b"wOFF", Kind.MEDIA),
    (b"wOF2", Kind.MEDIA),
    (b"\x00\x01\x00\x00\x00", Kind.MEDIA),
    (b"OTTO", Kind.MEDIA),
    (b"SQLite format 3\x00", Kind.BINARY),
)
_DOCUMENT_ENDINGS = frozenset(
    b"doc docx docm dot dotx dotm xls xlsx xlsm xlsb xlt ppt pptx pptm pps rtf pdf odt ods odp txt"
    b" csv eml msg htm html xml json log".split()
)
_OFFICE = ((b"word/", Kind.DOCX), (b"xl/", Kind.XLSX), (b"ppt/", Kind.PPTX))
_BYTE_ORDERS = (b"\x4d\x3c\x2b\x1a", b"\x1a\x2b\x3c\x4d")  # of a section of a pcapng file
_ODF_PARTS = (b"content.xml", b"encrypted-package")
# Control characters that no text holds; in more than this share of the bytes they prove binary
# data.
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x08\x1b"))
_MOST_CONTROLS = 0.02
_ROWS = 10  # lines that are looked at for cells
_CALENDAR = re.compile(rb"BEGIN:V(?:CALENDAR|CARD)\b", re.I)
# No prose has a line of capitals, digits and signs alone below such a "begin".
_ENCODED = re.compile(
    rb"^(?:begin [0-7]{3,4} [^\r\n]{1,255}\r?\n[ -`]{2,63}\r?$|-----BEGIN PGP MESSAGE-----\r?$)",
    re.M,
)
# The object ids with which the content types of CMS begin (RFC 5652, 4; RFC 3274, 1.1).
_CMS = (
    b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07",
    b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01",
)
_PAGE = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|script|style|meta|table|iframe|form|div)\b", re.I
)
# The root of a document in one XML file: OpenDocument, Flat OPC, Word and Excel 2003.
_FLAT_ODF = re.compile(rb"<office:document\b|<[\w:]+\s[^>]*tc:opendocument:xmlns:office")
_FLAT_OFFICE = re.compile(
    rb"<\?mso-application\b|office/2006/xmlPackage|office/word/2003/wordml"
    rb"|schemas-microsoft-com:office:spreadsheet"
)
_PAGE_IN_XML = re.compile(rb"<!doctype\s+html|<(?:html|svg)\b", re.I)
_PIECE_OF_PAGE = re.compile(
    rb"<(?:svg|a|p|b|i|br|hr|span|font|center|img|ul|ol|pre|button|input|h[1-6]|title|object"
    rb"|embed|base)\b",
    re.I,
)


def kind_of(head: bytes, tail: bytes = b"") -> Kind:
    """Return the kind by the first and last bytes; `zip_kind` finds the Office files of ZIPs."""
    if not head:
        return Kind.EMPTY
    # Readers of PDF search the first kilobyte for the mark, so malware puts something before it.
    if b"%PDF-" in head[:1024]:
        return Kind.PDF
    kind = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
    if head.startswith(b"\n") and kind is Kind.PCAP and head[8:12] not in _BYTE_ORDERS:
        kind = None  # line breaks before a text
    if kind is Kind.MEDIA and head[8:12] == b"WEBP":
        kind = Kind.IMAGE
    is_word = head[:2] in (b"BM", b"MZ", b"ID", b"RI") and not head.startswith(b"\0" * 4, 6)
    if kind in PIXELS and is_word and _is_readable(head):
        kind = None  # a text may begin with "BM", "MZ", "ID3" or "RIFF"
    if kind is None and head[257:262] == b"ustar":
        kind = Kind.TAR
    if kind is None and is_foreign(head):
        kind = Kind.FOREIGN
    # The object id follows the tag of a sequence and its length of one to five bytes.
    if kind is None and head[:1] == b"0" and any(head.startswith(_CMS, n) for n in range(2, 7)):
        kind = Kind.SMIME
    if kind in (None, Kind.BINARY, *PIXELS) and b"PK\x05\x06" in tail:
        # The directory of a ZIP is at its end: a ZIP may stand behind a picture or a program,
        # and can be opened if its beginning is damaged.
        return Kind.ZIP
    if kind is None and b"%%EOF" in tail[-1024:] and b"startxref" in tail[-2048:]:
        return Kind.PDF
    if kind is not None:
        return kind
    return text_kind(head) if _is_readable(head) else Kind.BINARY


def kind_of_file(head: bytes, tail: bytes, disc: bytes) -> Kind:
    """Return the same with the marks of disc images; `disc` are the 5 bytes at `DISC`."""
    kind = kind_of(head, tail)
    # That mark stands far behind the beginning, which may be empty; and a ZIP may be the last
    # file in an image.
    if kind in _NO_MARK and disc in (b"CD001", b"BEA01"):
        return Kind.ISO
    # Macintosh images have their mark in the last sector.
    if kind is Kind.BINARY and tail[-512:-508] == b"koly":
        return Kind.FOREIGN
    return kind


def zip_kind(names: bytes) -> Kind:
    """Return the kind of a ZIP whose directory lists these names."""
    if b"META-INF/manifest.xml" in names and any(name in names for name in _ODF_PARTS):
        return Kind.ODF
    if b"[Content_Types].xml" not in names:
        return Kind.ZIP
    return next((kind for folder, kind in _OFFICE if folder in names), Kind.DOCX)


def is_named_document(name: str) -> bool:
    """Return whether the name promises a document: what is hidden behind it is worth a word."""
    return name.rpartition(".")[2].lower().encode("utf-8", "replace") in _DOCUMENT_ENDINGS


def text_kind(head: bytes) -> Kind:
    """Return the kind of a text by its beginning."""
    text = even_line_ends(narrowed(head).lstrip(b"\xef\xbb\xbf \t\r\n"))
    if text.startswith(b"{\\rt"):
        return Kind.RTF
    if text.startswith(b"<"):
        return _markup_kind(text)
    if text[:1] in (b"{", b"["):
        return Kind.JSON
    if text.startswith(b"From ") and (end := text.find(b"\n")) > 0 and is_mail(text[end + 1 :]):
        return Kind.MBOX
    if _CALENDAR.match(text):
        return Kind.CALENDAR
    if text.startswith((b"-----BEGIN PKCS7-----", b"-----BEGIN CMS-----")):
        return Kind.SMIME
    if mail_start(text) >= 0:
        return Kind.EML
    if _ENCODED.search(text):
        return Kind.ENCODED
    return Kind.CSV if _is_table(text) else Kind.TEXT


def _markup_kind(text: bytes) -> Kind:
    if text.startswith(b"<?xml") and _FLAT_ODF.search(text[:2048]):
        return Kind.ODF
    if text.startswith(b"<?xml") and _FLAT_OFFICE.search(text[:2048]):
        return Kind.FLAT
    if text.startswith((b"<?xml", b"<?xpacket")):
        return Kind.HTML if _PAGE_IN_XML.search(text[:2048]) else Kind.XML
    if _PAGE.search(text[:4096]) or _PIECE_OF_PAGE.match(text):
        return Kind.HTML
    if text.startswith(b"<!DOCTYPE") or re.match(rb"<[A-Za-z_][\w:.-]*(?:\s[^<>]*)?/?>", text):
        return Kind.XML
    return Kind.TEXT


def _is_table(text: bytes) -> bool:
    """Return whether the first lines may be rows of cells; the reader checks all lines."""
    lines = [line for line in text.split(b"\n")[:_ROWS] if line.strip()]
    return len(lines) > 1 and any(
        all(mark in line for line in lines[:-1]) for mark in (b",", b";", b"\t", b"|")
    )


def _is_readable(head: bytes) -> bool:
    if head.startswith(BYTE_ORDER_MARKS):
        return True
    text = narrowed(head)
    controls = len(text) - len(text.translate(None, _CONTROLS))
    return controls <= len(text) * _MOST_CONTROLS
