"""Details of the formats that the readers must know, one by one."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from collections.abc import Callable

import pytest

from app.documents.kinds import Kind, kind_of, zip_kind
from app.documents.limits import Budget, Limits
from app.documents.models import Item, Member, Part, Unread
from app.documents.readers import reader_of
from app.documents.readers.encodings import decode_text, text_decoder
from app.documents.readers.fields import quoted
from app.documents.readers.macros import decompress
from app.documents.readers.squeezed import unsqueeze
from tests.documents.make import mail, office, ole
from tests.documents.make.archives import sevenzip_of, tar_of, zip_of
from tests.documents.samples import INNER_MAIL


def items(kind: Kind, content: bytes) -> list[Item]:
    return list(reader_of(kind)(content, Budget(Limits())))


def texts(kind: Kind, content: bytes) -> list[tuple[str, str]]:
    return [(item.part, item.text) for item in items(kind, content) if isinstance(item, Part)]


KINDS = [
    (b"", Kind.EMPTY),
    (b"plain text", Kind.TEXT),
    (b"line one\nwith, a comma\nwithout", Kind.TEXT),
    (b"a,b\n1,2\n3,4\n", Kind.CSV),
    (b' {"a": 1}', Kind.JSON),
    (b"\xef\xbb\xbf<?xml version='1.0'?><a/>", Kind.XML),
    ("<?xml version='1.0'?><a/>".encode("utf-16"), Kind.XML),
    (b"<list><a/></list>", Kind.XML),
    (b"  <!DOCTYPE HTML><p>", Kind.HTML),
    (b"<?xml version='1.0'?><!DOCTYPE html><html/>", Kind.HTML),
    (b"<a href='x'>", Kind.HTML),
    (b"<http://evil.com>", Kind.TEXT),
    (b"<165>Jan  1 10:00:00 host: a line of syslog", Kind.TEXT),
    (b"From: a@b.com\r\nTo: c@d.com\r\n\r\nx", Kind.EML),
    (b"Received: from x\n by y\nSubject: z\n\nx", Kind.EML),
    (b"From a@b.com Mon Jan  1 10:00:00 2024\nFrom: a@b.com\nTo: c@d.com\n\nx", Kind.MBOX),
    (b"Note: this is\nno: mail\n", Kind.TEXT),
    (b"{\\rtf1", Kind.RTF),
    (b"{\\rt{{", Kind.RTF),
    (b"junk\n%PDF-1.4", Kind.PDF),
    (b"BM is a word, MZ is another", Kind.TEXT),
    (b"MZ\x90\x00\x03" + bytes(90), Kind.MEDIA),
    (b"\x89PNG\r\n\x1a\n" + bytes(90), Kind.IMAGE),
    (b"RIFF\x00\x00\x00\x00WEBPVP8 " + bytes(90), Kind.IMAGE),
    (b"RIFF\x00\x00\x00\x00WAVEfmt " + bytes(90), Kind.MEDIA),
    (b"<?xml version='1.0'?><svg/>", Kind.HTML),
    (b"<?xml version='1.0'?><office:document/>", Kind.ODF),
    (b"<?xml version='1.0'?><?mso-application progid='Word.Document'?><a/>", Kind.FLAT),
    (bytes(257) + b"ustar\x00" + bytes(250), Kind.TAR),
    (b"Rar!\x1a\x07\x00", Kind.FOREIGN),
    (bytes(range(256)), Kind.BINARY),
    ("wide text without a mark".encode("utf-16-be"), Kind.TEXT),
]


@pytest.mark.parametrize(("head", "kind"), KINDS)
def test_the_kind_follows_from_the_content(head: bytes, kind: Kind) -> None:
    assert kind_of(head, head) is kind


def test_an_archive_is_found_behind_something_else() -> None:
    assert kind_of(b"\x89PNG", zip_of({"a": b"x"})) is Kind.ZIP
    assert zip_kind(b"word/document.xml") is Kind.ZIP
    assert zip_kind(b"[Content_Types].xml\nvisio/document.xml") is Kind.DOCX


@pytest.mark.parametrize(
    ("data", "declared", "text"),
    [
        ("grün".encode(), None, "grün"),
        ("grün".encode("cp1252"), None, "grün"),
        ("grün".encode("utf-16"), None, "grün"),
        ("привет мир, это письмо".encode("koi8-r"), "koi8-r", "привет мир, это письмо"),
        ("日本語".encode("iso2022_jp"), "iso-2022-jp", "日本語"),
        ("grün".encode("utf-7"), "utf-7", "grün"),
        (b"abc", "no-such-encoding", "abc"),
        (b"abc", "rot13", "abc"),
        (b"\xff\xfe\x00", None, "\ufffd"),
        # Damaged in one place, UTF-8 stays UTF-8.
        (
            "über grüne Wälder ".encode() + b"\xff" + "für Öl".encode(),
            None,
            "grüne Wälder \ufffdfür",
        ),
    ],
)
def test_text_is_decoded_from_any_encoding(data: bytes, declared: str | None, text: str) -> None:
    assert text in decode_text(data, declared)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32-le", "latin-1", "cp1252"]
)
def test_a_long_text_is_decoded_piece_by_piece(encoding: str) -> None:
    text = "grün and more of the same text\n" * 9
    data = text.encode(encoding)
    decode = text_decoder(data)
    pieces = [decode(data[n : n + 7], False) for n in range(0, len(data), 7)]
    assert "".join(pieces) + decode(b"", True) == text


def test_macros_are_unpacked_as_the_specification_shows() -> None:
    """The data is the example of MS-OVBA 3.2.2."""
    packed = bytes.fromhex(
        "012fb00023616161626364658266007061676869 6a0138086 16b6c00306d6e6f7006710270041072737475"
        "761077 78797a003c".replace(" ", "")
    )
    assert decompress(packed) == b"#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa"


@pytest.mark.parametrize(
    ("packed", "text"),
    [
        (
            "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c0900206277"
            "05b06c647d0a800fa0",
            b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n",
        ),
        (
            "1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0",
            b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}",
        ),
    ],
)
def test_bodies_are_unpacked_as_the_specification_shows(packed: str, text: bytes) -> None:
    """The data are the examples of MS-OXRTFCP 4.1 and 4.2."""
    assert unsqueeze(bytes.fromhex(packed)) == (text, True)
    assert unsqueeze(bytes.fromhex(packed)[:24])[1] is False


def test_html_joins_what_inline_tags_split_and_keeps_cells_apart() -> None:
    page = b"<p>a<b>b</b><i>c</i></p><table><tr><td>d</td><td>e</td></tr></table>"
    assert texts(Kind.HTML, page) == [("text", "abc"), ("text", " | d | e")]


def test_html_keeps_hidden_text_apart_from_visible_text() -> None:
    page = b"<p>ev<span hidden>xyz.hidden.com</span>il.com</p>"
    assert texts(Kind.HTML, page) == [("text", "evil.com"), ("hidden text", "xyz.hidden.com")]
    page = b"<p>ev<b style='font-size:0px; color:red'>xyz.hidden.com</b>il.com</p>"
    assert ("text", "evil.com") in texts(Kind.HTML, page)


def test_html_gives_a_repeated_attribute_twice() -> None:
    page = b'<img src="http://a.com" src="http://b.com"><a href="http://c.com" href="http://d.com">'
    assert [text for _, text in texts(Kind.HTML, page)] == [
        f"http://{name}.com" for name in ("a", "b", "d", "c")
    ]


def test_html_in_base64_in_a_script_is_a_file_of_its_own() -> None:
    from base64 import b64encode

    hidden = zip_of({"a.txt": b"evil.com " * 40})
    page = b"<html><script>var x = '" + b64encode(hidden) + b"'</script>"
    (member,) = (item for item in items(Kind.HTML, page) if isinstance(item, Member))
    assert (member.name, member.data) == ("base64 in script", hidden)


def test_the_lines_of_a_page_are_those_of_its_source() -> None:
    page = b"<html>\n<p>one</p>\n<!-- a.com -->\n\n<a href='http://b.com'>\nc.com</a></html>"
    lines = {
        i.part: i.line + i.text[: i.text.find("c.com")].count("\n")
        for i in items(Kind.HTML, page)
        if isinstance(i, Part)
    }
    assert lines == {"text": 6, "comment": 3, "link shown as c.com": 6}


def test_links_in_a_tar_that_lead_out_of_it_give_names_only() -> None:
    found = items(Kind.TAR, tar_of({"../../x": b"evil.com"}, {"link": "/etc/passwd"}))
    assert [item.name for item in found if isinstance(item, Member)] == ["../../x"]
    assert ("file name", "link\n/etc/passwd") in texts(
        Kind.TAR, tar_of({}, {"link": "/etc/passwd"})
    )


def test_files_of_one_name_are_all_read() -> None:
    import py7zr  # noqa: F401  # what is read here is what it writes

    found = items(Kind.SEVENZIP, sevenzip_of({"a/b.txt": b"one", "b.txt": b"two"}))
    assert [(item.name, item.data) for item in found if isinstance(item, Member)] == [
        ("a/b.txt", b"one"),
        ("b.txt", b"two"),
    ]


def test_an_old_workbook_without_readable_cells_is_reported() -> None:
    found = items(Kind.OLE, ole.ole_of({"Workbook": b"\x09\x08" + bytes(60)}))
    assert [item for item in found if isinstance(item, Unread)]


@pytest.mark.parametrize(("flags", "is_reported"), [(0, False), (4, True)])
def test_an_old_document_is_reported_if_it_was_saved_in_pieces(
    flags: int, is_reported: bool
) -> None:
    text = bytes(10) + bytes((flags, 0)) + bytes(9) + b"see evil.com now\x00\x01"
    found = items(Kind.OLE, ole.ole_of({"WordDocument": text}))
    assert ("stream WordDocument", "see evil.com now") in [
        (item.part, item.text) for item in found if isinstance(item, Part)
    ]
    assert any(isinstance(item, Unread) for item in found) is is_reported


@pytest.mark.parametrize("is_packed", [True, False])
def test_the_macros_of_an_old_presentation_are_an_object(is_packed: bool) -> None:
    project = ole.vba_project('u = "http://" & "evil.com/"')
    content = struct.pack("<I", len(project)) + zlib.compress(project) if is_packed else project
    record = struct.pack("<HHI", 0x10 if is_packed else 0, 0x1011, len(content)) + content
    found = items(Kind.OLE, ole.ole_of({"PowerPoint Document": bytes(24) + record + bytes(9)}))
    assert [item.data for item in found if isinstance(item, Member)] == [project]


@pytest.mark.parametrize(
    "make",
    [
        lambda: (
            struct.pack("<HHI", 0x10, 0x1011, 0xFFFFFFFF) + bytes(4) + zlib.compress(b"\xd0")[:9]
        ),
        lambda: struct.pack("<HHI", 0x10, 0x1011, 90) + bytes(4) + b"\x78\x9c" + bytes(90),
        lambda: struct.pack("<HH", 0x10, 0x1011) * 50_000,
        lambda: struct.pack("<HHI", 0x10, 0x1011, 9000) + bytes(4) + zlib.compress(bytes(90 << 20)),
        lambda: struct.pack("<HH", 0, 0x1011),
    ],
    ids=["cut", "damaged", "headers alone", "a bomb", "no length"],
)
def test_hostile_objects_of_a_presentation_are_none(make: Callable[[], bytes]) -> None:
    found = items(Kind.OLE, ole.ole_of({"PowerPoint Document": bytes(24) + make()}))
    assert not [item for item in found if isinstance(item, Member)]


@pytest.mark.parametrize(
    ("size", "is_whole"), [(17, True), (29, True), (5, True), (40, True), (0, True)]
)
def test_a_plain_body_is_whole_if_its_size_counts_the_header_too(size: int, is_whole: bool) -> None:
    text = rb"{\rtf1 evil.com}"
    packed = struct.pack("<IIII", len(text) + 12, size, 0x414C454D, 0) + text
    assert unsqueeze(packed) == (text[:size], is_whole)
    assert unsqueeze(packed[:-3])[1] is (size <= len(text) - 3)


@pytest.mark.parametrize("ending", [b"\r\n", b"\n"])
def test_an_attached_message_keeps_its_bytes(ending: bytes) -> None:
    inner = INNER_MAIL.replace(b"\r\n", ending)
    message = mail.mail(mail.body(b"x"), mail.inner(b"\0")).replace(b"\r\n", ending)
    found = items(Kind.EML, message.replace(b"\0", inner))
    assert [item.data for item in found if isinstance(item, Member)] == [inner]


def test_the_parts_of_a_binary_workbook_are_no_files() -> None:
    book = zip_of(
        {
            "[Content_Types].xml": office.TYPES,
            "xl/workbook.bin": b"\x00" * 40,
            "xl/worksheets/sheet1.bin": "http://evil.com/".encode("utf-16-le"),
            "xl/vbaProject.bin": ole.vba_project("x"),
        }
    )
    found = items(Kind.XLSX, book)
    assert [item.name for item in found if isinstance(item, Member)] == ["xl/vbaProject.bin"]
    assert ("sheet 1", "http://evil.com/") in texts(Kind.XLSX, book)


def test_the_document_type_of_xml_may_hold_an_address() -> None:
    page = b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "http://evil.com/a.dtd"><a/>'
    assert texts(Kind.XML, page) == [("document type", "http://evil.com/a.dtd")]


def _looping(content: bytes, start: int, following: int) -> bytes:
    """Return an OLE file with another sector behind one; a sector below 0 is that of the folder."""
    data = bytearray(content)
    table = struct.unpack_from("<I", data, 76)[0]
    first = struct.unpack_from("<I", data, 48)[0]
    number, target = (first if n < 0 else n for n in (start, following))
    struct.pack_into("<I", data, 512 + table * 512 + number * 4, target)
    return bytes(data)


LONG = ole.ole_of({"A": b"see evil.com now " * 900, "B": b"x" * 5000, "C": b"short"})


@pytest.mark.parametrize(
    ("content", "is_told"),
    [
        (LONG, False),
        (ole.ole_of({"C": b"short"}), False),
        (_looping(LONG, -1, -1), True),
        (_looping(LONG, 0, 0), True),
        (_looping(LONG, 5, 2), True),
        (_looping(LONG, 29, 3), True),
        (_looping(LONG, 32, 0), True),
    ],
    ids=["whole", "short", "folder", "itself", "back", "end", "another"],
)
def test_a_table_of_sectors_that_leads_in_circles_is_told(content: bytes, is_told: bool) -> None:
    reasons = [item.reason for item in items(Kind.OLE, content) if isinstance(item, Unread)]
    assert any("circles" in reason for reason in reasons) is is_told


def _looping_with_size(where: str) -> bytes:
    """Return an OLE file in which a stream claims 3 GB, and its sectors lead in circles."""
    data = bytearray(_looping(LONG, 0, 0) if where == "stream" else LONG)
    size = struct.pack("<I", 3 << 30)
    if where == "small streams":  # the number of sectors of their table, which follows itself
        first = struct.unpack_from("<I", data, 60)[0]
        data = bytearray(_looping(bytes(data), first, first))
        data[64:68] = struct.pack("<I", (3 << 30) // 512)
    else:
        entry = 0 if where == "root" else 1
        folder = 512 + struct.unpack_from("<I", data, 48)[0] * 512
        start = struct.unpack_from("<I", data, folder + entry * 128 + 116)[0]
        data = bytearray(_looping(bytes(data), start, start))
        data[folder + entry * 128 + 120 : folder + entry * 128 + 124] = size
    return bytes(data)


@pytest.mark.parametrize("where", ["stream", "root", "small streams"])
def test_a_stream_is_never_longer_than_its_file(where: str) -> None:
    tracemalloc.start()
    try:
        found = items(Kind.OLE, _looping_with_size(where))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 20 << 20
    assert any("more than the file holds" in i.reason for i in found if isinstance(i, Unread))


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        (rb"{\rtf1 a\bin2 {}see evil.com}", False),
        (rb"{\rtf1 a\bin99 see evil.com}", True),
        (rb"{\rtf1 a\bin2147483647 see evil.com}", True),
        (rb"{\rtf1 a\bin-5 see evil.com}", False),
        (rb"{\rtf1 {\*\objdata \bin9999999999 xy}", True),
    ],
)
def test_binary_data_longer_than_the_file_is_told(text: bytes, is_told: bool) -> None:
    found = items(Kind.RTF, text)
    assert any(isinstance(item, Unread) for item in found) is is_told
    if b"evil" in text:
        assert any("evil.com" in item.text for item in found if isinstance(item, Part))


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("QUOTE 104 116 116 112 58 47 47 97 46 99 111", "http://a.co"),
        (' QUOTE "104" "116" "116" "112" ', "http"),
        ("QUOTE 0x68 0x74 0x74 0x70 0x73", "https"),
        ("IF QUOTE 97 98 99 100 x QUOTE 100 99 98 97", "abcd\ndcba"),
        ("QUOTE 99 0 999999 55555 104", ""),
        ("QUOTE of the day: 10 20", ""),
        ("PAGEREF 104 116 116 112", ""),
        ("UNQUOTE 104 116 116 112", ""),
    ],
)
def test_a_field_that_writes_numbers_is_undone(field: str, text: str) -> None:
    assert quoted(field) == text


def test_slides_are_told_in_the_order_in_which_they_are_shown() -> None:
    slides = [office.slide(f"<a:r><a:t>{name}.evil.com</a:t></a:r>") for name in ("one", "two")]
    notes = office.slide("<a:r><a:t>note.evil.com</a:t></a:r>")
    listed = '<p:sldIdLst><p:sldId id="256" r:id="rId2"/><p:sldId id="257" r:id="rId1"/>'
    more = {
        "ppt/presentation.xml": office.slide("x").replace(
            "<p:txBody>", f"{listed}</p:sldIdLst><p:txBody>"
        ),
        "ppt/_rels/presentation.xml.rels": office.relations(
            ("rId1", "slide", "slides/slide1.xml", False),
            ("rId2", "slide", "slides/slide2.xml", False),
        ),
        "ppt/slides/_rels/slide2.xml.rels": office.relations(
            ("rId1", "notesSlide", "../notesSlides/notesSlide7.xml", False)
        ),
        "ppt/notesSlides/notesSlide7.xml": notes,
    }
    found = texts(Kind.PPTX, office.pptx(slides, more))
    assert ("slide 1", "two.evil.com") in found
    assert ("slide 2", "one.evil.com") in found
    assert ("notes of slide 1", "note.evil.com") in found


@pytest.mark.parametrize("cell", [(0, 0), (4, 2), (6, 0), (0, 27), (9, 255)])
def test_a_cell_of_an_old_sheet_is_told_where_it_is(cell: tuple[int, int]) -> None:
    letters = {0: "A", 2: "C", 27: "AB", 255: "IV"}
    place = f"sheet Q1!{letters[cell[1]]}{cell[0] + 1}"
    assert (place, "http://evil.com/") in texts(Kind.OLE, ole.workbook({cell: "http://evil.com/"}))


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        ('HYPERLINK("http://ev"&amp;"il.com/x")', 'HYPERLINK("http://evil.com/x")'),
        ('"http://a" &amp; "b.com/" &amp; "c"', '"http://ab.com/c"'),
        ('"http://a.com/"&amp;A1&amp;"b"', '"http://a.com/"&A1&"b"'),
        ('IF(A1="x","http://a.com/","b.com")', 'IF(A1="x","http://a.com/","b.com")'),
        ('"a.com","b.com"', '"a.com","b.com"'),
    ],
)
def test_the_literals_of_a_formula_are_joined(formula: str, text: str) -> None:
    rows = f'<row r="1"><c r="A1"><f>{formula}</f><v>1</v></c></row>'
    book = office.xlsx({"Q1": office.sheet(rows)})
    assert ("sheet Q1!A1, formula", text) in texts(Kind.XLSX, book)
