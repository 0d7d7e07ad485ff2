"""Hashes and URLs that a page wraps are put together, and nothing else is."""

from __future__ import annotations

import time

import pytest

from app.documents.readers.wrapped import unwrapped
from tests.documents.conftest import Read
from tests.documents.make.pdf import pdf

MD5 = "0cc175b9c0f1b6a831c399e269772661"
OTHER = "92eb5ffee6ae2fec3ad71c777531578f"
SHA1 = "86f7e437faa5a7fce15d1ddcb9eaea377667b8ab"
SHA256 = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
SHA512 = SHA256 + SHA256[::-1]
URL = "http://wrap-host.com/long/path/of/it/"
WRAPPED = [
    (f"Hash {SHA256[:40]}\n{SHA256[40:]} dropped", SHA256),
    (f"SHA256 {SHA256[:32]}\n{SHA256[32:]} dropped", SHA256),
    (f"SHA-256:\n{SHA256[:32]}\n{SHA256[32:]}", SHA256),
    (f"{SHA256[:50]}\n{SHA256[50:]}", SHA256),
    (f"a {SHA256[:22]}\n{SHA256[22:44]}\n{SHA256[44:]} b", SHA256),
    (f"SHA-1 {SHA1[:32]}\n{SHA1[32:]}", SHA1),
    (f"{MD5[:20]}\n{MD5[20:]}", MD5),
    (f"{MD5[:16]}\n{MD5[16:]}", MD5),
    (f"SHA512 {SHA512[:64]}\n{SHA512[64:]}", SHA512),
    (f"SHA512 {SHA512[:32]}\n{SHA512[32:64]}\n{SHA512[64:96]}\n{SHA512[96:]}", SHA512),
    (f"SHA256\n{MD5}\n{OTHER}\n{SHA256[:32]}\n{SHA256[32:]}", SHA256),
    (f"was {URL}\nbbbb/stage2.exe seen", f"{URL}bbbb/stage2.exe"),
    (f"was {URL}\nstage2.exe seen", f"{URL}stage2.exe"),
    (f"was {URL}a-\nsecond seen", f"{URL}a-second"),
    (f"was {URL}a?id=\n7733 seen", f"{URL}a?id=7733"),
    (f"was {URL}a\n?id=7733&b=1 seen", f"{URL}a?id=7733&b=1"),
    (f"was {URL}aa\nbb.php?id=7733 seen", f"{URL}aabb.php?id=7733"),
    ("was hxxp://wrap-host[.]com\n/gate.php seen", "hxxp://wrap-host[.]com/gate.php"),
    (f"was {URL}\naaa/bbb/\nccc/d.exe seen", f"{URL}aaa/bbb/ccc/d.exe"),
    ("http://wrap-host.com/con\ufb01g.php", "http://wrap-host.com/config.php"),
    ("http://wrap-host.com/o\ufb03ce/\ufb02ow", "http://wrap-host.com/office/flow"),
]
LEFT = [
    f"{MD5}\n{OTHER}",
    f"MD5\n{MD5}\n{OTHER}",
    f"{MD5} {SHA256}\n{OTHER}",
    f"SHA1\n{SHA1}\n{SHA1[::-1]}",
    f"{SHA256}\n{SHA256[::-1]}",
    f"SHA-256 {SHA256}\n{SHA256[::-1]}",
    f"{MD5}\ndeadbeef",
    f"{SHA1}\n{MD5}",
    "20240101\n20240102\n20240103\n20240104",
    f"see {MD5[:20]}\nadded {MD5[20:]}",
    f"see {URL}\nThe malware then",
    f"see {URL}\nand/or the other",
    f"see {URL}a\nstage2.exe is dropped",
    f"see {URL}a.\nnext/part2 of it",
    f"{URL}\nhttp://second-host.com/a/b.php",
    f"{URL}\nsecond-host.com/a/b.php?x=1",
    f"{URL}\nwww.second-host.com/a",
    f"{URL}a\n12/05/2024 seen",
    f"{URL}a\n192.0.2.7",
    f"{URL}\n- a list\n• more",
    f"{URL}a and a word\n/etc/passwd",
    "http://wrap-host.com\nsecond_word here",
    "Ｂａｄ ① ² Straße",
]


@pytest.mark.parametrize(("text", "whole"), WRAPPED)
def test_what_a_page_wraps_is_put_together(text: str, whole: str) -> None:
    assert whole in unwrapped(text)


@pytest.mark.parametrize("text", LEFT)
def test_lines_that_belong_together_no_more_stay(text: str) -> None:
    assert unwrapped(text) == text


@pytest.mark.parametrize(
    "line", ["a" * 32, "ab" * 31, f"{URL}aaa-", "//" * 40, "http://" * 9, "b" * 127, "x " * 50]
)
def test_the_time_is_linear_in_the_length_of_the_page(line: str) -> None:
    def seconds(count: int) -> float:
        page = "\n".join([line] * count)
        begin = time.process_time()
        unwrapped(page)
        return time.process_time() - begin

    seconds(100)
    # Quadratic time would be 256 times as long.
    assert seconds(8_000) < 16 * 5 * max(seconds(500), 0.01)


def _lines(*lines: str) -> bytes:
    shown = b" ".join(b"(%s) Tj 0 -14 Td" % line.encode() for line in lines)
    return pdf(operators=b"BT /F1 12 Tf 20 200 Td %s ET" % shown)


@pytest.mark.parametrize(
    ("lines", "value"),
    [
        (("Hash " + SHA256[:40], SHA256[40:] + " dropped"), SHA256),
        (("SHA256 " + SHA256[:32], SHA256[32:]), SHA256),
        (("Payload " + URL, "bbbb/stage2.exe was seen"), URL + "bbbb/stage2.exe"),
    ],
)
def test_a_wrapped_ioc_of_a_page_is_told_whole(
    lines: tuple[str, ...], value: str, read: Read
) -> None:
    found = {one.evidence.ioc.value for one in read("a.pdf", _lines(*lines)).occurrences()}
    own = {value, value.partition("//")[2].partition("/")[0]}
    assert value in found
    assert not {one for one in found if one in " ".join(lines)} - own
