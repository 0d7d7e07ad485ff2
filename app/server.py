"""The web server: listens, serves the app with waitress, and ends at once on Ctrl-C."""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

from flask import Flask

from app import create_app
from app.config import load_config, read_dotenv
from app.connections import Server
from app.early_end import end_at_once, end_signals
from app.errors import ConfigError, StorageError, TelltaleError
from app.logs import log_to_stderr
from app.settings import PREFIX, is_loopback

# Threads beside those that live streams hold. With 200 streams on 4 or 64 threads in all, every
# poll starved; with enough threads for both, the 95th percentile of a poll was 20 ms.
THREADS = 32
# Browsers keep connections open, and those that get no stream poll.
CONNECTIONS = 1000
# Connections that are told to close, and close a moment later.
CLOSING = 50
# What is open beside connections: the database, files, calls to providers, child processes.
OTHER_FILES = 300
# Up to so many unfinished heads of requests are in memory at the same time.
MAX_HEAD_BYTES = 64 * 1024
MAX_PAGE_BYTES = 256 * 1024 * 1024


def main() -> int:
    log_to_stderr()
    return run({})


def run(overrides: Mapping[str, Any]) -> int:
    """Serve until Ctrl-C or SIGTERM, and return the exit code. `overrides` are settings."""
    end_at_once()
    warn_of_root()
    try:
        config = load_config({**read_dotenv(Path(".env")), **os.environ}, overrides)
        # The port comes first: creating the app resumes unfinished jobs, which spend quota. A
        # second Telltale on the same port must fail before it does that.
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
    # Libraries spool large bodies into temporary files: those stay below the data directory too.
    tempfile.tempdir = str(config["DATA_DIR"])
    serve(app, listener)
    # The normal exit would join the threads of running lookups, which may hang for as long as a
    # provider does. Their rows are still pending and are resumed at the next start.
    sys.stdout.flush()
    os._exit(0)


def serve(app: Flask, listener: socket.socket) -> None:
    host = app.config["HOST"]

    def end(signum: int, frame: FrameType | None) -> None:
        # Waitress joins its threads, and those that serve streams end only when streams are closed.
        end_at_once()  # a second signal does not wait for them
        app.extensions["services"].events.close()
        raise KeyboardInterrupt

    shown = f"[{host}]" if ":" in host else host
    print(
        f"Telltale is at http://{shown}:{listener.getsockname()[1]}  (Ctrl-C ends it)", flush=True
    )
    if not is_loopback(host) and not app.config["ALLOWED_HOSTS"]:
        print("Other machines reach it by the names in TELLTALE_ALLOWED_HOSTS; none is set.")
    server = Server(app, listener, _connections(), options(app))
    with suppress(KeyboardInterrupt):  # between here and the loop of waitress, which takes it
        for number in end_signals():
            signal.signal(number, end)
        server.run()
    app.extensions["services"].close()


def _connections() -> int:
    """Let this process open enough files, and return how many connections that leaves."""
    if sys.platform == "win32":
        return CONNECTIONS
    import resource

    wanted = CONNECTIONS + CLOSING + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    if soft == resource.RLIM_INFINITY:
        return CONNECTIONS
    return min(CONNECTIONS, max(soft - CLOSING - OTHER_FILES, 16))


def warn_of_root() -> None:
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        print(
            "Telltale runs as root: it reads documents of strangers, so give it an account of "
            "its own.",
            file=sys.stderr,
        )


def options(app: Flask) -> dict[str, Any]:
    """Return the options of waitress."""
    return {
        "threads": THREADS + app.config["MAX_STREAMS"],
        # Waitress would accept none beyond its limit; ours closes the idlest before.
        "connection_limit": CONNECTIONS + CLOSING,
        # How often connections are looked after, in seconds.
        "cleanup_interval": 1,
        # select() fails for file descriptors from 1,024 on.
        "asyncore_use_poll": True,
        # Reading ahead is the only way in which waitress notices that a client disconnected while
        # its request is still being answered.
        "channel_request_lookahead": 1,
        "ident": None,
        "max_request_header_size": MAX_HEAD_BYTES,
        # Above these limits waitress writes requests and responses to disk, and a pasted text must
        # never be written there. `connections` has limits of its own for each path.
        "inbuf_overflow": sys.maxsize,
        "max_request_body_size": sys.maxsize,
        "outbuf_overflow": MAX_PAGE_BYTES,
        "clear_untrusted_proxy_headers": True,
    }


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket. Raises ConfigError with a sentence that names host and port."""
    try:
        return _listen(host, port)
    except OSError as e:
        if e.errno == errno.EADDRINUSE:
            raise ConfigError(
                f"Port {port} on {host} is taken: is Telltale running already? "
                f"Choose another one with {PREFIX}PORT."
            ) from e
        raise ConfigError(
            f"Telltale cannot listen on {host}:{port} ({PREFIX}HOST): {e.strerror or e}."
        ) from e
    except (UnicodeError, ValueError, OverflowError) as e:
        raise ConfigError(f"{PREFIX}HOST is no name or address of this machine.") from e


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
