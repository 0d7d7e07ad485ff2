"""Faults below HTTP: slow, endless, cut off or never answered."""

from __future__ import annotations

from ..wire import CHUNKED, JSON_TYPE, Reply, chunk
from .bomb import gzip_bomb, nested_gzip_bomb
from .exchange import Exchange, Fault

START = Reply(200).start
SLOW = 60  # drip intervals that a slow answer pauses, so that it outlasts any sane deadline
OVERSIZED = 64 << 20
BLOCK = b" " * (64 << 10)  # blanks may precede a document: no parser can tell early


def _short_body(exchange: Exchange) -> None:
    exchange.wire.send(START + b"Content-Length: 5000\r\n\r\n" + b'{"data":')


def _oversized(exchange: Exchange) -> None:
    exchange.wire.send(START + f"Content-Length: {OVERSIZED}\r\n\r\n".encode())
    for _ in range(OVERSIZED // len(BLOCK)):
        exchange.wire.send(BLOCK)


def _oversized_chunked(exchange: Exchange) -> None:
    exchange.wire.send(START + CHUNKED)
    while True:  # ends when the client leaves, or the simulator
        exchange.wire.send(chunk(BLOCK))


def _endless(exchange: Exchange) -> None:
    exchange.wire.send(START + b"Connection: close\r\n\r\n")
    while True:
        exchange.wire.send(BLOCK)


def _gzip_bomb(exchange: Exchange) -> Reply:
    return Reply(200, gzip_bomb(), _packed("gzip"))


def _gzip_bomb_nested(exchange: Exchange) -> Reply:
    return Reply(200, nested_gzip_bomb(), _packed("gzip, gzip"))


def _packed(codings: str) -> tuple[tuple[str, str], ...]:
    return (("Content-Type", JSON_TYPE), ("Content-Encoding", codings))


def _reset(exchange: Exchange) -> None:
    exchange.wire.break_off()


def _reset_mid(exchange: Exchange) -> None:
    exchange.wire.send(_half(exchange)[0])
    exchange.wire.break_off()


def _slow_headers(exchange: Exchange) -> Reply:
    exchange.wire.wait(SLOW * exchange.interval)
    return exchange.reply


def _slow_body(exchange: Exchange) -> None:
    first, second = _half(exchange)
    exchange.wire.send(first)
    exchange.wire.wait(SLOW * exchange.interval)
    exchange.wire.send(second)


def _drip(exchange: Exchange) -> None:
    reply = _last(exchange)
    exchange.wire.send(reply.head)
    _trickle(exchange, reply.body)


def _drip_headers(exchange: Exchange) -> None:
    reply = _last(exchange)
    _trickle(exchange, reply.head)
    exchange.wire.send(reply.body)


def _half(exchange: Exchange) -> tuple[bytes, bytes]:
    """The answer, cut in the middle of its body."""
    reply = _last(exchange)
    middle = len(reply.body) // 2
    return reply.head + reply.body[:middle], reply.body[middle:]


def _last(exchange: Exchange) -> Reply:
    return exchange.reply.with_header("Connection", "close")


def _trickle(exchange: Exchange, data: bytes) -> None:
    for byte in data:
        exchange.wire.send(bytes([byte]))
        exchange.wire.wait(exchange.interval)


def _hang(exchange: Exchange) -> None:
    exchange.wire.wait(None)


WIRES: dict[str, Fault] = {
    "short_body": _short_body,
    "oversized": _oversized,
    "oversized_chunked": _oversized_chunked,
    "endless": _endless,
    "gzip_bomb": _gzip_bomb,
    "gzip_bomb_nested": _gzip_bomb_nested,
    "reset": _reset,
    "reset_mid": _reset_mid,
    "slow_headers": _slow_headers,
    "slow_body": _slow_body,
    "drip": _drip,
    "drip_headers": _drip_headers,
    "hang": _hang,
}
