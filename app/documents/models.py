"""The records of documents: what was read, how far, and where each IOC stood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from app.pipeline.models import IOC, Evidence, IOCType, NearMiss

FILE_RULE = "the hash of the file itself"
"""The rule that finds the hashes of files."""


class State(StrEnum):
    """How far a document or a file in it was read."""

    OK = "ok"
    """It was read completely, or has no text, like a picture."""
    PARTIAL = "partial"
    """Something was left unread; the reason says what."""
    FAILED = "failed"
    """Nothing of it could be read; the reason says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the text of a file, and its place there: "header Received", "page 3"."""

    part: str
    text: str
    line: int = 1
    """The line of the part at which the text begins."""
    is_one_line: bool = False
    """True if the text counts as one line of the part, although it has line breaks."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside a file."""

    name: str
    """The name in the container; never used as a path."""
    data: bytes
    label: str = ""
    """The role of the file in the container: "attachment", "embedded"."""
    reason: str = ""
    """Why the data is not the whole file, as a sentence; "" if it is."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Something in a file that was not read."""

    reason: str
    """A sentence for the analyst."""


Item = Part | Member | Unread


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file: the document itself, or one inside it."""

    name: str
    part: str
    """The part of the document: "attachment invoice.zip > a.eml"; "" for the document itself."""
    size: int
    """The size in bytes."""
    md5: str
    sha1: str
    sha256: str
    kind: str
    state: State
    reason: str = ""
    """A sentence; "" when the state is ok."""

    @property
    def iocs(self) -> list[IOC]:
        """The hashes of the file; empty if it could not be opened."""
        pairs = ((IOCType.MD5, self.md5), (IOCType.SHA1, self.sha1), (IOCType.SHA256, self.sha256))
        return [IOC(kind, value, value) for kind, value in pairs if value]

    @property
    def evidence(self) -> list[Evidence]:
        """The evidence of these hashes, which stand on no line: line and offsets are 0."""
        return [Evidence(ioc, 1, 0, 0, 0, False, FILE_RULE) for ioc in self.iocs]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an IOC stands in a document."""

    document: str
    part: str
    """"attachment a.eml > header Received", "page 3", "sheet Q1!B7"; "" for plain text."""
    line: int
    """The first line of a part is 1."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An IOC in one part of a document; the offsets of its evidence count in that part.

    There may be several occurrences of the same IOC and part: their counts add up.
    """

    place: Place
    evidence: Evidence
    file: int = 0
    """The number of the file in the document: 0 is the document itself."""


@dataclass(frozen=True, slots=True)
class Miss:
    """A near miss with its place: a string that looks like an IOC and is none."""

    place: Place
    near_miss: NearMiss


@dataclass(frozen=True, slots=True)
class Source:
    """A document to be read: its path, and its name for the analyst."""

    path: Path
    name: str
    follows_links: bool = True
    """False if the path must not lead through symbolic links."""
    refusal: str = ""
    """Why the document is refused unread, as a sentence; "" if it is not."""


@dataclass(frozen=True, slots=True)
class Found:
    """An IOC in a document: its first occurrence, with the count of all, and its first places."""

    evidence: Evidence
    places: tuple[Place, ...]
    """The places of the first occurrences; the number is limited."""


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """One document of an analysis, with the IOCs in it."""

    position: int
    """The position among the documents of the analysis; the first is 0."""
    files: tuple[FileReport, ...]
    """The document first, then the files in it."""
    found: tuple[Found, ...]


DOCUMENT_STATES = ("queued", "ok", "partial", "failed")


@dataclass(frozen=True, slots=True)
class Document:
    """A document of an analysis, without the IOCs in it."""

    position: int
    name: str
    size: int | None
    """The size in bytes; None before it was read, like its hashes."""
    md5: str | None
    sha1: str | None
    sha256: str | None
    state: str
    """`queued`, `ok`, `partial` or `failed`."""
    reason: str | None
    """Why the state is not `ok`, as a sentence."""
    ioc_count: int


@dataclass(frozen=True, slots=True)
class SourceDocuments:
    """The documents of an analysis, as exports need them."""

    count: int = 0
    """The number of documents; 0 if the text was pasted."""
    incomplete: Sequence[Document] = ()
    """The documents that were not read completely."""
    places: Mapping[IOC, Sequence[Place]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SameFiles:
    """The names of files with the same content."""

    sha256: str
    names: Sequence[str]


@dataclass(frozen=True, slots=True)
class SharedIOC:
    """An IOC that stands in several documents."""

    ioc: IOC
    documents: Sequence[str]
    """The names of the documents."""
