"""Namespaces of XML are told apart from addresses, in every format that holds them."""

from __future__ import annotations

import pytest

from app.documents.readers.namespaces import without_namespaces
from tests.documents.conftest import Read
from tests.documents.make import office, ole
from tests.documents.make.pdf import pdf_of, stream

NAMESPACES = [
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "http://www.w3.org/1999/xhtml",
    "http://www.w3.org/XML/1998/namespace",
    "http://www.w3.org/TR/html4/loose.dtd",
    "http://www.w3.org/TR/REC-html40",
    "http://purl.org/dc/elements/1.1/",
    "http://purl.oclc.org/ooxml/drawingml/main",
    "http://ns.adobe.com/xap/1.0/sType/ResourceRef#",
    "http://ns.adobe.com/pdf/1.3/",
    "http://schemas.openxmlformats.org/drawingml/2006/main",
    "http://schemas.microsoft.com/office/2006/encryption",
    "http://schemas.microsoft.com/office/2006/keyEncryptor/password",
    "http://schemas.xmlsoap.org/soap/envelope/",
    "http://www.aiim.org/pdfa/ns/id/",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "http://www.xfa.org/schema/xfa-template/2.5/",
    "http://xmlns.com/foaf/0.1/",
    'xmlns="http://made-up.example-host.com/a"',
    "xmlns:x = 'https://made-up.example-host.com/b'",
    'xsi:schemaLocation="http://made-up.example-host.com/c c.xsd"',
]
ADDRESSES = [
    "http://www.w3.org/",
    "http://www.w3.org/Consortium/membership",
    "http://ns.adobe.com.evil-host.com/xap/1.0/",
    "http://ns.adobe.com@evil-host.com/xap/1.0/",
    "http://ns.adobe.com:8080/xap/",
    "http://schemas.evil-host.com/drawingml/2006/main",
    "http://evil-host.com/www.w3.org/1999/xhtml",
    "http://evil-host.com/?u=1&xmlns=2",
    "http://purl.org/evil/",
    "http://descriptions.evil-host.com/a",
    "https://www.adobe.com/reader.exe",
    "https://www.google.com/url?q=1",
]
HIDDEN = [
    ("http://purl.org/dc/elements/1.1/http://evil-host.com/a", "http://evil-host.com/a"),
    ("http://www.w3.org/1999/xhtml?u=evil-host.com", "evil-host.com"),
    ('<a xmlns="http://ns.adobe.com/xap/" href="http://evil-host.com/">', "http://evil-host.com/"),
]


@pytest.mark.parametrize("text", NAMESPACES)
def test_a_namespace_leaves_blanks(text: str) -> None:
    assert without_namespaces(f"<a {text} >") == f"<a {' ' * len(text)} >"


@pytest.mark.parametrize("text", ADDRESSES)
def test_an_address_stays(text: str) -> None:
    assert without_namespaces(f'<a href="{text}">') == f'<a href="{text}">'


@pytest.mark.parametrize(("text", "address"), HIDDEN)
def test_an_address_beside_a_namespace_stays(text: str, address: str) -> None:
    told = without_namespaces(text)
    assert address in told
    assert "w3.org" not in told
    assert "adobe" not in told
    assert "purl" not in told


XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    b'syntax-ns#"><rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" rdf:about="">'
    b"<pdfaSchema:namespaceURI>http://ns.adobe.com/pdf/1.3/</pdfaSchema:namespaceURI>"
    b"<xmp:Source xmlns:pdfaSchema='http://www.aiim.org/pdfa/ns/schema#'>"
    b"http://source.evil-host.com/a</xmp:Source></rdf:Description></rdf:RDF></x:xmpmeta>"
)
PACKET = b'<?xpacket begin="\xef\xbb\xbf" id="W5M0"?>\n' + XMP + b'\n  <?xpacket end="w"?>'
OLD_TEXT = (
    "http://schemas.openxmlformats.org/drawingml/2006/main and http://source.evil-host.com/a "
)
DOCUMENTS = {
    "metadata.pdf": pdf_of([
        b"<< /Type /Catalog /Pages 2 0 R /Metadata 4 0 R >>",
        b"<< /Type /Pages /Kids [ 3 0 R ] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources << >> >>",
        stream(PACKET, b"/Type /Metadata /Subtype /XML", is_packed=False),
    ]),
    "form.pdf": pdf_of([
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /XFA 4 0 R >> >>",
        b"<< /Type /Pages /Kids [ 3 0 R ] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources << >> >>",
        stream(b'<template xmlns="http://www.xfa.org/schema/xfa-template/2.5/">'
               b"http://source.evil-host.com/a</template>"),
    ]),
    "picture.xmp": PACKET,
    "slides.ppt": ole.ole_of({"PowerPoint Document": OLD_TEXT.encode("utf-16-le")}),
    "letter.doc": ole.ole_of({"WordDocument": OLD_TEXT.encode()}),
    "letter.rtf": rb"{\rtf1{\*\xmlnstbl {\xmlns1 http://schemas.microsoft.com/office/word/2003/"
                  rb"wordml;}{\xmlns2 urn:x}}http://source.evil-host.com/a}",
    "mail.msg": ole.msg({0x1000: OLD_TEXT}),
    "program.bin": b"\x00\x01\x02\x90" * 30 + OLD_TEXT.encode() + bytes(90),
    "letter.docx": office.docx(
        office.paragraph(office.run("http://source.evil-host.com/a")),
        more={"word/glue.xml": office.word_part("x", f"<w:a w:b='{NAMESPACES[8]}'/>")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS)
def test_only_the_address_of_a_document_is_told(name: str, read: Read) -> None:
    found = {one.evidence.ioc.value for one in read(name, DOCUMENTS[name]).occurrences()}
    assert found == {"http://source.evil-host.com/a"}


def test_the_text_of_an_encrypted_document_tells_no_namespace(read: Read) -> None:
    info = b'<encryption xmlns="%s"><p uri="%s"/></encryption>' % (
        NAMESPACES[10].encode(),
        NAMESPACES[11].encode(),
    )
    content = ole.ole_of({"EncryptedPackage": bytes(900), "EncryptionInfo": b"\x04\x00" + info})
    assert not list(read("letter.docx", content).occurrences())
