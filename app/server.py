"""The web app as a program: listens, serves, and ends at once."""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from flask import Flask
from waitress.server import create_server

from app import create_app
from app.config import load_config, read_dotenv
from app.errors import ConfigError, StorageError, TelltaleError
from app.settings import PREFIX, is_loopback
from app.upload_limits import Room, channel_class

# Beside those that live streams hold, so that a status is answered however many are open.
THREADS = 32
# Browsers keep connections open, and those that get no stream poll.
CONNECTIONS = 1000
# Up to here a paste that is too large gets our own page instead of the server's bare sentence.
LEAST_BODY_LIMIT = 128 * 1024 * 1024
MAX_PAGE_BYTES = 256 * 1024 * 1024


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    return run({})


def run(overrides: Mapping[str, Any]) -> int:
    """Blocks until Ctrl-C or SIGTERM. `overrides` are settings. Returns the exit code."""
    try:
        config = load_config({**read_dotenv(Path(".env")), **os.environ}, overrides)
        # First of all: the app takes up unfinished jobs, which cost quota.
        listener = listen(config["HOST"], config["PORT"])
        app = create_app(config)
        if not app.extensions["services"].folder_lock.is_held:
            raise StorageError(
                f"Another Telltale works on the data directory {config['DATA_DIR']}: end it "
                f"first, or name another directory with {PREFIX}DATA_DIR."
            )
    except TelltaleError as e:
        print(e, file=sys.stderr)
        return 1
    # What passes through files without a name stays below the data directory too.
    tempfile.tempdir = str(config["DATA_DIR"])
    serve(app, listener)
    # Lookups under way were cut; their threads need not be waited for.
    sys.stdout.flush()
    os._exit(0)


def serve(app: Flask, listener: socket.socket) -> None:
    host = app.config["HOST"]

    def end(signum: int, frame: FrameType | None) -> None:
        # Waitress waits for its threads, and some of them hold streams.
        app.extensions["services"].events.close()
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    shown = f"[{host}]" if ":" in host else host
    print(
        f"Telltale is at http://{shown}:{listener.getsockname()[1]}  (Ctrl-C ends it)", flush=True
    )
    if not is_loopback(host) and not app.config["ALLOWED_HOSTS"]:
        print("Other machines reach it by the names in TELLTALE_ALLOWED_HOSTS; none is set.")
    server: Any = create_server(app, sockets=[listener], **options(app))
    server.channel_class = channel_class(Room(app.config["MAX_UPLOAD_SIZE"]))
    server.run()
    app.extensions["services"].close()


def options(app: Flask) -> dict[str, Any]:
    """How waitress is to serve."""
    # Pastes and pages stay in memory: beyond its own limits waitress puts them on disk.
    limit = max(app.config["MAX_CONTENT_LENGTH"] * 2, LEAST_BODY_LIMIT)
    return {
        "threads": THREADS + app.config["MAX_STREAMS"],
        "connection_limit": CONNECTIONS,
        # select() would end at 1,024 files.
        "asyncore_use_poll": True,
        # Reads on while a request is answered: only so it notices a client that goes.
        "channel_request_lookahead": 1,
        "ident": None,
        "inbuf_overflow": limit,
        "outbuf_overflow": MAX_PAGE_BYTES,
        "max_request_body_size": limit,
        "clear_untrusted_proxy_headers": True,
    }


def listen(host: str, port: int) -> socket.socket:
    """Raises ConfigError."""
    try:
        return _listen(host, port)
    except OSError as e:
        if e.errno == errno.EADDRINUSE:
            raise ConfigError(
                f"Port {port} on {host} is taken: is Telltale running already? "
                f"Choose another one with {PREFIX}PORT."
            ) from e
        raise ConfigError(f"Telltale cannot listen on {host}:{port}: {e.strerror or e}.") from e


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(CONNECTIONS)  # only now is a port that is taken noticed
    except OSError:
        listener.close()
        raise
    return listener
