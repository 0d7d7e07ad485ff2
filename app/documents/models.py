"""The records of documents: what was read, how far, and where each IOC stood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from app.pipeline.models import IOC, Evidence, IOCType, NearMiss


class State(StrEnum):
    OK = "ok"
    """It was read completely, or has nothing to read, like a picture."""
    PARTIAL = "partial"
    """Something was left unread; the reason says what."""
    FAILED = "failed"
    """Nothing of it could be read; the reason says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a file's text, and its place there: "header Received", "page 3"."""

    part: str
    text: str
    line: int = 1
    """The line of the part at which the text begins."""
    is_one_line: bool = False
    """The text has line breaks of its own that the part has not."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside a file."""

    name: str
    """The name in the container; never used as a path."""
    data: bytes
    label: str = ""
    """The role in the container: "attachment", "embedded"."""
    reason: str = ""
    """Why the data is not the whole of it."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that was there and was not read."""

    reason: str


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
        """The hashes of the file, as IOCs; none if it could not be opened."""
        pairs = ((IOCType.MD5, self.md5), (IOCType.SHA1, self.sha1), (IOCType.SHA256, self.sha256))
        return [IOC(kind, value, value) for kind, value in pairs if value]


@dataclass(frozen=True, slots=True)
class Place:
    document: str
    part: str
    """"attachment a.eml > header Received", "page 3", "sheet Q1!B7"; "" for plain text."""
    line: int
    """The first line of a part is 1."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An IOC in one part of a document; its offsets count in that part.

    The same IOC and part may come more than once: the counts add up.
    """

    place: Place
    evidence: Evidence
    file: int = 0
    """Which of the document's files it stood in."""


@dataclass(frozen=True, slots=True)
class Miss:
    """The strings that only looked like IOCs."""

    place: Place
    near_miss: NearMiss


@dataclass(frozen=True, slots=True)
class Source:
    """A document to be read: where it lies, and what it is to be called."""

    path: Path
    name: str
    follows_links: bool = True
    """Whether the path may lead through symbolic links."""
    refusal: str = ""
    """Why it is not to be read at all, as a sentence."""


@dataclass(frozen=True, slots=True)
class Found:
    """An IOC in a document: its first sight, how often it stands there, and where first."""

    evidence: Evidence
    places: tuple[Place, ...]
    """The first ones."""


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """One document of an analysis, with all that is in it."""

    position: int
    """Among the documents that were to be read."""
    files: tuple[FileReport, ...]
    """The document first, then what is in it."""
    found: tuple[Found, ...]


DOCUMENT_STATES = ("queued", "ok", "partial", "failed")


@dataclass(frozen=True, slots=True)
class Document:
    """A document of an analysis, without what stands in it."""

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
    """Why it is not `ok`, as a sentence."""
    ioc_count: int


@dataclass(frozen=True, slots=True)
class SourceDocuments:
    """The documents of an analysis, for those who pass on what was found in them."""

    count: int = 0
    """The number of documents; 0: the text was pasted."""
    incomplete: Sequence[Document] = ()
    """The documents that were not read completely."""
    places: Mapping[IOC, Sequence[Place]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SameFiles:
    """Files of the same content."""

    sha256: str
    names: Sequence[str]


@dataclass(frozen=True, slots=True)
class SharedIOC:
    ioc: IOC
    documents: Sequence[str]
    """The names of those that it stands in."""
