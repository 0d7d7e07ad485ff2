"""Makes OpenDocument files, as ZIP and as one XML file."""

from __future__ import annotations

from collections.abc import Mapping

from tests.documents.make.archives import zip_of

_NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "text", "table", "draw", "presentation", "meta", "script", "config")
)
_MORE = 'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"'
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
MANIFEST = (
    f'{_HEAD}<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    '<m:file-entry m:full-path="/" m:media-type="application/vnd.oasis.opendocument.text"/>'
    "{}</m:manifest>"
)
RDF = (
    f'{_HEAD}<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:type '
    'rdf:resource="http://docs.oasis-open.org/ns/office/1.2/meta/odf#ContentFile"/></rdf:RDF>'
)


def xml(root: str, content: str) -> str:
    return f'{_HEAD}<office:{root} {_NAMES} {_MORE} office:version="1.2">{content}</office:{root}>'


def body(kind: str, content: str) -> str:
    return f"<office:body><office:{kind}>{content}</office:{kind}></office:body>"


def flat(kind: str, content: str) -> bytes:
    return xml("document", body(kind, content)).encode()


def odf(kind: str, content: str, more: Mapping[str, bytes | str] = {}) -> bytes:
    return zip_of(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": xml("document-content", body(kind, content)),
            "manifest.rdf": RDF,
            "META-INF/manifest.xml": MANIFEST.format(""),
        }
        | dict(more)
    )
