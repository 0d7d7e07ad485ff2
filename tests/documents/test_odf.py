"""OpenDocument and Office files of one XML file: texts that are split, places, files inside."""

from __future__ import annotations

from base64 import encodebytes

import pytest

from app.documents.models import State
from tests.documents.conftest import Read
from tests.documents.make import ole
from tests.documents.make.archives import zip_of
from tests.documents.make.odf import MANIFEST, body, flat, odf, xml

SPLIT = "http://evil-<text:span>sp</text:span>lit.top/<text:span>x</text:span>"
WHOLE = "http://evil-split.top/x"
MACRO = 'Sub AutoOpen()\r\nu = "http://macro." & "evil-flat.top/"\r\nEnd Sub\r\n'
SHEET = (
    '<table:table table:name="Q1"><table:table-row table:number-rows-repeated="6"/>'
    '<table:table-row><table:table-cell table:number-columns-repeated="27"/>'
    f"<table:table-cell><text:p>{SPLIT}</text:p></table:table-cell>"
    "<table:table-cell><text:p>cells.evil</text:p></table:table-cell>"
    "<table:table-cell><text:p>.com</text:p></table:table-cell></table:table-row></table:table>"
)
SLIDES = (
    '<draw:page draw:name="One"><draw:frame><draw:text-box><text:p>x</text:p></draw:text-box>'
    f"</draw:frame><presentation:notes><text:p>{SPLIT}</text:p></presentation:notes></draw:page>"
    '<draw:page draw:name="Two"><text:p>http://evil-two.top/</text:p></draw:page>'
)
NOTE = (
    "<text:p>http://evil-<office:annotation><dc:creator>Bob</dc:creator><text:p>evil-note.top"
    "</text:p></office:annotation>split.top/x</text:p>"
)
LINK = '<text:p><text:a xlink:href="http://evil-link.top/">www.shown-bank.com</text:a></text:p>'
BASIC = (
    '<?xml version="1.0"?><script:module xmlns:script="http://openoffice.org/2000/script"'
    ' script:name="M">u = "http://macro." &amp; "evil-flat.top/"</script:module>'
)
FORMULA = (
    '<table:table table:name="A"><table:table-row><table:table-cell table:formula='
    '"of:=HYPERLINK(&quot;http://evil-&quot;&amp;&quot;split.top/x&quot;)"/></table:table-row>'
    "</table:table>"
)
BINARY = "<draw:object><office:binary-data>{}</office:binary-data></draw:object>"


def opc(*parts: tuple[str, str]) -> bytes:
    inside = "".join(f'<pkg:part pkg:name="{name}">{xml}</pkg:part>' for name, xml in parts)
    return (
        '<?xml version="1.0"?><?mso-application progid="Word.Document"?><pkg:package xmlns:pkg='
        f'"http://schemas.microsoft.com/office/2006/xmlPackage">{inside}</pkg:package>'
    ).encode()


def word(content: str) -> bytes:
    return (
        '<?xml version="1.0"?><?mso-application progid="Word.Document"?><w:wordDocument '
        'xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml">'
        f"<w:body>{content}</w:body></w:wordDocument>"
    ).encode()


def excel(content: str) -> bytes:
    return (
        '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="Q1">'
        f"<Table><Row>{content}</Row></Table></Worksheet></Workbook>"
    ).encode()


def base64(data: bytes) -> str:
    return encodebytes(data).decode()


RUNS = "<w:r><w:t>http://evil-sp</w:t></w:r><w:proofErr/><w:r><w:t>lit.top/x</w:t></w:r>"
DOCUMENT = (
    '<pkg:xmlData><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/'
    f'main"><w:body><w:p>{RUNS}</w:p></w:body></w:document></pkg:xmlData>'
)
RELATIONS = (
    '<pkg:xmlData><Relationships><Relationship Id="rId1" Type="hyperlink" TargetMode="External" '
    'Target="http://evil-link.top/"/></Relationships></pkg:xmlData>'
)
VBA = f"<pkg:binaryData>{base64(ole.vba_project(MACRO))}</pkg:binaryData>"

FILES = {
    "split span in FODT": (flat("text", f"<text:p>{SPLIT}</text:p>"), {WHOLE: "body"}),
    "link in FODT": (flat("text", LINK),
                     {"http://evil-link.top/": "body, link shown as www.shown-bank.com",
                      "www.shown-bank.com": "body"}),
    "note in FODT": (flat("text", NOTE), {WHOLE: "body", "evil-note.top": "body"}),
    "heading in ODT": (odf("text", f"<text:h>{SPLIT}</text:h>"), {WHOLE: "body"}),
    "header of ODT": (odf("text", "<text:p>x</text:p>", {
        "styles.xml": xml("document-styles", f"<text:p>{SPLIT}</text:p>")}), {WHOLE: "styles"}),
    "title of ODT": (odf("text", "", {
        "meta.xml": xml("document-meta", "<dc:title>http://evil-title.top/</dc:title>")}),
        {"http://evil-title.top/": "meta, title"}),
    "macro of ODT": (odf("text", "", {"Basic/Standard/M.xml": BASIC}),
                     {"http://macro.evil-flat.top/": "M, module"}),
    "object in ODT": (odf("text", "", {"Object 1/content.xml": xml(
        "document-content", body("text", f"<text:p>{SPLIT}</text:p>"))}), {WHOLE: "Object 1"}),
    "file in ODT": (odf("text", "", {"Files/a.zip": zip_of({"a.txt": WHOLE})}),
                    {WHOLE: "embedded Files/a.zip > a.txt"}),
    "object in FODT": (flat("text", BINARY.format(base64(zip_of({"a.txt": WHOLE})))),
                       {WHOLE: "embedded embedded file > a.txt"}),
    "cell of FODS": (flat("spreadsheet", SHEET), {WHOLE: "sheet Q1!AB7"}),
    "cell of ODS": (odf("spreadsheet", SHEET), {WHOLE: "sheet Q1!AB7"}),
    "formula of ODS": (odf("spreadsheet", FORMULA), {WHOLE: "sheet A!A1, formula"}),
    "notes of FODP": (flat("presentation", SLIDES), {WHOLE: "notes of slide One",
                                                     "http://evil-two.top/": "slide Two"}),
    "Flat OPC": (opc(("/word/document.xml", DOCUMENT)), {WHOLE: "body"}),
    "macro in Flat OPC": (opc(("/word/vbaProject.bin", VBA)),
        {"http://macro.evil-flat.top/": "embedded word/vbaProject.bin > macro M"}),
    "header in Flat OPC": (opc(("/word/header1.xml", DOCUMENT)), {WHOLE: "header 1"}),
    "link in Flat OPC": (
        opc(("/word/_rels/document.xml.rels", RELATIONS)), {
            "http://evil-link.top/": "document.xml, attribute Target of Relationship"}),
    "Word 2003": (word(f"<w:p>{RUNS}</w:p>"), {WHOLE: "body"}),
    "field in Word 2003": (word(
        '<w:p><w:r><w:instrText>INCLUDEPICTURE "http://evil-</w:instrText></w:r><w:r>'
        '<w:instrText>split.top/x"</w:instrText></w:r></w:p>'), {WHOLE: "body, field"}),
    "link in Word 2003": (word('<w:p><w:hlink w:dest="http://evil-link.top/">'
                               f"{RUNS}</w:hlink></w:p>"),
                          {WHOLE: "body",
                           "http://evil-link.top/": "body, attribute dest of hlink"}),
    "macro in Word 2003": (word(
        f'<w:docSuppData><w:binData w:name="editdata.mso">{base64(ole.vba_project(MACRO))}'
        "</w:binData></w:docSuppData>"),
        {"http://macro.evil-flat.top/": "embedded editdata.mso > macro M"}),
    "Excel 2003": (excel('<Cell><Data ss:Type="String">http://evil-<B>sp</B>lit.top/x</Data>'
                         "</Cell><Cell><Data>cells.evil</Data></Cell><Cell><Data>.com</Data>"
                         "</Cell>"), {WHOLE: "sheet Q1"}),
    "link in Excel 2003": (excel('<Cell ss:HRef="http://evil-link.top/"><Data>x</Data></Cell>'),
                           {"http://evil-link.top/": "sheet Q1, attribute HRef of Cell"}),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_text_that_tags_split_is_whole_and_in_its_place(name: str, read: Read) -> None:
    content, expected = FILES[name]
    result = read(name, content)
    hashes = {ioc.value for file in result.files for ioc in file.iocs}
    found = {
        occurrence.evidence.ioc.value: occurrence.place.part for occurrence in result.occurrences()
    }
    assert {value: part for value, part in found.items() if value not in hashes} == expected
    assert (result.state, result.reason) == (State.OK, "")


ENCRYPTED = MANIFEST.format(
    '<m:file-entry m:full-path="content.xml"><m:encryption-data m:checksum-type='
    '"http://www.w3.org/2001/04/xmlenc#aes256-cbc"/></m:file-entry>'
)


@pytest.mark.parametrize(
    "files",
    [
        {"content.xml": bytes(range(99)), "META-INF/manifest.xml": ENCRYPTED},
        {"encrypted-package": bytes(99), "META-INF/manifest.xml": MANIFEST.format("")},
    ],
)
def test_an_encrypted_document_says_so(files: dict[str, bytes | str], read: Read) -> None:
    result = read("a.odt", zip_of({"mimetype": "x"} | files))
    assert result.state is State.PARTIAL
    assert "encrypted" in result.reason
    assert not [o for o in result.occurrences() if o.evidence.ioc.type.value == "url"]
