"""Tells the namespaces of XML apart from addresses: they name a vocabulary, and are no IOCs.

All parts of documents with markup or binary data go through `without_namespaces`, so no reader
needs to know where its format puts them: a declaration, metadata, or a run of letters.
"""

from __future__ import annotations

import re

# A namespace is known by what it is: a declaration, or the path of a vocabulary on the host of a
# specification. The hosts of the first list serve vocabularies alone; those of the second have
# pages as well, so the beginning of the path decides.
_VOCABULARIES = (
    r"schemas\.(?:openxmlformats\.org|microsoft\.com|xmlsoap\.org|android\.com|live\.com)"
    r"|ns\.(?:adobe\.com|useplus\.org|google\.com|microsoft\.com|camerabits\.com|iview-multimedia"
    r"\.com|apple\.com|acdsee\.com|autodesk\.com|attribution\.com|fastpictureviewer\.com)"
    r"|xmlns\.(?:com|jcp\.org)|tempuri\.org|schema\.cipa\.jp|standards\.iso\.org"
)
_PATHS = (
    r"www\.w3\.org/(?:(?:19|20)\d\d/|XML/|ns/|TR/(?:REC-html40|(?:[\w.-]{1,40}/){1,3}[\w.-]{1,40}"
    r"\.dtd))"
    r"|purl\.org/(?:dc|rss|net|linotype|goodrelations|vocab|ontology|pav|spar|imsglobal)/"
    r"|purl\.oclc\.org/(?:ooxml|dc|dsdl)/|xml\.apache\.org/(?:xslt|xalan)|ogp\.me/ns|rdfs\.org/"
    r"|www\.aiim\.org/(?:pdf[aeux]|pdfua)/ns/|www\.npes\.org/pdfx/ns/|iptc\.org/std/"
    r"|prismstandard\.org/namespaces/|creativecommons\.org/ns|cipa\.jp/exif/"
    r"|www\.(?:xfa\.org|xfa\.com)/schema/|www\.adobe\.com/(?:2006/|products/xmp)"
    r"|docs\.oasis-open\.org/ns/|openoffice\.org/(?:19|20)\d\d/|www\.openoffice\.org/"
    r"(?:19|20)\d\d/|java\.sun\.com/(?:xml|jsp|jsf|j2ee|products)/|www\.idpf\.org/20\d\d/"
    r"|www\.daisy\.org/(?:z3986|ns)/|sodipodi\.sourceforge\.net/DTD/"
    r"|www\.inkscape\.org/namespaces/|www\.bohemiancoding\.com/sketch/ns"
    r"|www\.(?:opengis\.net|isotc211\.org)/|www\.topografix\.com/GPX/"
    r"|www\.sitemaps\.org/schemas/|www\.google\.com/schemas/"
    r"|search\.yahoo\.com/mrss|www\.itunes\.com/dtds/|www\.apple\.com/DTDs/"
    r"|(?:www\.)?docbook\.org/(?:ns|xml)/|relaxng\.org/ns/|etherx\.jabber\.org/streams"
    r"|jabber\.org/protocol/|uri\.etsi\.org/|www\.omg\.org/spec/|www\.serif\.com/ns|www\.corel\.com/coreldraw/odm"
    r"|xmp\.gettyimages\.com/gift/|www\.metadataworkinggroup\.com/schemas/"
    r"|www\.day\.com/(?:dam|jcr)/"
)
# The path of a vocabulary has no query: an address that hides behind such a host is not lost.
# It ends where the next address begins, for strings of binary files may be glued together.
_PATH = r"(?:(?!https?:)[\w./#%:+~-]){0,300}"
KNOWN = re.compile(rf"https?://(?:(?:{_VOCABULARIES})(?:/|(?![\w.@:-]))|{_PATHS}){_PATH}")
"""The beginning of a text that is a namespace of a known specification."""
_DECLARED = re.compile(
    r"(?<![\w:-])(?:xmlns(?::[\w.-]{1,100})?|(?:[\w.-]{1,40}:)?(?:schemaLocation|namespaceURI))"
    r"\s{0,20}=\s{0,20}(?:\"[^\"<>]{0,2000}\"|'[^'<>]{0,2000}')"
)


def without_namespaces(text: str) -> str:
    """Return the text with blanks instead of its namespaces: all other places stay as they are."""
    if "://" not in text:
        return text
    if "xmlns" in text or "schemaLocation" in text or "namespaceURI" in text:
        text = _DECLARED.sub(_blank, text)
    return KNOWN.sub(_blank, text)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])
