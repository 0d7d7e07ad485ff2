"""Details of the formats that the readers must know, one by one."""

from __future__ import annotations

import pytest

from app.documents.kinds import Kind, kind_of, zip_kind
from app.documents.limits import Budget, Limits
from app.documents.models import Item, Member, Part, Unread
from app.documents.readers import reader_of
from app.documents.readers.encodings import decode_text, text_decoder
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
    ],
)
def test_text_is_decoded_from_any_encoding(data: bytes, declared: str | None, text: str) -> None:
    assert text in decode_text(data, declared)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32-le"])
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


def test_an_old_document_is_read_as_runs_of_letters_and_reported() -> None:
    found = items(Kind.OLE, ole.ole_of({"WordDocument": bytes(9) + b"see evil.com now\x00\x01"}))
    assert ("stream WordDocument", "see evil.com now") in [
        (item.part, item.text) for item in found if isinstance(item, Part)
    ]
    assert [item for item in found if isinstance(item, Unread)]


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
