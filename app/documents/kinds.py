"""The kind of a file, by its content.

The name of a file is not asked: the sender chose it, and malware is often named as something else.
A new format needs a `Kind`, its first bytes in `_MAGIC`, and a line in `readers`. A format that is
`FOREIGN` so far also has a line in `_FOREIGN_NAMES`, which then goes.
"""

from __future__ import annotations

import re
from enum import StrEnum

from app.documents.mail_heads import even_line_ends, is_mail, mail_start


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
    OLE = "ole"
    ZIP = "zip"
    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    TAR = "tar"
    SEVENZIP = "7z"
    LINK = "link"
    FOREIGN = "foreign"
    """A container that no reader opens."""
    MEDIA = "media"
    """Pictures, sound, programs: nothing to read."""
    BINARY = "binary"
    """Everything else that is no text."""


TEXTS = frozenset({Kind.TEXT, Kind.CSV, Kind.JSON, Kind.EMPTY})
"""The kinds of plain text, which may have any length."""
MARKED_UP = frozenset({Kind.HTML, Kind.XML})
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
    (b"Rar!\x1a\x07", Kind.FOREIGN),
    (b"MSCF", Kind.FOREIGN),
    (b"ITSF", Kind.FOREIGN),
    (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", Kind.FOREIGN),  # OneNote
    (b"\x28\xb5\x2f\xfd", Kind.FOREIGN),  # Zstandard
    (b"\x04\x22\x4d\x18", Kind.FOREIGN),  # LZ4
    (b"\x60\xea", Kind.FOREIGN),  # ARJ
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
    (b"\x89PNG", Kind.MEDIA),
    (b"\xff\xd8\xff", Kind.MEDIA),
    (b"GIF8", Kind.MEDIA),
    (b"BM", Kind.MEDIA),
    (b"II*\x00", Kind.MEDIA),
    (b"MM\x00*", Kind.MEDIA),
    (b"\x00\x00\x01\x00", Kind.MEDIA),
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
_PGP = "files that are encrypted with PGP"
_FOREIGN_NAMES = {
    b"Rar!": "RAR archives",
    b"MSCF": "cabinet archives",
    b"ITSF": "compiled help files",
    b"\xe4\x52\x5c\x7b": "OneNote files",
    b"!BDN": "Outlook stores",
    b"\x85": _PGP,
    b"\x84": _PGP,
    b"\xc1": _PGP,
    b"\x8c": _PGP,
    b"\xc3": _PGP,
}
_OFFICE = ((b"word/", Kind.DOCX), (b"xl/", Kind.XLSX), (b"ppt/", Kind.PPTX))
_MARKS = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
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
    if kind is Kind.MEDIA and _is_readable(head) and head[:2] in (b"BM", b"MZ", b"ID", b"RI"):
        kind = None  # a text may begin with "BM", "MZ", "ID3" or "RIFF"
    if kind is None and head[257:262] == b"ustar":
        kind = Kind.TAR
    # The object id follows the tag of a sequence and its length of one to five bytes.
    if kind is None and head[:1] == b"0" and any(head.startswith(_CMS, n) for n in range(2, 7)):
        kind = Kind.SMIME
    if kind in (None, Kind.BINARY, Kind.MEDIA) and b"PK\x05\x06" in tail:
        # The directory of a ZIP is at its end: a ZIP may stand behind a picture or a program,
        # and can be opened if its beginning is damaged.
        return Kind.ZIP
    if kind is None and b"%%EOF" in tail[-1024:] and b"startxref" in tail[-2048:]:
        return Kind.PDF
    if kind is not None:
        return kind
    return text_kind(head) if _is_readable(head) else Kind.BINARY


def zip_kind(names: bytes) -> Kind:
    """Return the kind of a ZIP whose directory lists these names."""
    if b"[Content_Types].xml" not in names:
        return Kind.ZIP
    return next((kind for folder, kind in _OFFICE if folder in names), Kind.DOCX)


def foreign_name(head: bytes) -> str:
    """Return the name of a format that is not opened, in the plural, for messages."""
    return next((n for magic, n in _FOREIGN_NAMES.items() if head.startswith(magic)), "such files")


def text_kind(head: bytes) -> Kind:
    """Return the kind of a text by its beginning."""
    text = even_line_ends(_narrowed(head).lstrip(b"\xef\xbb\xbf \t\r\n"))
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
    if text.startswith(b"<?xml"):
        return Kind.HTML if re.search(rb"<!doctype\s+html|<html\b", text[:2048], re.I) else Kind.XML
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
    if head.startswith(_MARKS):
        return True
    text = _narrowed(head)
    controls = len(text) - len(text.translate(None, _CONTROLS))
    return controls <= len(text) * _MOST_CONTROLS


def wide_encoding(head: bytes) -> str | None:
    """Return UTF-16 or UTF-32, for a text without a byte order mark; None for other text."""
    # In both, most characters of a Latin text have zeros at the same places of each four bytes.
    sample = head[:4096]
    sample = sample[: len(sample) & ~3]
    if len(sample) < 8 or b"\x00" not in sample:
        return None
    columns = [sample[i::4].count(0) / (len(sample) / 4) for i in range(4)]
    many = [share > 0.4 for share in columns]
    few = [share < 0.1 for share in columns]
    if few[0] and many[1] and many[2] and many[3]:
        return "utf-32-le"
    if many[0] and many[1] and many[2] and few[3]:
        return "utf-32-be"
    if few[0] and many[1] and few[2] and many[3]:
        return "utf-16-le"
    if many[0] and few[1] and many[2] and few[3]:
        return "utf-16-be"
    return None


def _narrowed(head: bytes) -> bytes:
    """Return the bytes of a text without the zeros and byte order marks of wide characters."""
    if head.startswith(_MARKS) or wide_encoding(head):
        return head.replace(b"\x00", b"").lstrip(b"\xff\xfe\xef\xbb\xbf")
    return head
