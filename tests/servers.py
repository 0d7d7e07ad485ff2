"""The server of the app, in a thread of this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from waitress import wasyncore

from app.connections import Server
from app.server import listen, options
from tests.patience import PATIENCE_S


@contextmanager
def serving(app: Flask, most: int = 100) -> Iterator[Server]:
    """Serves the app; of more than `most` connections the idlest are closed."""
    server = Server(app, listen("127.0.0.1", 0), most, options(app))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        app.extensions["services"].events.close()
        server.task_dispatcher.shutdown(timeout=PATIENCE_S)
        # The loop of waitress ends when nothing is left to listen to.
        server.trigger.pull_trigger(lambda: _close_all(server))
        thread.join(PATIENCE_S)
        app.extensions["services"].close()


def _close_all(server: Server) -> None:
    for channel in tuple(server.active_channels.values()):
        channel.handle_close()
    wasyncore.close_all(server._map)
