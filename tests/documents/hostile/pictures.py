"""Makes hostile pictures: huge, endless, looping, cut off, or with wrong lengths."""

from __future__ import annotations

import zlib
from struct import pack, pack_into, unpack_from

from PIL import Image

from tests.documents.hostile.model import IOC, MB, TEXT, Hostile, half
from tests.documents.make.archives import zip_of
from tests.documents.make.pictures import code, pdf_of, png, qr, saved

_URL = f"http://{IOC}/"


def _large() -> bytes:
    page = Image.new("1", (6_900, 6_900), 1)
    page.paste(code(_URL, 20), (3_000, 5_000))
    return saved(page)


def _tiff_loop() -> bytes:
    """Return a TIFF whose second directory is its first."""
    content = bytearray(qr(_URL, "TIFF"))
    (start,) = unpack_from("<I", content, 4)
    (count,) = unpack_from("<H", content, start)
    pack_into("<I", content, start + 2 + 12 * count, start)
    return bytes(content)


def _pdf_of_lies() -> bytes:
    return pdf_of(code(_URL)).replace(b"/Width ", b"/Width 99999").replace(TEXT, b"")


PICTURES = (
    Hostile("PNG of 100,000 by 100,000 pixels", lambda: png(100_000, 100_000), True),
    Hostile("PNG whose pixels are a bomb",
            lambda: png(7_000, 7_000, zlib.compress(bytes(MB)) * 9), True),
    Hostile("PNG of many pixels", _large),
    Hostile("PNG with a wrong length",
            lambda: qr(_URL)[:-12] + pack(">I", 0x7FFFFFFF) + b"zTXt", True),
    Hostile("PNG cut off", lambda: half(qr(_URL)), True),
    Hostile("JPEG cut off", lambda: half(qr(_URL, "JPEG")), True),
    Hostile("GIF of 400 frames", lambda: saved(
        Image.new("L", (64, 64)), "GIF", save_all=True,
        append_images=[Image.new("L", (64, 64), n % 255) for n in range(400)]), True),
    Hostile("GIF cut off", lambda: half(qr(_URL, "GIF")), True),
    Hostile("BMP of a negative size",
            lambda: b"BM" + pack("<IIIIii", 99, 0, 54, 40, -2**31, -2**31) + bytes(40), True),
    Hostile("TIFF that loops", _tiff_loop),
    Hostile("WEBP with a wrong length",
            lambda: b"RIFF" + pack("<I", 2**32 - 1) + qr(_URL, "WEBP")[8:200], True),
    Hostile("ICO with a thousand pictures",
            lambda: b"\x00\x00\x01\x00" + pack("<H", 1_000) + bytes(16_000), True),
    Hostile("PDF with pictures that lie", _pdf_of_lies, True),
    Hostile("ZIP of 300 pictures", lambda: zip_of(
        {f"{n}.png": png(2_000, 2_000, bytes(502_000)) for n in range(300)}, 0) + TEXT, True),
)  # fmt: skip
