"""An app's server as back-channel logout and sector documents need it: keeps what was posted, answers as told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


@dataclass
class RelyingParty:
    """What it was sent, and what it answers."""

    url: str = ""
    status: int = 200
    document: object = None
    posts: list[dict[str, list[str]]] = field(default_factory=list)

    @property
    def logout_tokens(self) -> list[str]:
        """The logout tokens received, each the only parameter of its request."""
        assert all(list(post) == ["logout_token"] for post in self.posts)
        return [post["logout_token"][0] for post in self.posts]


def _handler(party: RelyingParty) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(json.dumps(party.document).encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            party.posts.append(parse_qs(body, keep_blank_values=True))
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            self.send_response(party.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the test's output quiet."""

    return Handler


@contextmanager
def serving() -> Iterator[RelyingParty]:
    """Serve on a loopback port of its own."""
    party = RelyingParty()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(party))
    party.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield party
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
