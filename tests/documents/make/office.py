"""Makes Word, Excel and PowerPoint files, part by part."""

from __future__ import annotations

from collections.abc import Mapping

from tests.documents.make.archives import zip_of

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
_P = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
_S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = (
    f'{_HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
PROPERTIES = (
    f'{_HEAD}<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/'
    'core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    "<dc:title>{}</dc:title></cp:coreProperties>"
)


def relations(*targets: tuple[str, str, str, bool]) -> str:
    """Return the XML of relations; each is number, kind, target, and True if it is outside."""
    rows = "".join(
        f'<Relationship Id="{number}" Type="{_TYPE}/{kind}" Target="{target}"'
        + (' TargetMode="External"/>' if is_outside else "/>")
        for number, kind, target, is_outside in targets
    )
    namespace = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'{_HEAD}<Relationships xmlns="{namespace}">{rows}</Relationships>'


def run(text: str, hidden: bool = False) -> str:
    look = "<w:rPr><w:vanish/></w:rPr>" if hidden else ""
    return f"<w:r>{look}<w:t>{text}</w:t></w:r>"


def paragraph(*runs: str) -> str:
    return f"<w:p>{''.join(runs)}</w:p>"


def word_part(root: str, content: str) -> str:
    return f"{_HEAD}<w:{root} {_W} {_R}>{content}</w:{root}>"


def docx(body: str, links: str = "", more: Mapping[str, bytes | str] = {}) -> bytes:
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": relations(("rId1", "officeDocument", "word/document.xml", False)),
        "word/document.xml": word_part("document", f"<w:body>{body}</w:body>"),
    }
    if links:
        parts["word/_rels/document.xml.rels"] = links
    return zip_of(parts | dict(more))


def slide(text: str, attributes: str = "") -> str:
    body = f"<a:p>{text}</a:p>"
    return f"{_HEAD}<p:sld {_P} {_A} {_R} {attributes}><p:txBody>{body}</p:txBody></p:sld>"


def pptx(slides: list[str], more: Mapping[str, bytes | str] = {}) -> bytes:
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": relations(("rId1", "officeDocument", "ppt/presentation.xml", False)),
        "ppt/presentation.xml": f"{_HEAD}<p:presentation {_P}/>",
    }
    for number, content in enumerate(slides, 1):
        parts[f"ppt/slides/slide{number}.xml"] = content
    return zip_of(parts | dict(more))


def sheet(rows: str, more: str = "", dimension: str = "A1") -> str:
    return (
        f'{_HEAD}<worksheet {_S} {_R}><dimension ref="{dimension}"/>'
        f"<sheetData>{rows}</sheetData>{more}</worksheet>"
    )


def inline(cell: str, text: str) -> str:
    return f'<c r="{cell}" t="inlineStr"><is><t>{text}</t></is></c>'


def xlsx(
    sheets: Mapping[str, str],
    strings: tuple[str, ...] = (),
    hidden: frozenset[str] = frozenset(),
    more: Mapping[str, bytes | str] = {},
) -> bytes:
    rows = relations(
        *(
            (f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml", False)
            for n in range(1, len(sheets) + 1)
        )
    )
    named = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"'
        + (' state="veryHidden"/>' if name in hidden else "/>")
        for n, name in enumerate(sheets, 1)
    )
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": relations(("rId1", "officeDocument", "xl/workbook.xml", False)),
        "xl/workbook.xml": f"{_HEAD}<workbook {_S} {_R}><sheets>{named}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": rows,
    }
    for number, content in enumerate(sheets.values(), 1):
        parts[f"xl/worksheets/sheet{number}.xml"] = content
    if strings:
        items = "".join(f"<si>{text}</si>" for text in strings)
        parts["xl/sharedStrings.xml"] = f"{_HEAD}<sst {_S}>{items}</sst>"
    return zip_of(parts | dict(more))
