"""Makes hostile Office files."""

from __future__ import annotations

import struct

from tests.documents.hostile.model import IOC, MB, TEXT, Hostile, half
from tests.documents.make import office, ole


def _laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return (
        f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "ha">{entities}]><l>&l9; {IOC}</l>'.encode()
    )


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


def _looping_ole() -> bytes:
    """Return an OLE file whose directory chain leads back to its beginning."""
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


OFFICE = (
    Hostile(
        "DOCX with a text of 100 MB",
        lambda: _docx_with(office.paragraph(office.run("a" * (100 * MB)))),
    ),
    Hostile("DOCX nested 100,000 deep", lambda: _docx_with("<w:p>" * 100_000 + "</w:p>" * 100_000)),
    Hostile("DOCX with entities", lambda: office.docx("", more={"word/header1.xml": _laughs()})),
    Hostile("DOCX cut off", lambda: half(_docx_with("x" * 999))),
    Hostile("DOCX with torn XML", lambda: _docx_with("<w:p><w:r></w:p>")),
    Hostile("XLSX with a false dimension", _false_dimension),
    Hostile("XLSX with one cell far out", _sheet_far_out),
    Hostile(
        "XLSX with strings that are not there",
        lambda: office.xlsx(
            {
                "S": office.sheet(
                    '<row><c r="A1" t="s"><v>99999999</v></c><c r="A2" t="s"><v>-1</v></c>'
                    f"{office.inline('A3', IOC)}</row>"
                )
            }
        ),
    ),
    Hostile(
        "PPTX that refers to itself",
        lambda: office.pptx(
            [office.slide(f"<a:r><a:t>{IOC}</a:t></a:r>")],
            {
                "ppt/slides/_rels/slide1.xml.rels": office.relations(
                    ("r", "notesSlide", "slide1.xml", False),
                    ("s", "notesSlide", "../../../x", False),
                )
            },
        ),
    ),
    Hostile("OLE with a chain that loops", _looping_ole),
    Hostile("OLE with siblings that loop", _sibling_loop),
    Hostile("OLE cut off", lambda: ole.ole_of({"A": TEXT * 300})[:3000]),
    Hostile(
        "OLE that is encrypted",
        lambda: ole.ole_of({"EncryptedPackage": TEXT, "EncryptionInfo": b"x"}),
    ),
    Hostile(
        "macros that are damaged",
        lambda: ole.vba_project(f'x = "http://{IOC}/"').replace(b"\x00Attribut", b"\xffAttribut"),
    ),
)
