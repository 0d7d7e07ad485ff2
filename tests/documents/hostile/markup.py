"""Makes hostile markup: too deep, endless, or with declarations that no reader should follow."""

from __future__ import annotations

from base64 import b64encode

from tests.documents.hostile.model import IOC, MB, TEXT, Hostile, half
from tests.documents.make.archives import zip_of
from tests.documents.make.odf import MANIFEST, flat, odf
from tests.documents.samples import HTML, RTF, XML


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


def _base64_in_base64(depth: int) -> bytes:
    content = TEXT
    for _ in range(depth):
        content = b64encode(content)
    return b"<html><script>" + TEXT + b"x='" + content + b"'</script>"


def _script(hostile: bytes) -> bytes:
    return b"<html><script>" + hostile + b";" + TEXT + b"</script>"


_SHEET = (
    '<table:table table:name="A"><table:table-row table:number-rows-repeated="9999999"/>'
    '<table:table-row><table:table-cell table:number-columns-repeated="99999999999999999999"/>'
    f"<table:table-cell><text:p>http://{IOC}/</text:p></table:table-cell></table:table-row>"
    "</table:table>"
)
_OPC = (
    b'<?xml version="1.0"?><pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/'
    b'xmlPackage"><pkg:part pkg:name="a"><pkg:binaryData>%s</pkg:binaryData></pkg:part>%s'
)
SCRIPTS_AND_OFFICE = (
    Hostile("script of a million quotes", lambda: _script(b'"' * MB)),
    Hostile("script of joins", lambda: _script(b"\"+" * 400_000)),
    Hostile("script of lists", lambda: _script(b'["a"' + b',"a"' * 200_000 + b'].join("")')),
    Hostile("script of ends of lists", lambda: _script(b'].join("")' * 100_000)),
    Hostile("script of numbers", lambda: _script(b"fromCharCode(1" + b",1" * 400_000)),
    Hostile("script of calls", lambda: _script(b"unescape(atob('" * 60_000)),
    Hostile("Base64 in Base64 12 deep", lambda: _base64_in_base64(12)),
    Hostile("XML of 100,000 pages", lambda: b"<?xml version='1.0'?><a>" + b'<b srcdoc="&lt;p>"/>'
            * 100_000 + TEXT + b"</a>"),
    Hostile("FODT nested 200,000 deep", lambda: flat("text", "<text:p>" * 200_000 + IOC)),
    Hostile("FODT with entities", lambda: flat("text", f"<text:p>http://{IOC}/</text:p>").replace(
        b"<office:document ", b'<!DOCTYPE x [<!ENTITY a "ha">]><office:document ')),
    Hostile("ODS with endless rows", lambda: odf("spreadsheet", _SHEET)),
    Hostile("ODT cut off", lambda: half(odf("text", f"<text:p>http://{IOC}/</text:p>"))),
    Hostile("ODT that is a bomb", lambda: zip_of(
        {"content.xml": b"<a>" + b" " * (100 * MB), "META-INF/manifest.xml": MANIFEST.format("")}),
        True),
    Hostile("Flat OPC with broken Base64", lambda: _OPC % (b"A=B==" * 9, TEXT)),
    Hostile("Flat OPC cut off", lambda: _OPC % (b64encode(TEXT * 40)[:-3], b"")),
)  # fmt: skip
MARKUP = (
    *SCRIPTS_AND_OFFICE,
    Hostile("billion laughs", _laughs),
    Hostile("XXE", lambda: _xxe("file:///etc/hostname")),
    Hostile("XXE over the network", lambda: _xxe("http://127.0.0.1:9/x")),
    Hostile("XML nested 200,000 deep", _deep_xml),
    Hostile("XML cut off", lambda: XML.replace(b"http://attribute.evil-xml.com/", TEXT)[:250]),
    Hostile(
        "XML in another encoding",
        lambda: f'<?xml version="1.0" encoding="utf-16"?><a>http://{IOC}/</a>'.encode("utf-16"),
    ),
    Hostile("HTML nested 200,000 deep", lambda: b"<html>" + b"<div>" * 200_000 + TEXT),
    Hostile(
        "HTML of 200,000 tags without an end", lambda: b"<html>" + b"<a href='" * 200_000 + TEXT
    ),
    Hostile("HTML of 300,000 signs", lambda: b"<html>" + b"<" * 300_000 + TEXT),
    Hostile("HTML of comments", lambda: b"<html>" + b"<!--" * 200_000 + TEXT),
    Hostile("HTML of declarations", lambda: b"<html>" + b"<![" * 100_000 + TEXT),
    Hostile(
        "HTML with a tag without an end", lambda: HTML + b"<a href=http://" + IOC.encode() + b"/ x"
    ),
    Hostile("RTF nested 200,000 deep", lambda: rb"{\rtf1" + b"{" * 200_000 + TEXT),
    Hostile("RTF of words", lambda: rb"{\rtf1" + rb"\a" * 300_000 + b" " + TEXT),
    Hostile("RTF with much binary", lambda: rb"{\rtf1 " + TEXT + rb"\bin2147483647 " + bytes(99)),
    Hostile("RTF cut off", lambda: rb"{\rtf1 " + TEXT + half(RTF)[6:]),
    Hostile("a text among zeros", lambda: bytes(5 * MB) + TEXT + bytes(5 * MB)),
    Hostile("CSV with a cell without an end", lambda: b'a,b\n"' + b"x,y\n" * 50_000 + TEXT),
    Hostile("JSON nested 200,000 deep", lambda: b'{"a":' * 200_000 + b'"' + TEXT + b'"'),
    Hostile("one line of 20 MB", lambda: b"a." * (10 * MB) + b" " + TEXT),
)
