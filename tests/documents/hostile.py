"""Documents that hurt whoever reads them carelessly."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from tests.documents.corpus import EML, HTML, MSG, PDF, RTF, XML
from tests.documents.make import mail, office, ole
from tests.documents.make.archives import aes_zip_of, sevenzip_of, tar_of, zip_of
from tests.documents.make.pdf import pdf, pdf_of, stream

IOC = "planted.evil-hostile.com"
TEXT = f"http://{IOC}/ ".encode()
_MB = 1 << 20


class Hostile(NamedTuple):
    name: str
    make: Callable[[], bytes]
    is_bomb: bool = False
    """Too much for anybody: whatever is found of it, it need not be the planted IOC."""


def _bomb(size: int = 300 * _MB) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", TEXT)
        with archive.open("zeros.txt", "w", force_zip64=True) as member:
            for _ in range(size // _MB):
                member.write(bytes(_MB))
    return target.getvalue()


def _nested(depth: int, content: bytes = TEXT) -> bytes:
    for _ in range(depth):
        content = zip_of({"next.zip": content})
    return content


def _many_layers(depth: int = 5, width: int = 12) -> bytes:
    """As 42.zip: each layer holds the one below many times."""
    content = zip_of({"zeros.bin": TEXT + bytes(4 * _MB)})
    for _ in range(depth):
        content = zip_of({f"{n}.zip": content for n in range(width)})
    return content


def _quine_gzip() -> bytes:
    """Unpacks to nearly itself: a stored block that holds the file's own beginning."""
    inner = gzip.compress(TEXT, mtime=0)
    for _ in range(40):
        inner = gzip.compress(inner, 0, mtime=0)
    return inner


def _quine_zip() -> bytes:
    """An archive that is its own member, as far as the directory tells."""
    plain = zip_of({"again.zip": TEXT * 20}, zipfile.ZIP_STORED)
    end = plain.rfind(b"PK\x05\x06")
    directory = bytearray(plain[plain.find(b"PK\x01\x02") : end])
    # The member begins where the archive does, and is as long as it.
    struct.pack_into("<I", directory, 42, 0)
    return plain[: plain.find(b"PK\x01\x02")] + bytes(directory) + plain[end:]


def _overlapping() -> bytes:
    """Many names in the directory, and one member behind all of them."""
    plain = zip_of({"kernel": TEXT + bytes(2 * _MB)})
    place = plain.find(b"PK\x01\x02")
    end = plain.rfind(b"PK\x05\x06")
    entry = plain[place:end]
    tail = bytearray(plain[end:])
    struct.pack_into("<HHI", tail, 8, 400, 400, len(entry) * 400)
    return plain[:place] + entry * 400 + bytes(tail)


def _patched(archive: bytes, place: int, value: bytes) -> bytes:
    """The same bytes written over a field of every entry of the directory."""
    patched = bytearray(archive)
    at = patched.find(b"PK\x01\x02")
    while at >= 0:
        patched[at + place : at + place + len(value)] = value
        at = patched.find(b"PK\x01\x02", at + 4)
    return bytes(patched)


def _laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return (
        f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "ha">{entities}]><l>&l9; {IOC}</l>'.encode()
    )


def _xxe(target: str) -> bytes:
    entity = f'<!DOCTYPE l [<!ENTITY x SYSTEM "{target}">]>'
    return f'<?xml version="1.0"?>{entity}<l>&x; http://{IOC}/</l>'.encode()


def _deep_xml(depth: int = 200_000) -> bytes:
    return b"<?xml version='1.0'?>" + b"<a>" * depth + TEXT + b"</a>" * depth


def _operators(count: int) -> bytes:
    return b"BT /F1 12 Tf (http://" + IOC.encode() + b"/) Tj " + b"(a) Tj " * count + b"ET"


def _false_dimension(rows: int = 60_000) -> bytes:
    cells = "".join(
        f'<row r="{n}">{office.inline(f"A{n}", f"cell {n}")}</row>' for n in range(1, rows)
    )
    last = f'<row r="{rows}">{office.inline(f"A{rows}", IOC)}</row>'
    return office.xlsx({"S": office.sheet(cells + last, dimension="A1")})


def _sheet_far_out() -> bytes:
    row = f'<row r="1048576">{office.inline("XFD1048576", IOC)}</row>'
    return office.xlsx({"S": office.sheet(row, dimension="A1:XFD1048576")})


def _docx_with(content: str, **more: str) -> bytes:
    return office.docx(office.paragraph(office.run(IOC)) + content, more=more)


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
    content = zlib.compress(b"BT (" + b"a" * (200 * _MB) + b") Tj ET", 9)
    packed = b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (
        len(content),
        content,
    )
    return pdf_of([b"<< /Type /Catalog /Pages 2 0 R >>",
                   b"<< /Type /Pages /Kids [ 3 0 R ] /Count 1 >>",
                   b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>",
                   packed, b"<< /S /URI /URI (" + TEXT + b") >>"])  # fmt: skip


def _nested_mail(depth: int = 60) -> bytes:
    message = mail.mail(mail.body(TEXT))
    for number in range(depth):
        message = mail.mail(mail.inner(message), boundary=b"b%d" % number)
    return message


def _deep_multipart(depth: int = 3_000) -> bytes:
    head = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n)
        for n in range(depth)
    )
    return b"From: a@b.com\r\nSubject: x\r\nMIME-Version: 1.0\r\n" + head + b"\r\n" + TEXT


def _many_parts(count: int = 20_000) -> bytes:
    parts = b"".join(b"--b\r\n\r\n%d\r\n" % n for n in range(count))
    kind = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    return mail.HEADERS + kind + b"--b\r\n\r\n" + TEXT + b"\r\n" + parts + b"--b--\r\n"


def _looping_ole() -> bytes:
    """The chain of its directory leads back to its beginning."""
    content = bytearray(ole.ole_of({"A": TEXT * 300}))
    directory = struct.unpack_from("<I", content, 48)[0]
    fat = struct.unpack_from("<I", content, 76)[0]
    struct.pack_into("<I", content, 512 + fat * 512 + directory * 4, directory)
    return bytes(content)


def _sibling_loop() -> bytes:
    content = bytearray(ole.ole_of({"A": TEXT * 20, "B": b"x" * 20}))
    directory = struct.unpack_from("<I", content, 48)[0]
    for entry in (1, 2):
        struct.pack_into("<I", content, 512 + directory * 512 + entry * 128 + 72, 1)
    return bytes(content)


def _names(*names: str) -> bytes:
    return zip_of({name: TEXT for name in names})


def _symlinks() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("link/x.txt", TEXT)
    return target.getvalue()


def _half(content: bytes) -> bytes:
    return content[: len(content) // 2]


HOSTILE = (
    Hostile("zip bomb", _bomb, is_bomb=True),
    Hostile("42.zip", _many_layers, is_bomb=True),
    Hostile("overlapping members", _overlapping, is_bomb=True),
    Hostile("zip nested 7 deep", lambda: _nested(7)),
    Hostile("zip nested 40 deep", lambda: _nested(40)),
    Hostile("quine zip", _quine_zip),
    Hostile("gzip in gzip in gzip", _quine_gzip),
    Hostile("gzip bomb", lambda: gzip.compress(TEXT + bytes(200 * _MB), 9), is_bomb=True),
    Hostile("bzip2 bomb", lambda: bz2.compress(TEXT + bytes(100 * _MB)), is_bomb=True),
    Hostile("xz bomb", lambda: lzma.compress(TEXT + bytes(100 * _MB), preset=1), is_bomb=True),
    Hostile("7z bomb", lambda: sevenzip_of({"a": TEXT + bytes(150 * _MB)}), is_bomb=True),
    Hostile("zip of 20,000 files", lambda: zip_of({f"{n}": b"x" for n in range(20_000)} | {"a": TEXT})),
    Hostile("names that climb", lambda: _names("../../etc/cron.d/x", "..\\..\\x", "/etc/passwd")),
    Hostile("names that steer", lambda: _names("a\x1b[2J\u202etxt", "b\x00c", "x" * 60_000)),
    Hostile("names that are devices", lambda: _names("CON", "/dev/zero", "//server/share/x")),
    Hostile("links in a zip", _symlinks),
    Hostile("links in a tar", lambda: tar_of({"l/x": TEXT}, {"l": "/etc", "m": "../../x"})),
    Hostile("tar that climbs", lambda: tar_of({"../../../x": TEXT, "/etc/x": TEXT})),
    Hostile("tar cut off", lambda: tar_of({"a": TEXT * 99})[:1500]),
    Hostile("tar with a huge header", lambda: tar_of({"a": TEXT}).replace(b"00000000", b"77777777", 3)),
    Hostile("zip with an unknown password", lambda: aes_zip_of({"a": TEXT}, "unknown")),
    Hostile("7z with an unknown password", lambda: sevenzip_of({"a": TEXT}, "unknown")),
    Hostile("7z with hidden names", lambda: sevenzip_of({"a": TEXT}, "unknown", hides_names=True)),
    Hostile("7z cut off", lambda: _half(sevenzip_of({"a": TEXT * 99}))),
    Hostile("zip with false sizes", lambda: _patched(_names("a.txt"), 24, b"\xff\xff\xff\x7f")),
    Hostile("zip with a false checksum", lambda: _patched(_names("a.txt"), 16, b"\x00\x00\x00\x01")),
    Hostile("zip with an unknown method", lambda: _patched(_names("a.txt"), 10, b"\x63\x00")),
    Hostile("zip without its directory", lambda: _names("a.txt")[:-60]),
    Hostile("zip cut in the middle", lambda: _half(zip_of({"a": os.urandom(9000), "b": TEXT}))),
    Hostile("two zips joined", lambda: _names("first.txt") + zip_of({"b": b"nothing"})),
    Hostile("zip behind a picture", lambda: b"\x89PNG\r\n\x1a\n" + bytes(999) + _names("a.txt")),
    Hostile("zip with text behind it", lambda: zip_of({"a": b"x"}) + b"\n" + TEXT),
    Hostile("zip with a damaged beginning", lambda: b"XX" + _names("a.txt", "b.txt")[2:]),
    Hostile("billion laughs", _laughs),
    Hostile("XXE", lambda: _xxe("file:///etc/hostname")),
    Hostile("XXE over the network", lambda: _xxe("http://127.0.0.1:9/x")),
    Hostile("XML nested 200,000 deep", _deep_xml),
    Hostile("XML cut off", lambda: XML.replace(b"http://attribute.evil-xml.com/", TEXT)[:250]),
    Hostile("XML in another encoding", lambda: f'<?xml version="1.0" encoding="utf-16"?><a>http://{IOC}/</a>'.encode("utf-16")),
    Hostile("HTML nested 200,000 deep", lambda: b"<html>" + b"<div>" * 200_000 + TEXT),
    Hostile("HTML of 200,000 tags without an end", lambda: b"<html>" + b"<a href='" * 200_000 + TEXT),
    Hostile("HTML of 300,000 signs", lambda: b"<html>" + b"<" * 300_000 + TEXT),
    Hostile("HTML of comments", lambda: b"<html>" + b"<!--" * 200_000 + TEXT),
    Hostile("HTML of declarations", lambda: b"<html>" + b"<![" * 100_000 + TEXT),
    Hostile("HTML with a tag without an end", lambda: HTML + b"<a href=http://" + IOC.encode() + b"/ x"),
    Hostile("RTF nested 200,000 deep", lambda: rb"{\rtf1" + b"{" * 200_000 + TEXT),
    Hostile("RTF of words", lambda: rb"{\rtf1" + rb"\a" * 300_000 + b" " + TEXT),
    Hostile("RTF with much binary", lambda: rb"{\rtf1 " + TEXT + rb"\bin2147483647 " + bytes(99)),
    Hostile("RTF cut off", lambda: rb"{\rtf1 " + TEXT + _half(RTF)[6:]),
    Hostile("DOCX with a text of 100 MB", lambda: _docx_with(office.paragraph(office.run("a" * (100 * _MB))))),
    Hostile("DOCX nested 100,000 deep", lambda: _docx_with("<w:p>" * 100_000 + "</w:p>" * 100_000)),
    Hostile("DOCX with entities", lambda: office.docx("", more={"word/header1.xml": _laughs()})),
    Hostile("DOCX cut off", lambda: _half(_docx_with("x" * 999))),
    Hostile("DOCX with torn XML", lambda: _docx_with("<w:p><w:r></w:p>")),
    Hostile("XLSX with a false dimension", _false_dimension),
    Hostile("XLSX with one cell far out", _sheet_far_out),
    Hostile("XLSX with strings that are not there", lambda: office.xlsx({"S": office.sheet(
        f'<row><c r="A1" t="s"><v>99999999</v></c><c r="A2" t="s"><v>-1</v></c>{office.inline("A3", IOC)}</row>')})),
    Hostile("PPTX that refers to itself", lambda: office.pptx([office.slide(f"<a:r><a:t>{IOC}</a:t></a:r>")], {
        "ppt/slides/_rels/slide1.xml.rels": office.relations(("r", "notesSlide", "slide1.xml", False),
                                                             ("s", "notesSlide", "../../../x", False))})),
    Hostile("PDF with 60,000 operators", lambda: pdf(operators=_operators(60_000))),
    Hostile("PDF with 2,000,000 operators", lambda: pdf(link=TEXT, operators=_operators(2_000_000)), is_bomb=True),
    Hostile("PDF with a stream of 200 MB", _stream_bomb, is_bomb=True),
    Hostile("PDF with 3,000 pages", _many_pages),
    Hostile("PDF whose pages are their own parents", lambda: _page_tree(b"<< /Type /Pages /Kids [ 2 0 R 3 0 R ] /Count 2 >>")),
    Hostile("PDF with a count of billions", lambda: _page_tree(b"<< /Type /Pages /Kids [ 3 0 R ] /Count 2000000000 >>")),
    Hostile("PDF with arrays in arrays", lambda: _page_tree(b"<< /Type /Pages /Kids [ 3 0 R ] /Count 1 /X " + b"[" * 50_000 + b"]" * 50_000 + b" >>")),
    Hostile("PDF whose table leads back", lambda: PDF.replace(b"/Root 1 0 R", b"/Prev 9 /Root 1 0 R") + TEXT),
    Hostile("PDF without a table", lambda: pdf(link=TEXT).replace(b"xref", b"xxxx")),
    Hostile("PDF cut off", lambda: _half(pdf(link=TEXT, text=b"x" * 3000))),
    Hostile("PDF with text behind its end", lambda: PDF + b"\n" + TEXT),
    Hostile("PDF with an archive behind its end", lambda: PDF + _names("a.txt")),
    Hostile("PDF behind other bytes", lambda: b"GIF89a" + bytes(200) + pdf(link=TEXT)),
    Hostile("PDF with letters that no font knows", lambda: pdf(operators=b"BT /F9 12 Tf <0001000200030004> Tj ET")),
    Hostile("PDF that is encrypted", lambda: pdf(link=TEXT).replace(
        b"/Root 1 0 R", b"/Encrypt << /Filter /Standard /V 9 /R 9 /O (x) /U (y) /P -1 >> /Root 1 0 R")),
    Hostile("mail nested 60 deep", _nested_mail),
    Hostile("mail of 3,000 multiparts", _deep_multipart),
    Hostile("mail of 20,000 parts", _many_parts),
    Hostile("mail with a header of 5 MB", lambda: mail.HEADERS + b"X-A: " + b"=?utf-8?q?a?= " * 350_000 + b"\r\n\r\n" + TEXT),
    Hostile("mail without its boundary", lambda: mail.HEADERS + b'Content-Type: multipart/mixed; boundary="none"\r\n\r\n' + TEXT),
    Hostile("mail with unknown encodings", lambda: mail.HEADERS + b"Content-Type: text/plain; charset=\"x\xff\"\r\nContent-Transfer-Encoding: none\r\n\r\n" + TEXT),
    Hostile("mail with a false encoding", lambda: mail.HEADERS + b"Content-Type: text/plain; charset=utf-16\r\n\r\n" + TEXT),
    Hostile("mail with an archive that is encrypted", lambda: mail.mail(mail.attachment(b"a.zip", aes_zip_of({"a": TEXT}, "x")))),
    Hostile("mail cut off", lambda: _half(EML)[: 4 * len(EML) // 9] + b"\r\n" + TEXT),
    Hostile("MSG cut off", lambda: _half(ole.msg({0x1000: "a" * 9000 + TEXT.decode()}))),
    Hostile("MSG without its properties", lambda: MSG.replace(b"\x00_\x003\x007\x00", b"\x00_\x009\x009\x00") + TEXT),
    Hostile("OLE with a chain that loops", _looping_ole),
    Hostile("OLE with siblings that loop", _sibling_loop),
    Hostile("OLE cut off", lambda: ole.ole_of({"A": TEXT * 300})[:3000]),
    Hostile("OLE that is encrypted", lambda: ole.ole_of({"EncryptedPackage": TEXT, "EncryptionInfo": b"x"})),
    Hostile("macros that are damaged", lambda: ole.vba_project(f'x = "http://{IOC}/"').replace(b"\x00Attribut", b"\xffAttribut")),
    Hostile("RAR", lambda: b"Rar!\x1a\x07\x01\x00" + TEXT),
    Hostile("a PDF called ZIP inside a ZIP", lambda: zip_of({"a.zip": pdf(link=TEXT)})),
    Hostile("a text with a ZIP's first letters", lambda: b"PK\x03\x04 " + TEXT),
    Hostile("a text with a PDF's first letters", lambda: b"%PDF-1.7 " + TEXT),
    Hostile("a text with an OLE file's first bytes", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + TEXT * 40),
    Hostile("a text among zeros", lambda: bytes(5 * _MB) + TEXT + bytes(5 * _MB)),
    Hostile("CSV with a cell without an end", lambda: b'a,b\n"' + b"x,y\n" * 50_000 + TEXT),
    Hostile("JSON nested 200,000 deep", lambda: b'{"a":' * 200_000 + b'"' + TEXT + b'"'),
    Hostile("one line of 20 MB", lambda: b"a." * (10 * _MB) + b" " + TEXT),
)  # fmt: skip

OUT_OF_REACH = frozenset((
    "zip nested 40 deep", "gzip in gzip in gzip", "zip of 20,000 files", "mail nested 60 deep",
    "zip with an unknown password", "7z with an unknown password", "7z with hidden names",
    "mail with an archive that is encrypted", "zip with an unknown method",
    "7z cut off", "zip cut in the middle", "DOCX cut off", "PDF cut off", "mail cut off",
    "MSG cut off", "PDF with letters that no font knows", "macros that are damaged",
))  # fmt: skip
"""Nobody could find it: it is locked away, cut off, too deep, or one of too many."""


def sparse(path: Path, size: int = 1 << 30) -> None:
    """A gigabyte of nothing behind a beginning that promises a PDF."""
    path.write_bytes(pdf(link=TEXT))
    os.truncate(path, size)


def sparse_zip(path: Path, size: int = 1 << 30) -> None:
    with path.open("wb") as file:
        file.truncate(size)
        file.seek(size)
        file.write(_names("a.txt"))


def made() -> Iterator[tuple[Hostile, bytes]]:
    for hostile in HOSTILE:
        yield hostile, hostile.make()
