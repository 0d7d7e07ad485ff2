"""Documents of every format, with the places of the IOCs that are planted in them."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from dataclasses import dataclass

from tests.documents.make import mail
from tests.documents.make.archives import aes_zip_of, sevenzip_of, tar_of, zip_of
from tests.documents.make.captures import evtx
from tests.documents.make.lnk import lnk
from tests.documents.make.odf import flat
from tests.documents.make.onenote import file_object, section
from tests.documents.make.pictures import qr
from tests.documents.samples import (
    DOCX,
    EML,
    HTML,
    INNER_MAIL,
    MSG,
    ODT,
    PDF,
    PPTX,
    RTF,
    SVG,
    TEXT,
    WORD_2003,
    XLSX,
    XML,
)


@dataclass(frozen=True)
class Planted:
    name: str
    made: bytes | Callable[[], bytes]
    """The content, or what makes it, where that takes long."""
    expected: dict[str, str]
    """The part of the document in which each value stands."""

    def content(self) -> bytes:
        return self.made if isinstance(self.made, bytes) else self.made()


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
    Planted("letter.odt", ODT, {
        "http://split.evil-odf.com/": "body",
        "http://link.evil-odf.com/": "body, link shown as www.shown-bank.com",
        "header.evil-odf.com": "styles",
        "http://macro.evil-odf.com/": "M, module",
    }),
    Planted("letter.fodt", flat("text", "<text:p>http://<text:span>flat</text:span>.evil-odf.com/"
            "</text:p>"), {"http://flat.evil-odf.com/": "body"}),
    Planted("letter.xml", WORD_2003, {"http://split.evil-word.com/": "body"}),
    Planted("drawing.svg", SVG, {
        "http://script.evil-svg.com/": "script", "http://data.evil-svg.com/": "embedded data URI"}),
    Planted("code.png", qr("http://code.evil-image.com/"),
            {"http://code.evil-image.com/": "QR code"}),
    Planted("a.lnk", lnk(arguments="/c start http://link.evil-lnk.com/"),
            {"http://link.evil-lnk.com/": "arguments"}),
    Planted("a.evtx", evtx({"CommandLine": "curl http://event.evil-log.com/"}),
            {"http://event.evil-log.com/": "event 1"}),
    Planted("a.one", section(file_object(b"see http://file.evil-note.com/")),
            {"http://file.evil-note.com/": "embedded file 1"}),
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
    Planted("a.7z", lambda: sevenzip_of({"x.txt": b"http://seven.evil-pack.com/"}),
            {"http://seven.evil-pack.com/": "x.txt"}),
    Planted("infected.7z",
            lambda: sevenzip_of(
                {"x.txt": b"http://secret.evil-pack.com/"}, "infected", hides_names=True),
            {"http://secret.evil-pack.com/": "x.txt"}),
    Planted("box.mbox", b"".join(
        b"From a@b.com Mon Jan  1 10:00:00 2024\n" + text.replace(b"\r\n", b"\n") + b"\n"
        for text in (INNER_MAIL, mail.HEADERS + b"\r\nhttp://second.evil-mail.com/\n")),
        {"http://inner.evil-mail.com/": "message 1 > body",
         "http://second.evil-mail.com/": "message 2 > body"}),
)  # fmt: skip
INVENTED = (
    "cells.evil",
    ".openxmlformats.",
    "w3.org",
    "purl.org",
    "pixels.",
    "evil-namespace",
    "openoffice.org",
    "oasis",
)
"""Values that a reader finds only if it joins parts, or reads too much."""
