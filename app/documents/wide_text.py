"""Text in UTF-16 and UTF-32, with a byte order mark or without one."""

from __future__ import annotations

BYTE_ORDER_MARKS = (
    b"\xff\xfe\x00\x00",
    b"\x00\x00\xfe\xff",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xfe\xff",
)


def wide_encoding(head: bytes) -> str | None:
    """Return UTF-16 or UTF-32, for a text without a byte order mark; None for other text."""
    # In both, most characters of a Latin text have zeros at the same places of each four bytes.
    sample = head[:4096]
    sample = sample[: len(sample) & ~3]
    if len(sample) < 8 or b"\x00" not in sample:
        return None
    columns = [sample[i::4].count(0) / (len(sample) / 4) for i in range(4)]
    many = [share > 0.4 for share in columns]
    few = [share < 0.1 for share in columns]
    if few[0] and many[1] and many[2] and many[3]:
        return "utf-32-le"
    if many[0] and many[1] and many[2] and few[3]:
        return "utf-32-be"
    if few[0] and many[1] and few[2] and many[3]:
        return "utf-16-le"
    if many[0] and few[1] and many[2] and few[3]:
        return "utf-16-be"
    return None


def narrowed(head: bytes) -> bytes:
    """Return the bytes of a text without the zeros and byte order marks of wide characters."""
    if head.startswith(BYTE_ORDER_MARKS) or wide_encoding(head):
        return head.replace(b"\x00", b"").lstrip(b"\xff\xfe\xef\xbb\xbf")
    return head
