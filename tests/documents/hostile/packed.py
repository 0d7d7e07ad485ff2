"""Makes hostile archives: bombs, loops, encryption, damage, names that lead elsewhere."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import struct
import sys
import zipfile

from tests.documents.hostile.model import MB, TEXT, Hostile, half
from tests.documents.make.archives import aes_zip_of, sevenzip_of, tar_of, zip_of
from tests.documents.make.images import deflate64, zip_packed

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def _bomb(size: int = 100 * MB) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", TEXT)
        with archive.open("zeros.txt", "w", force_zip64=True) as member:
            for _ in range(size // MB):
                member.write(bytes(MB))
    return target.getvalue()


def _nested(depth: int, content: bytes = TEXT) -> bytes:
    for _ in range(depth):
        content = zip_of({"next.zip": content})
    return content


def many_layers(depth: int = 5, width: int = 12) -> bytes:
    """Return a ZIP like 42.zip: each layer holds the layer below many times."""
    content = zip_of({"zeros.bin": TEXT + bytes(4 * MB)})
    for _ in range(depth):
        content = zip_of({f"{n}.zip": content for n in range(width)})
    return content


def _quine_gzip() -> bytes:
    """Return a gzip file that unpacks to nearly itself: a stored block holds its own beginning."""
    inner = gzip.compress(TEXT, mtime=0)
    for _ in range(40):
        inner = gzip.compress(inner, 0, mtime=0)
    return inner


def _quine_zip() -> bytes:
    """Return an archive whose directory says that it is its own member."""
    plain = zip_of({"again.zip": TEXT * 20}, zipfile.ZIP_STORED)
    end = plain.rfind(b"PK\x05\x06")
    directory = bytearray(plain[plain.find(b"PK\x01\x02") : end])
    # The member begins where the archive does, and is as long as it.
    struct.pack_into("<I", directory, 42, 0)
    return plain[: plain.find(b"PK\x01\x02")] + bytes(directory) + plain[end:]


def _overlapping() -> bytes:
    """Return an archive with many names in its directory and one member behind all of them."""
    plain = zip_of({"kernel": TEXT + bytes(2 * MB)})
    place = plain.find(b"PK\x01\x02")
    end = plain.rfind(b"PK\x05\x06")
    entry = plain[place:end]
    tail = bytearray(plain[end:])
    struct.pack_into("<HHI", tail, 8, 400, 400, len(entry) * 400)
    return plain[:place] + entry * 400 + bytes(tail)


def _patched(archive: bytes, place: int, value: bytes) -> bytes:
    """Return the archive with a field of every entry of its directory overwritten."""
    patched = bytearray(archive)
    at = patched.find(b"PK\x01\x02")
    while at >= 0:
        patched[at + place : at + place + len(value)] = value
        at = patched.find(b"PK\x01\x02", at + 4)
    return bytes(patched)


def _names(*names: str) -> bytes:
    return zip_of({name: TEXT for name in names})


def _symlinks() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("link/x.txt", TEXT)
    return target.getvalue()


PACKED = (
    Hostile("zip bomb", _bomb, is_bomb=True),
    Hostile("42.zip", many_layers, is_bomb=True),
    Hostile("overlapping members", _overlapping, is_bomb=True),
    Hostile("zip nested 7 deep", lambda: _nested(7)),
    Hostile("zip nested 40 deep", lambda: _nested(40)),
    Hostile("quine zip", _quine_zip),
    Hostile("gzip in gzip in gzip", _quine_gzip),
    Hostile("gzip bomb", lambda: gzip.compress(TEXT + bytes(100 * MB)), is_bomb=True),
    Hostile("bzip2 bomb", lambda: bz2.compress(TEXT + bytes(100 * MB)), is_bomb=True),
    Hostile("Zstandard bomb", lambda: zstd.compress(TEXT + bytes(300 * MB)), is_bomb=True),
    Hostile(
        "Deflate64 bomb",
        lambda: zip_packed("a", b"", deflate64(TEXT + bytes(80 * MB)), 9),
        is_bomb=True,
    ),
    Hostile("xz bomb", lambda: lzma.compress(TEXT + bytes(100 * MB), preset=1), is_bomb=True),
    Hostile("7z bomb", lambda: sevenzip_of({"a": TEXT + bytes(100 * MB)}), is_bomb=True),
    Hostile(
        "zip of 20,000 files", lambda: zip_of({f"{n}": b"x" for n in range(20_000)} | {"a": TEXT})
    ),
    Hostile("names that climb", lambda: _names("../../etc/cron.d/x", "..\\..\\x", "/etc/passwd")),
    Hostile("names that steer", lambda: _names("a\x1b[2J\u202etxt", "b\x00c", "x" * 60_000)),
    Hostile("names that are devices", lambda: _names("CON", "/dev/zero", "//server/share/x")),
    Hostile("links in a zip", _symlinks),
    Hostile("links in a tar", lambda: tar_of({"l/x": TEXT}, {"l": "/etc", "m": "../../x"})),
    Hostile("tar that climbs", lambda: tar_of({"../../../x": TEXT, "/etc/x": TEXT})),
    Hostile("tar cut off", lambda: tar_of({"a": TEXT * 99})[:1500]),
    Hostile(
        "tar with a huge header", lambda: tar_of({"a": TEXT}).replace(b"00000000", b"77777777", 3)
    ),
    Hostile("zip with an unknown password", lambda: aes_zip_of({"a": TEXT}, "unknown")),
    Hostile("7z with an unknown password", lambda: sevenzip_of({"a": TEXT}, "unknown")),
    Hostile("7z with hidden names", lambda: sevenzip_of({"a": TEXT}, "unknown", hides_names=True)),
    Hostile("7z cut off", lambda: half(sevenzip_of({"a": TEXT * 99}))),
    Hostile("zip with false sizes", lambda: _patched(_names("a.txt"), 24, b"\xff\xff\xff\x7f")),
    Hostile(
        "zip with a false checksum", lambda: _patched(_names("a.txt"), 16, b"\x00\x00\x00\x01")
    ),
    Hostile("zip with an unknown method", lambda: _patched(_names("a.txt"), 10, b"\x63\x00")),
    Hostile("zip without its directory", lambda: _names("a.txt")[:-60]),
    Hostile("zip cut in the middle", lambda: half(zip_of({"a": os.urandom(9000), "b": TEXT}))),
    Hostile("two zips joined", lambda: _names("first.txt") + zip_of({"b": b"nothing"})),
    Hostile("zip behind a picture", lambda: b"\x89PNG\r\n\x1a\n" + bytes(999) + _names("a.txt")),
    Hostile("zip with text behind it", lambda: zip_of({"a": b"x"}) + b"\n" + TEXT),
    Hostile("zip with a damaged beginning", lambda: b"XX" + _names("a.txt", "b.txt")[2:]),
    Hostile("RAR", lambda: b"Rar!\x1a\x07\x01\x00" + TEXT),
    Hostile("a text with a ZIP's first letters", lambda: b"PK\x03\x04 " + TEXT),
    Hostile("a text with a PDF's first letters", lambda: b"%PDF-1.7 " + TEXT),
    Hostile(
        "a text with an OLE file's first bytes",
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + TEXT * 40,
    ),
)
