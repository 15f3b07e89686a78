"""A partner's web server on loopback that publishes its keys, and counts who asks."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class KeyServer:
    """What is published at `url`; `asked` counts the requests, `body` may be anything."""

    def __init__(self) -> None:
        self.url = ""
        self.asked = 0
        self.status = 200
        self.body = b""
        self.before: Any = None

    def publish(self, *keys: Any) -> None:
        """Publish the public half of these keys."""
        self.body = json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()


@contextmanager
def serving(certificate: Path | None = None) -> Iterator[KeyServer]:
    """Run a server while the test does; over TLS with a certificate, whose key is beside it."""
    published = KeyServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            published.asked += 1
            if published.before:
                published.before()
            self.send_response(published.status)
            self.send_header("Content-Length", str(len(published.body)))
            self.end_headers()
            self.wfile.write(published.body)

        def log_message(self, *_: object) -> None:
            """Keep the test's output quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_name("key.pem"))
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    published.url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}/jwks.json"
    try:
        yield published
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
