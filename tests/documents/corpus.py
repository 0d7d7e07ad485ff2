"""Documents of every format, and where each planted IOC stands in them."""

from __future__ import annotations

import bz2
import gzip
import lzma
from dataclasses import dataclass

from tests.documents.make import mail, office, ole
from tests.documents.make.archives import aes_zip_of, sevenzip_of, tar_of, zip_of
from tests.documents.make.pdf import pdf


@dataclass(frozen=True)
class Planted:
    name: str
    content: bytes
    expected: dict[str, str]
    """Value -> part."""


HTML = b"""<!doctype html><html><head><meta charset="utf-8">
<meta http-equiv="refresh" content="0; url=http://meta.evil-html.com/">
<script>var u = "http://script.evil-html.com/";</script></head>
<body onload="go('http://handler.evil-html.com/')"><!-- http://comment.evil-html.com/ -->
<p>The site inl<b>ine.evil</b>-html.com is <a href="http://target.evil-html.com/?a=1&amp;b=2"
>www.shown-bank.com</a></p>
<div style="display:none">http://hidden.evil-html.com/</div>
<table><tr><td>cells.evil-html</td><td>.com</td></tr></table>
<img data-src="http://attribute.evil-html.com/a.png">
<a href="data:text/html;base64,PGEgaHJlZj0iaHR0cDovL2RhdGEuZXZpbC1odG1sLmNvbS8iPng8L2E+">x</a>
<iframe srcdoc="&lt;a href='http://srcdoc.evil-html.com/'>x&lt;/a>"></iframe>
</body></html>
"""

_LINKS = office.relations(
    ("rId7", "hyperlink", "http://link.evil-docx.com/", True),
    ("rId8", "attachedTemplate", "http://template.evil-docx.com/a.dotm", True),
)
_MACRO = 'Sub AutoOpen()\r\nu = "http://macro." & "evil-office.com/"\r\nEnd Sub\r\n'
DOCX = office.docx(
    office.paragraph(office.run("go to body.ev"), office.run("il-docx.com now"))
    + office.paragraph(f'<w:hyperlink r:id="rId7">{office.run("www.shown-bank.com")}</w:hyperlink>')
    + office.paragraph(office.run("hidden.evil-docx.com", hidden=True))
    + office.paragraph(
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        '<w:r><w:instrText>INCLUDEPICTURE "http://fie</w:instrText></w:r>'
        '<w:r><w:instrText>ld.evil-docx.com/"</w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    + "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>cells.evil</w:t></w:r></w:p></w:tc>"
    "<w:tc><w:p><w:r><w:t>.com</w:t></w:r></w:p></w:tc></w:tr></w:tbl>",
    links=_LINKS,
    more={
        "word/header1.xml": office.word_part(
            "hdr", office.paragraph(office.run("header.evil-docx.com"))
        ),
        "word/footer2.xml": office.word_part(
            "ftr", office.paragraph(office.run("footer.evil-docx.com"))
        ),
        "word/footnotes.xml": office.word_part(
            "footnotes", office.paragraph(office.run("footnote.evil-docx.com"))
        ),
        "word/comments.xml": office.word_part(
            "comments", office.paragraph(office.run("comment.evil-docx.com"))
        ),
        "docProps/core.xml": office.PROPERTIES.format("http://title.evil-docx.com/"),
        "word/vbaProject.bin": ole.vba_project(_MACRO),
        "word/embeddings/oleObject1.bin": ole.ole_of(
            {"\x01Ole10Native": ole.native("drop.txt", b"http://object.evil-docx.com/")}
        ),
        "word/media/image1.png": b"\x89PNG\r\n\x1a\n" + b"http://pixels.evil-docx.com/",
    },
)
XLSX = office.xlsx(
    {
        "Q1": office.sheet(
            '<row r="7"><c r="B7" t="s"><v>0</v></c><c r="C7" t="s"><v>1</v></c>'
            '<c r="D7"><f>HYPERLINK("http://formula.evil-xlsx.com/","x")</f><v>1</v></c></row>'
            f'<row r="9">{office.inline("A9", "inline.evil-xlsx.com")}'
            f"{office.inline('B9', 'cells.evil')}{office.inline('C9', '.com')}</row>",
            '<hyperlinks><hyperlink ref="B7" r:id="rId1"/></hyperlinks>'
            "<headerFooter><oddHeader>header.evil-xlsx.com</oddHeader></headerFooter>",
        ),
        "Secret": office.sheet(f'<row r="1">{office.inline("A1", "hidden.evil-xlsx.com")}</row>'),
    },
    strings=(
        "<r><t>rich.ev</t></r><r><t>il-xlsx.com</t></r>",
        "<t>shared.evil-xlsx.com</t>",
        "<t>unused.evil-xlsx.com</t>",
    ),
    hidden=frozenset(("Secret",)),
    more={
        "xl/worksheets/_rels/sheet1.xml.rels": office.relations(
            ("rId1", "hyperlink", "http://link.evil-xlsx.com/", True),
            ("rId2", "comments", "../comments1.xml", False),
        ),
        "xl/comments1.xml": (
            '<comments xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            '<commentList><comment ref="B7"><text><r><t>comment.evil-</t></r>'
            "<r><t>xlsx.com</t></r></text></comment></commentList></comments>"
        ),
        "xl/externalLinks/_rels/externalLink1.xml.rels": office.relations(
            ("rId1", "externalLinkPath", "http://external.evil-xlsx.com/a.xlsx", True)
        ),
        "xl/vbaProject.bin": ole.vba_project(_MACRO),
    },
)
PPTX = office.pptx(
    [
        office.slide(
            "<a:r><a:t>slide.ev</a:t></a:r><a:r><a:t>il-pptx.com</a:t></a:r>"
            '<a:r><a:rPr><a:hlinkClick r:id="rId1"/></a:rPr><a:t> x</a:t></a:r>'
        ),
        office.slide("<a:r><a:t>hidden.evil-pptx.com</a:t></a:r>", 'show="0"'),
    ],
    more={
        "ppt/slides/_rels/slide1.xml.rels": office.relations(
            ("rId1", "hyperlink", "http://link.evil-pptx.com/", True),
            ("rId2", "notesSlide", "../notesSlides/notesSlide1.xml", False),
        ),
        "ppt/notesSlides/notesSlide1.xml": office.slide(
            "<a:r><a:t>notes.evil-pptx.com</a:t></a:r>"
        ),
    },
)
RTF = (
    rb"{\rtf1\ansi\ansicpg1252{\*\template http://template.evil-rtf.com/a.dot}"
    rb"{\info{\title http://title.evil-rtf.com/}}"
    rb"text.ev{\b il-rtf.com}\par hex.\'65vil-rtf.com\par uni.\u101?vil-rtf.com\par"
    rb"{\field{\*\fldinst HYPERLINK {" + b'"http://field.evil-rtf.com/"' + rb"}}{\fldrslt x}}"
    rb"\trowd cells.evil\cell .com\cell\row"
    rb"{\object\objemb{\*\objdata "
    + ole.ole1("Package", ole.native("drop.txt", b"http://object.evil-rtf.com/")[4:]).hex().encode()
    + b"}}}"
)
PDF = pdf(
    text=b"see http://page.evil-pdf.com/",
    link=b"http://link.evil-pdf.com/",
    script=b"app.launchURL\\('http://script.evil-pdf.com/'\\)",
    embedded=(b"in.txt", b"http://embedded.evil-pdf.com/"),
    title=b"http://title.evil-pdf.com/",
)
INNER_MAIL = mail.mail(
    mail.body(b"http://inner.evil-mail.com/"),
    mail.attachment(b"deep.zip", zip_of({"a/b.txt": b"http://deep.evil-mail.com/"})),
    boundary=b"inside",
    headers=b"From: a@inner-from.com\r\nSubject: inner\r\nMIME-Version: 1.0\r\n",
)
EML = mail.mail(
    mail.body(b"plain text: http://body.evil-mail.com/" + b"a" * 60),
    mail.body(
        b'<p>ht<b>tp://joined.evil-mail.com/</b> <a href="http://real.evil-mail.com/">'
        b"www.shown-bank.com</a></p>",
        b"text/html",
    ),
    mail.attachment(b"note.txt", b"http://attached.evil-mail.com/"),
    mail.attachment(b"report.docx", DOCX),
    mail.inner(INNER_MAIL),
)
MSG = ole.msg(
    {
        0x0037: "subject http://subject.evil-msg.com/",
        0x1000: "body http://body.evil-msg.com/",
        0x1013: "<a href='http://html.evil-msg.com/'>www.shown-bank.com</a>",
        0x007D: "Received: from relay.evil-msg.com ([61.7.7.7])\r\n\tby x\r\n",
        0x0C1F: "sender@from.evil-msg.com",
    },
    {
        "note.txt": b"http://attached.evil-msg.com/",
        "Forwarded": ole.message_tree(
            {0x0037: "inner", 0x1000: "http://inner.evil-msg.com/"},
            {"deep.txt": b"http://deep.evil-msg.com/"},
        ),
    },
)
XML = b"""<?xml version="1.0"?>
<list xmlns="http://schemas.evil-namespace.com/a">
 <!-- http://comment.evil-xml.com/ -->
 <item url="http://attribute.evil-xml.com/">element&#46;evil-xml.com</item>
 <a>cells.evil</a><a>.com</a>
 <b><![CDATA[http://cdata.evil-xml.com/]]></b>
</list>
"""
TEXT = "line one\nhxxp://text[.]evil-plain[.]com/ and bücher-plain.de\n"

CORPUS = (
    Planted("page.html", HTML, {
        "http://meta.evil-html.com/": "attribute content",
        "http://script.evil-html.com/": "script",
        "http://handler.evil-html.com/": "attribute onload",
        "http://comment.evil-html.com/": "comment",
        "inline.evil-html.com": "text",
        "http://target.evil-html.com/?a=1&b=2": "link shown as www.shown-bank.com",
        "http://hidden.evil-html.com/": "hidden text",
        "http://attribute.evil-html.com/a.png": "attribute data-src",
        "http://data.evil-html.com/": "embedded data URI > link",
        "http://srcdoc.evil-html.com/": "attribute srcdoc, link",
    }),
    Planted("report.docx", DOCX, {
        "body.evil-docx.com": "body",
        "http://link.evil-docx.com/": "body, link shown as www.shown-bank.com",
        "http://template.evil-docx.com/a.dotm": "document, external attachedTemplate",
        "hidden.evil-docx.com": "body, hidden text",
        "http://field.evil-docx.com/": "body, field",
        "header.evil-docx.com": "header 1",
        "footer.evil-docx.com": "footer 2",
        "footnote.evil-docx.com": "footnotes",
        "comment.evil-docx.com": "comments",
        "http://title.evil-docx.com/": "core, title",
        "http://macro.evil-office.com/": "embedded word/vbaProject.bin > macro M",
        "http://object.evil-docx.com/": (
            "embedded word/embeddings/oleObject1.bin > embedded drop.txt"
        ),
    }),
    Planted("table.xlsx", XLSX, {
        "rich.evil-xlsx.com": "sheet Q1!B7",
        "shared.evil-xlsx.com": "sheet Q1!C7",
        "unused.evil-xlsx.com": "unused text",
        "inline.evil-xlsx.com": "sheet Q1!A9",
        "http://formula.evil-xlsx.com/": "sheet Q1!D7, formula",
        "http://link.evil-xlsx.com/": "sheet Q1!B7, link",
        "header.evil-xlsx.com": "sheet Q1, oddHeader",
        "hidden.evil-xlsx.com": "hidden sheet Secret!A1",
        "comment.evil-xlsx.com": "sheet Q1!B7, comment",
        "http://external.evil-xlsx.com/a.xlsx": "externalLink 1, external externalLinkPath",
        "http://macro.evil-office.com/": "embedded xl/vbaProject.bin > macro M",
    }),
    Planted("talk.pptx", PPTX, {
        "slide.evil-pptx.com": "slide 1",
        "http://link.evil-pptx.com/": "slide 1, link",
        "hidden.evil-pptx.com": "hidden slide 2",
        "notes.evil-pptx.com": "notes of slide 1",
    }),
    Planted("letter.rtf", RTF, {
        "http://template.evil-rtf.com/a.dot": "template",
        "http://title.evil-rtf.com/": "title",
        "text.evil-rtf.com": "text",
        "hex.evil-rtf.com": "text",
        "uni.evil-rtf.com": "text",
        "http://field.evil-rtf.com/": "field",
        "http://object.evil-rtf.com/": "embedded drop.txt",
    }),
    Planted("paper.pdf", PDF, {
        "http://page.evil-pdf.com/": "page 1",
        "http://link.evil-pdf.com/": "page 1, link",
        "http://script.evil-pdf.com/": "JS",
        "http://embedded.evil-pdf.com/": "embedded in.txt",
        "http://title.evil-pdf.com/": "Title",
    }),
    Planted("mail.eml", EML, {
        "relay.hop-one.com": "header Received",
        "61.5.5.5": "header Received",
        "bounce@return-path.com": "header Return-Path",
        "service@from-header.com": "header From",
        "http://subject-line.com/a": "header Subject",
        f"http://body.evil-mail.com/{'a' * 60}": "body",
        "http://joined.evil-mail.com/": "HTML body, text",
        "http://real.evil-mail.com/": "HTML body, link shown as www.shown-bank.com",
        "http://attached.evil-mail.com/": "attachment note.txt",
        "body.evil-docx.com": "attachment report.docx > body",
        "http://inner.evil-mail.com/": "attachment message.eml > body",
        "a@inner-from.com": "attachment message.eml > header From",
        "http://deep.evil-mail.com/": (
            "attachment message.eml > attachment deep.zip > a/b.txt"
        ),
    }),
    Planted("mail.msg", MSG, {
        "http://subject.evil-msg.com/": "subject",
        "http://body.evil-msg.com/": "body",
        "http://html.evil-msg.com/": "HTML body, link shown as www.shown-bank.com",
        "61.7.7.7": "header Received",
        "sender@from.evil-msg.com": "sender",
        "http://attached.evil-msg.com/": "attachment note.txt",
        "http://inner.evil-msg.com/": "attachment Forwarded > body",
        "http://deep.evil-msg.com/": "attachment Forwarded > attachment deep.txt",
    }),
    Planted("list.xml", XML, {
        "http://comment.evil-xml.com/": "comment",
        "http://attribute.evil-xml.com/": "attribute url",
        "element.evil-xml.com": "element item",
        "http://cdata.evil-xml.com/": "element b",
    }),
    Planted("rows.csv", b"url,note\r\nhttp://csv.evil-plain.com/a,cells.evil\r\n.com,x\r\n",
            {"http://csv.evil-plain.com/a": "column url"}),
    Planted("rows.tsv", b"url\tnote\nhttp://tsv.evil-plain.com/a\tcells.evil\n.com\tx\n",
            {"http://tsv.evil-plain.com/a": "column url"}),
    Planted("a.json", rb'{"a": "http:\/\/json.evil-plain.com\/", "b": "\u0065sc.evil-plain.com"}',
            {"http://json.evil-plain.com/": "", "esc.evil-plain.com": ""}),
    Planted("a.jsonl", b'{"a": "http://jsonl.evil-plain.com/"}\n{"a": 1}\n',
            {"http://jsonl.evil-plain.com/": ""}),
    *(
        Planted(f"{encoding}.txt", TEXT.encode(encoding),
                {"http://text.evil-plain.com/": "", "xn--bcher-plain-thb.de": ""})
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32",
                         "utf-32-le", "utf-32-be", "cp1252")
    ),
    Planted("a.zip", zip_of({"x.txt": b"http://zip.evil-pack.com/", "b.pdf": PDF}), {
        "http://zip.evil-pack.com/": "x.txt", "http://page.evil-pdf.com/": "b.pdf > page 1"}),
    Planted("infected.zip", aes_zip_of({"x.txt": b"http://aes.evil-pack.com/"}, "infected"),
            {"http://aes.evil-pack.com/": "x.txt"}),
    Planted("a.gz", gzip.compress(b"http://gzip.evil-pack.com/"),
            {"http://gzip.evil-pack.com/": "content"}),
    Planted("a.bz2", bz2.compress(b"http://bzip2.evil-pack.com/"),
            {"http://bzip2.evil-pack.com/": "content"}),
    Planted("a.xz", lzma.compress(b"http://xz.evil-pack.com/"),
            {"http://xz.evil-pack.com/": "content"}),
    Planted("a.tgz", gzip.compress(tar_of({"d/x.txt": b"http://tar.evil-pack.com/"})),
            {"http://tar.evil-pack.com/": "content > d/x.txt"}),
    Planted("a.7z", sevenzip_of({"x.txt": b"http://seven.evil-pack.com/"}),
            {"http://seven.evil-pack.com/": "x.txt"}),
    Planted("infected.7z",
            sevenzip_of({"x.txt": b"http://secret.evil-pack.com/"}, "infected", hides_names=True),
            {"http://secret.evil-pack.com/": "x.txt"}),
    Planted("box.mbox", b"".join(
        b"From a@b.com Mon Jan  1 10:00:00 2024\n" + text.replace(b"\r\n", b"\n") + b"\n"
        for text in (INNER_MAIL, mail.HEADERS + b"\r\nhttp://second.evil-mail.com/\n")),
        {"http://inner.evil-mail.com/": "message 1 > body",
         "http://second.evil-mail.com/": "message 2 > body"}),
)  # fmt: skip
INVENTED = ("cells.evil", ".openxmlformats.", "w3.org", "purl.org", "pixels.", "evil-namespace")
"""What none of them holds, wherever a reader joins or reads too much."""
