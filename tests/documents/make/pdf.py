"""Makes PDF files, valid and damaged ones."""

from __future__ import annotations

import zlib
from collections.abc import Iterable


def pdf_of(objects: Iterable[bytes], trailer: bytes = b"/Root 1 0 R") -> bytes:
    """Return a PDF of these objects, numbered from 1, with the table of their places."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(places) + 1,
        trailer,
        table,
    )
    return bytes(out)


def stream(content: bytes, entries: bytes = b"", is_packed: bool = True) -> bytes:
    if is_packed:
        content = zlib.compress(content, 9)
        entries += b" /Filter /FlateDecode"
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(content), content)


def pdf(
    text: bytes = b"",
    link: bytes = b"",
    script: bytes = b"",
    embedded: tuple[bytes, bytes] | None = None,
    title: bytes = b"",
    operators: bytes = b"",
) -> bytes:
    """Return a PDF with one page: a text, a link, a script, an embedded file and a title."""
    contents = operators or b"BT /F1 12 Tf 20 200 Td (%s) Tj ET" % text
    catalog = b"<< /Type /Catalog /Pages 2 0 R"
    if script:
        catalog += b" /OpenAction << /S /JavaScript /JS (%s) >>" % script
    if embedded:
        catalog += b" /Names << /EmbeddedFiles << /Names [ (%s) 8 0 R ] >> >>" % embedded[0]
    objects = [
        catalog + b" >>",
        b"<< /Type /Pages /Kids [ 3 0 R ] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> /Annots [ 6 0 R ] >>",
        stream(contents),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (%s) >> >>" % link,
        b"<< /Title (%s) >>" % title,
    ]
    if embedded:
        name, content = embedded
        objects += [
            b"<< /Type /Filespec /F (%s) /EF << /F 9 0 R >> >>" % name,
            stream(content, b"/Type /EmbeddedFile"),
        ]
    return pdf_of(objects, b"/Root 1 0 R /Info 7 0 R")
