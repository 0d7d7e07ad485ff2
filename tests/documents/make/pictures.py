"""Makes pictures: QR codes in each format, and damaged headers."""

from __future__ import annotations

import zlib
from io import BytesIO
from struct import pack
from typing import Any

import zxingcpp
from PIL import Image


def code(text: str, scale: int = 4, kind: str = "QRCode") -> Image.Image:
    """Return the picture of a code, with some white around it."""
    (format_,) = zxingcpp.barcode_formats_from_str(kind)
    pixels: Any = zxingcpp.create_barcode(text, format_).to_image(scale=scale)
    size = pixels.shape[1], pixels.shape[0]
    page = Image.new("L", (size[0] + 80, size[1] + 80), 255)
    page.paste(Image.frombytes("L", size, bytes(pixels)), (40, 40))
    return page


def saved(image: Image.Image, format_: str = "PNG", **more: Any) -> bytes:
    target = BytesIO()
    image.save(target, format_, **more)
    return target.getvalue()


def qr(text: str, format_: str = "PNG") -> bytes:
    return saved(code(text), format_)


def transparent(text: str, ink: int = 0) -> bytes:
    """Return a code whose white is transparent, drawn in a shade of grey."""
    mask = code(text).point(lambda shade: 255 - shade)
    page = Image.new("LA", mask.size, (ink, 0))
    page.putalpha(mask)
    return saved(page)


def png(width: int, height: int, pixels: bytes = b"") -> bytes:
    """Return a picture of one bit for each pixel whose header may lie about its size."""
    head = pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(pixels, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        pack(">I", len(content)) + name + content + pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )


def pdf_of(image: Image.Image, times: int = 1) -> bytes:
    return saved(image, "PDF", save_all=True, append_images=[image] * (times - 1))
