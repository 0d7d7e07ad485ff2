"""The web app as a program: listens, serves, and ends at once."""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import sys

import waitress
from flask import Flask

from app import create_app
from app.config import is_loopback
from app.errors import TelltaleError

THREADS = 32
# Up to here a paste that is too large gets our own page instead of the server's bare sentence.
LEAST_BODY_LIMIT = 128 * 1024 * 1024
MAX_PAGE_BYTES = 256 * 1024 * 1024


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        app = create_app()
    except TelltaleError as e:
        return complain(str(e))
    return serve(app)


def serve(app: Flask) -> int:
    """Blocks until Ctrl-C or SIGTERM. Returns the exit code."""
    if not app.extensions["services"].folder_lock.is_held:
        return complain(
            f"Another Telltale works on the data directory {app.config['DATA_DIR']}: end it "
            "first, or name another directory with TELLTALE_DATA_DIR."
        )
    host, port = app.config["HOST"], app.config["PORT"]
    try:
        listener = listen(host, port)
    except OSError as e:
        reason = (
            f"Port {port} on {host} is taken: is Telltale running already? "
            "Choose another one with TELLTALE_PORT."
            if e.errno == errno.EADDRINUSE
            else f"Telltale cannot listen on {host}:{port}: {e.strerror or e}."
        )
        return complain(reason)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    shown = f"[{host}]" if ":" in host else host
    print(
        f"Telltale is at http://{shown}:{listener.getsockname()[1]}  (Ctrl-C ends it)", flush=True
    )
    if not is_loopback(host) and not app.config["ALLOWED_HOSTS"]:
        print("Other machines reach it by the names in TELLTALE_ALLOWED_HOSTS; none is set.")
    # Pastes and pages stay in memory: beyond its own limits waitress puts them on disk.
    limit = max(app.config["MAX_CONTENT_LENGTH"] * 2, LEAST_BODY_LIMIT)
    waitress.serve(
        app,
        sockets=[listener],
        threads=THREADS,
        ident=None,
        inbuf_overflow=limit,
        outbuf_overflow=MAX_PAGE_BYTES,
        max_request_body_size=limit,
        clear_untrusted_proxy_headers=True,
    )
    app.extensions["services"].close()
    # Lookups under way were cut; their threads need not be waited for.
    sys.stdout.flush()
    os._exit(0)


def listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()  # only now is a port that is taken noticed
    except OSError:
        listener.close()
        raise
    return listener


def complain(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1
