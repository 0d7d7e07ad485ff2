"""Calendars and contacts: folded lines, parameters, files inside."""

from __future__ import annotations

from base64 import b64encode

import pytest

from app.documents.kinds import Kind
from app.documents.models import State
from tests.documents.conftest import Read

LINK = "http://room.evil-cal.com/join?a=1&b=2"
FOLDED = "http://room.evil-c\r\n al.com/join?a=1&b=2"


def calendar(*lines: str) -> bytes:
    return "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", *lines, "END:VCALENDAR", "")).encode()


def contact(*lines: str) -> bytes:
    return "\r\n".join(("BEGIN:VCARD", "VERSION:2.1", *lines, "END:VCARD", "")).encode()


CASES = {
    "folded": (calendar(f"LOCATION:{FOLDED}"), LINK, "property location", 3),
    "folded by a tab": (
        calendar(f"LOCATION:{FOLDED}".replace("\r\n ", "\r\n\t")), LINK, "property location", 3,
    ),
    "line feeds": (
        calendar("SUMMARY:x", f"URL:{FOLDED}").replace(b"\r", b""), LINK, "property url", 4,
    ),
    "escaped text": (
        calendar(f"DESCRIPTION:Join\\, here {FOLDED}\\nThanks"), LINK, "property description", 3,
    ),
    "a parameter with a colon": (
        calendar(f'ORGANIZER;SENT-BY="mailto:a@b.example":{FOLDED}'), LINK, "property organizer", 3,
    ),
    "a mail address": (
        calendar("ATTENDEE;CN=HR;RSVP=TRUE:mailto:hr@pay.evil-\r\n cal.com"),
        "hr@pay.evil-cal.com", "property attendee", 3,
    ),
    "HTML": (
        calendar(
            'X-ALT-DESC;FMTTYPE=text/html:<a href="http://room.evil-cal.\r\n '
            'com/join?a=1&amp;b=2">www.shown.com</a>'
        ),
        LINK, "property x-alt-desc, link shown as www.shown.com", 3,
    ),
    "quoted-printable": (
        contact("NOTE;ENCODING=QUOTED-PRINTABLE:http://room.evil-=", "cal.com/join?a=3D1&b=3D2"),
        LINK.replace("=1", "=3D1").replace("=2", "=3D2").replace("3D", ""), "property note", 3,
    ),
    "a group": (contact(f"item1.URL:{FOLDED}"), LINK, "property url", 3),
    "a file": (
        calendar(f"ATTACH;ENCODING=BASE64;VALUE=BINARY:{b64encode(LINK.encode()).decode()}"),
        LINK, "attachment attach", 1,
    ),
    "in a mail": (
        b"From: a@b.example\r\nTo: c@d.example\r\nContent-Type: text/calendar\r\n\r\n"
        + calendar(f"LOCATION:{FOLDED}"),
        LINK, "calendar, property location", 3,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_values_are_read_whole(name: str, read: Read) -> None:
    content, value, part, line = CASES[name]
    result = read("a.ics", content)
    found = {one.evidence.ioc.value: one.place for one in result.occurrences()}
    assert value in found
    assert (found[value].part, found[value].line) == (part, line)
    assert not {one for one in found if "evil" in one} - {value}
    assert (result.state, result.reason) == (State.OK, "")


@pytest.mark.parametrize(
    "line", ["UID:040000008200e@id.evil-cal.com", "RELATED-TO:1@id.evil-cal.com"]
)
def test_the_id_of_an_event_is_no_mail_address(line: str, read: Read) -> None:
    assert not list(read("a.ics", calendar(line)).occurrences())


HOSTILE = {
    "never ends": calendar(f"URL:{LINK}") + b"NOTE:" + b"x\r\n " * 300_000,
    "a line of 20 MB": calendar(f"URL:{LINK}") + b"NOTE:" + b";" * (20 << 20),
    "quotes that never end": calendar(f"URL:{LINK}", 'A;B="' + '"' * 99_999),
    "a million soft breaks": contact(f"URL:{LINK}", "NOTE;QUOTED-PRINTABLE:=") + b"=\r\n" * 999_999,
    "cut": calendar(f"URL:{LINK}", "ATTACH;ENCODING=BASE64:AAAA")[:-21],
    "no lines": b"BEGIN:VCALENDAR " + LINK.encode() + b" " * 99_999,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_calendars_end_within_the_limits(name: str, read: Read) -> None:
    result = read("a.ics", HOSTILE[name])
    assert result.document.kind == Kind.CALENDAR
    assert LINK in {one.evidence.ioc.value for one in result.occurrences()}
    assert (result.state is State.OK) == (result.reason == "")
