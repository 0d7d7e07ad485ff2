from __future__ import annotations

from app.documents.models import FILE_RULE, FileReport, State
from app.documents.sandbox.results import DocumentResult
from app.intake.read_documents import MOST_PLACES, read_document
from app.pipeline.models import IOC, IOCType
from tests.documents.conftest import Read
from tests.documents.make.mail import attachment, body, mail

URL = IOC(IOCType.URL, "http://evil.example.net/")


def test_every_occurrence_is_counted_and_each_place_is_kept_once(read: Read) -> None:
    text = b"http://evil.example.net/ http://evil.example.net/\n"
    whole = mail(body(text), attachment(b"a.txt", b"\n" + text))
    document = read_document(4, read("a.eml", whole))
    (url,) = (one for one in document.found if one.evidence.ioc == URL)
    assert (document.position, url.evidence.count) == (4, 4)
    assert sorted((place.part, place.line) for place in url.places) == [
        ("attachment a.txt", 2),
        ("body", 1),
    ]


def test_the_number_of_places_is_limited() -> None:
    report = FileReport("a", "", 1, "", "", "", "", State.OK)
    files = [
        report,
        *(FileReport("b", f"member {n}", 1, "d" * 32, "", "", "", State.OK) for n in range(60)),
    ]
    (found,) = read_document(0, DocumentResult(tuple(files))).found
    assert (found.evidence.count, len(found.places), found.evidence.rule) == (
        60,
        MOST_PLACES,
        FILE_RULE,
    )


def test_a_file_that_was_not_opened_has_no_hashes() -> None:
    report = FileReport("a", "", 0, "", "", "", "", State.FAILED, "Gone.")
    assert read_document(0, DocumentResult((report,))).found == ()
