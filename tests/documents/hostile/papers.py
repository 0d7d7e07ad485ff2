"""Makes hostile PDF files."""

from __future__ import annotations

import zlib

from tests.documents.hostile.model import IOC, MB, TEXT, Hostile, half
from tests.documents.make.archives import zip_of
from tests.documents.make.pdf import pdf, pdf_of, stream
from tests.documents.samples import PDF


def _operators(count: int) -> bytes:
    return b"BT /F1 12 Tf (http://" + IOC.encode() + b"/) Tj " + b"(a) Tj " * count + b"ET"


def _page_tree(kids: bytes) -> bytes:
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << >> >>"
    return pdf_of([b"<< /Type /Catalog /Pages 2 0 R >>", kids, page, stream(b"BT (x) Tj ET"),
                   b"<< /S /URI /URI (" + TEXT + b") >>"])  # fmt: skip


def _many_pages(count: int = 3_000) -> bytes:
    kids = b" ".join(b"%d 0 R" % (n + 5) for n in range(count))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [ %s ] /Count %d >>" % (kids, count),
        stream(b"BT /F1 9 Tf (http://" + IOC.encode() + b"/) Tj ET"),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 3 0 R"
        b" /Resources << /Font << /F1 4 0 R >> >> >>"
    )
    return pdf_of(objects + [page] * count)


def _stream_bomb() -> bytes:
    content = zlib.compress(b"BT (" + b"a" * (100 * MB) + b") Tj ET", 9)
    packed = b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (
        len(content),
        content,
    )
    return pdf_of([b"<< /Type /Catalog /Pages 2 0 R >>",
                   b"<< /Type /Pages /Kids [ 3 0 R ] /Count 1 >>",
                   b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>",
                   packed, b"<< /S /URI /URI (" + TEXT + b") >>"])  # fmt: skip


def _names(*names: str) -> bytes:
    return zip_of({name: TEXT for name in names})


PAPERS = (
    Hostile("PDF with 60,000 operators", lambda: pdf(operators=_operators(60_000))),
    Hostile(
        "PDF with 2,000,000 operators",
        lambda: pdf(link=TEXT, operators=_operators(2_000_000)),
        is_bomb=True,
    ),
    Hostile("PDF with a stream of 100 MB", _stream_bomb, is_bomb=True),
    Hostile("PDF with 3,000 pages", _many_pages),
    Hostile(
        "PDF whose pages are their own parents",
        lambda: _page_tree(b"<< /Type /Pages /Kids [ 2 0 R 3 0 R ] /Count 2 >>"),
    ),
    Hostile(
        "PDF with a count of billions",
        lambda: _page_tree(b"<< /Type /Pages /Kids [ 3 0 R ] /Count 2000000000 >>"),
    ),
    Hostile(
        "PDF with arrays in arrays",
        lambda: _page_tree(
            b"<< /Type /Pages /Kids [ 3 0 R ] /Count 1 /X " + b"[" * 50_000 + b"]" * 50_000 + b" >>"
        ),
    ),
    Hostile(
        "PDF whose table leads back",
        lambda: PDF.replace(b"/Root 1 0 R", b"/Prev 9 /Root 1 0 R") + TEXT,
    ),
    Hostile("PDF without a table", lambda: pdf(link=TEXT).replace(b"xref", b"xxxx")),
    Hostile("PDF cut off", lambda: half(pdf(link=TEXT, text=b"x" * 3000))),
    Hostile("PDF with text behind its end", lambda: PDF + b"\n" + TEXT),
    Hostile("PDF with an archive behind its end", lambda: PDF + _names("a.txt")),
    Hostile("PDF behind other bytes", lambda: b"GIF89a" + bytes(200) + pdf(link=TEXT)),
    Hostile(
        "PDF with letters that no font knows",
        lambda: pdf(operators=b"BT /F9 12 Tf <0001000200030004> Tj ET"),
    ),
    Hostile(
        "PDF that is encrypted",
        lambda: pdf(link=TEXT).replace(
            b"/Root 1 0 R",
            b"/Encrypt << /Filter /Standard /V 9 /R 9 /O (x) /U (y) /P -1 >> /Root 1 0 R",
        ),
    ),
    Hostile("a PDF called ZIP inside a ZIP", lambda: zip_of({"a.zip": pdf(link=TEXT)})),
)
