"""The health space on a real socket, for programs that are not ours or that must meet real HTTP."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server


class _Silent(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body in one packet: two would wait for each other for 40 ms on a kept-alive connection.
    wbufsize = 65536

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Space:
    """A served health space."""

    issuer: str
    app: Flask


@contextmanager
def serving(build: Callable[[str], Flask]) -> Iterator[Space]:
    """Serve the application that `build` makes for its own address."""
    server = make_server("127.0.0.1", 0, Flask("nothing yet"), threaded=True, request_handler=_Silent)
    issuer = f"http://127.0.0.1:{server.server_port}"
    app = server.app = build(issuer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Space(issuer, app)
    finally:
        server.shutdown()
        thread.join()
