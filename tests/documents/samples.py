"""One document of each format that has parts, with IOCs planted in all of them."""

from __future__ import annotations

from tests.documents.make import mail, office, ole
from tests.documents.make.archives import zip_of
from tests.documents.make.odf import odf, xml
from tests.documents.make.pdf import pdf

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
ODT = odf(
    "text",
    "<text:p>http://<text:span>split.ev</text:span>il-odf.com/</text:p>"
    '<text:p><text:a xlink:href="http://link.evil-odf.com/">www.shown-bank.com</text:a></text:p>'
    "<table:table><table:table-row><table:table-cell><text:p>cells.evil</text:p>"
    "</table:table-cell><table:table-cell><text:p>.com</text:p></table:table-cell>"
    "</table:table-row></table:table>",
    {
        "styles.xml": xml("document-styles", "<text:p>header.evil-odf.com</text:p>"),
        "Basic/Standard/M.xml": '<script:module xmlns:script="http://openoffice.org/2000/script">'
        'u = "http://macro." &amp; "evil-odf.com/"</script:module>',
        "Thumbnails/thumbnail.png": b"\x89PNG\r\n\x1a\n" + b"http://pixels.evil-odf.com/",
    },
)
WORD_2003 = b"""<?xml version="1.0"?><?mso-application progid="Word.Document"?>
<w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"><w:body>
<w:p><w:r><w:t>http://split.ev</w:t></w:r><w:r><w:t>il-word.com/</w:t></w:r></w:p>
</w:body></w:wordDocument>
"""
SVG = b"""<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg"><script>location = "http://script." + "evil-svg.com/"
</script><a href="data:text/plain,http://data.evil-svg.com/">x</a></svg>
"""
