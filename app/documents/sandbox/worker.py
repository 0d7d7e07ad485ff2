"""The sandbox worker: a child process that reads documents, one at a time.

It is started by exec and has nothing of the server: no memory, no environment, no network, no
descriptor but the control socket that brings the next document. It loads the readers and waits.
For each document it forks a copy of itself, which reads that one document and ends.
"""

# The worker itself never looks into a document. So each copy starts with the same clean memory,
# and nothing that a hostile file does to its reader can reach the reading of another file. A new
# interpreter for each document would give the same, and takes fifty times as long as a fork.

from __future__ import annotations

import ctypes
import gc
import hashlib
import json
import os
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn

from app.documents.kinds import HEAD, TEXTS, Kind, kind_of
from app.documents.limits import Limits
from app.documents.readers import reader_of
from app.documents.readers.encodings import text_decoder
from app.documents.sandbox.document_reader import HASHES, Hashes, Reading
from app.pipeline.models import IOCType

LONGEST_REQUEST = 1 << 16
_CHUNK = 1 << 20
_LONG_TEXT = 4 << 20  # longer plain text is read as a stream, and not kept in memory
_TAIL = 1 << 17
_GRACE_S = 3  # processor time between SIGXCPU and the kill by the kernel
_OWN_LIMITS = {
    resource.RLIMIT_CPU: 3600,
    resource.RLIMIT_AS: 4 << 30,
    resource.RLIMIT_NOFILE: 256,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_CORE: 0,
}
"""The limits of the worker itself; no copy of it can have more. RLIMIT_FSIZE 0: no file grows."""
# From linux/sched.h and linux/prctl.h; `os.unshare` exists since Python 3.12 only.
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_WITH_PARENT = 1  # PR_SET_PDEATHSIG


@dataclass(frozen=True, slots=True)
class Request:
    """What the server sends for one document, beside the two descriptors."""

    name: str
    limits: Limits
    kinds: list[Kind]
    """The kinds that are likely inside: their readers are loaded before the fork."""
    also: frozenset[IOCType]
    """The types to look for among those that are off by default."""


def main() -> None:
    """Read documents until the control socket is closed."""
    control = socket.socket(fileno=int(sys.argv[1]))
    _leave_network()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for what, most in _OWN_LIMITS.items():
        _limit(what, most)
    for kind in (Kind.TEXT, Kind.HTML, Kind.EML):
        reader_of(kind)
    gc.collect()
    # Without this, a collection in a copy would write to each object, and the kernel would copy
    # all memory that the processes share.
    gc.freeze()
    while (request := _receive(control)) is not None:
        wanted, source, target = request
        for kind in wanted.kinds:
            reader_of(kind)
        status = _read_in_copy(control, wanted, source, target)
        control.sendall(f"{status}\n".encode())


def _receive(control: socket.socket) -> tuple[Request, int, int] | None:
    message, descriptors, _, _ = socket.recv_fds(control, LONGEST_REQUEST, 2)
    if not message:
        return None
    fields: dict[str, Any] = json.loads(message)
    kinds = [Kind(kind) for kind in fields["kinds"]]
    source, target = descriptors
    also = frozenset(map(IOCType, fields["also"]))
    return Request(fields["name"], Limits(**fields["limits"]), kinds, also), source, target


def _read_in_copy(control: socket.socket, request: Request, source: int, target: int) -> int:
    """Fork a copy that reads the document; return its exit status in the form of `os.wait`."""
    if not (copy := os.fork()):
        control.close()
        _read(request, source, target)
    os.close(source)
    os.close(target)
    ended = os.pidfd_open(copy) if hasattr(os, "pidfd_open") else None
    if ended is not None:
        ready, _, _ = select.select([control.fileno(), ended], [], [])
        os.close(ended)
        # The server sends nothing while a document is read: the socket is ready when it is closed.
        if control.fileno() in ready:
            os.kill(copy, signal.SIGKILL)
    return os.waitpid(copy, 0)[1]


def _read(request: Request, source: int, target: int) -> NoReturn:
    """Read the document and end; runs in the copy."""
    code = 1
    try:
        size = os.fstat(source).st_size
        head, tail = os.pread(source, HEAD, 0), os.pread(source, _TAIL, max(0, size - _TAIL))
        is_long_text = size > _LONG_TEXT and kind_of(head, tail) in TEXTS
        extra_s = size / request.limits.text_bytes_per_s if is_long_text else 0
        with open(target, "wb", buffering=_CHUNK) as report:  # noqa: PTH123  # a descriptor
            reading = Reading(request.name, request.limits, _flushing(report), request.also)
            _confine(reading, request.limits, extra_s)
            if is_long_text:
                _read_long_text(reading, source, size, head)
            else:
                _read_document(request, reading, source, size)
        code = 0
    finally:
        os._exit(code)


def _flushing(report: BinaryIO) -> Callable[[bytes], None]:
    """Return a function that writes a line at once: the reader may be killed at any moment."""

    def emit(line: bytes) -> None:
        report.write(line)
        report.flush()

    return emit


def _read_document(request: Request, reading: Reading, source: int, size: int) -> None:
    limits = request.limits
    kept: list[bytes] = []
    left = limits.document
    ends_at = time.monotonic() + limits.soft_s / 2
    hashes: Hashes = ("", "", "")
    with _Hashing(source) as hashing:
        for chunk in hashing.chunks():
            if left > 0:
                kept.append(chunk[:left])
                left -= len(chunk)
            elif time.monotonic() > ends_at:  # hashes must leave time for reading the content
                break
        else:
            hashes = hashing.hashes()
    data = b"".join(kept)
    kept.clear()
    reading.read(data, max(size, len(data)), hashes)


def _read_long_text(reading: Reading, source: int, size: int, head: bytes) -> None:
    with _Hashing(source) as hashing:
        decode = text_decoder(head)

        def texts() -> Iterator[str]:
            for chunk in hashing.chunks():
                yield decode(chunk, False)
            yield decode(b"", True)

        reading.read_stream(texts(), size, hashing.hashes)


class _Hashing:
    """Reads a descriptor from its beginning, and hashes what it reads."""

    def __init__(self, source: int) -> None:
        self._file = open(source, "rb", buffering=0)  # noqa: PTH123, SIM115  # a descriptor
        self._sums = [hashlib.new(name, usedforsecurity=False) for name in HASHES]
        self.size = 0

    def chunks(self) -> Iterator[bytes]:
        while chunk := self._file.read(_CHUNK):
            self.size += len(chunk)
            for total in self._sums:
                total.update(chunk)
            yield chunk

    def hashes(self) -> Hashes:
        md5, sha1, sha256 = (total.hexdigest() for total in self._sums)
        return md5, sha1, sha256

    def __enter__(self) -> _Hashing:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()


def _confine(reading: Reading, limits: Limits, extra_s: float) -> None:
    """Set the limits of the copy; signals stop the reading before the limits kill it."""

    def stop(number: int, frame: object) -> None:
        # One signal is enough: the reader must not be interrupted again while it reports.
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        signal.signal(signal.SIGXCPU, signal.SIG_IGN)
        reading.stop()

    _end_with_parent()
    signal.signal(signal.SIGALRM, stop)
    signal.signal(signal.SIGXCPU, stop)
    signal.setitimer(signal.ITIMER_REAL, limits.soft_s + extra_s)
    cpu_s = max(1, round(limits.cpu_s + extra_s))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + _GRACE_S))
    _limit(resource.RLIMIT_AS, limits.memory)
    _limit(resource.RLIMIT_NOFILE, limits.open_files)
    _limit(resource.RLIMIT_NPROC, 0)


def _limit(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    try:
        resource.setrlimit(what, (most, most))
    except (OSError, ValueError):
        if sys.platform != "darwin":  # macOS has no limit of memory
            raise


def _leave_network() -> None:
    """Move to a network of its own that is empty, if the system allows it."""
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        # Without the right to make a network, a user namespace gives it; some containers and
        # distributions forbid both, and then the other limits must do.
        if libc.unshare(_NEW_NETWORK):
            libc.unshare(_NEW_USER | _NEW_NETWORK)


def _end_with_parent() -> None:
    """Let the kernel kill this process when its parent ends; Linux only."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_WITH_PARENT, signal.SIGKILL)
