"""The reader of pictures: the QR codes in them; mails hide links in these from filters."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import zxingcpp
from PIL import Image, ImageFile, UnidentifiedImageError

from app.documents.limits import Budget
from app.documents.models import Item, Part, Unread

# Decoders of rare formats are never reached: each is code that a hostile file could attack.
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "ICO")
# A picture takes up to six bytes for each pixel here, of the 768 MB that a reader has, and a
# second for each 50 million pixels. Photographs of phones have 12 to 50 million.
_MOST_PIXELS = 50_000_000
_MOST_FRAMES = 50
_CODES = zxingcpp.barcode_formats_from_str("QRCode,MicroQRCode,RMQRCode,Aztec,DataMatrix")
_TROUBLE = (OSError, ValueError, SyntaxError, TypeError, EOFError, IndexError, KeyError)
# Its own limits raise nothing here: the size is checked before a pixel is decoded.
Image.MAX_IMAGE_PIXELS = None


def read_image(data: bytes, budget: Budget) -> Iterator[Item]:
    yield from _items(data)


def _items(data: bytes) -> Iterator[Item]:
    try:
        yield from _opened(data)
    except UnidentifiedImageError:
        yield Unread("It is no picture that can be opened; codes in it were not looked for.")
    except _TROUBLE as e:
        yield from _undamaged(data)
        yield Unread(f"It is damaged ({type(e).__name__}); codes in it may be missed.")


def _opened(data: bytes) -> Iterator[Item]:
    with Image.open(BytesIO(data), formats=_FORMATS) as image:
        yield from _frames(image)


def _undamaged(data: bytes) -> Iterator[Item]:
    """Yield the codes in what is left of a damaged picture, as viewers show it."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield from _opened(data)
    except _TROUBLE:
        return  # the damage is told already
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def code_parts(data: bytes, where: str, line: int = 1) -> Iterator[Item]:
    """Yield the codes of a picture that is a piece of a document, not a file in it."""
    for item in _items(data):
        if isinstance(item, Part):
            yield Part(f"{where}, {item.part}", item.text, line, True)


def codes_of(image: Any) -> Iterator[Item]:
    """Yield the codes of a picture that is open. Pillow's errors are raised."""
    seen: set[str] = set()
    for grey in _greys(image):
        for code in zxingcpp.read_barcodes(grey, formats=_CODES):
            text = code.text or code.bytes.decode("utf-8", "replace")
            if text not in seen:
                seen.add(text)
                name = "QR code" if "QR" in str(code.format) else f"{code.format} code"
                yield Part(name, text)


def is_too_large(width: int, height: int) -> bool:
    return width * height > _MOST_PIXELS


def _frames(image: ImageFile.ImageFile) -> Iterator[Item]:
    seen: set[str] = set()
    left = _MOST_PIXELS
    frames = getattr(image, "n_frames", 1)
    if frames > _MOST_FRAMES:
        yield Unread(f"Of {frames:,} frames only the first {_MOST_FRAMES} were searched for codes.")
    for number in range(min(frames, _MOST_FRAMES)):
        image.seek(number)
        left -= image.width * image.height
        if left < 0:
            yield Unread(
                f"It has {image.width:,} times {image.height:,} pixels, which are too many to "
                "look for codes."
            )
            return
        for item in codes_of(image):
            if isinstance(item, Part) and item.text not in seen:
                seen.add(item.text)
                yield item


def _greys(image: Any) -> Iterator[Any]:
    """Yield a picture in shades of grey, on white and on black where it is transparent."""
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        alpha, grey = image.getchannel("A"), image.convert("L")
        for ground in (255, 0):
            yield Image.composite(grey, Image.new("L", image.size, ground), alpha)
    else:
        yield image if image.mode == "L" else image.convert("L")
