"""Makes hostile markup: too deep, endless, or with declarations that no reader should follow."""

from __future__ import annotations

from tests.documents.hostile.model import IOC, MB, TEXT, Hostile, half
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


MARKUP = (
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
