"""The load generator against a small server of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from benchmarks import load, wire
from benchmarks.load import LoadFailed, Unit, Worker


class _Answers(BaseHTTPRequestHandler):
    """Answers every path; /closing ends the connection afterwards, /silent at once."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/silent":
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Length", "2")
        if self.path == "/closing":
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield "127.0.0.1", server.server_port
        server.shutdown()
        thread.join()


def _worker(*paths: str) -> Worker:
    def unit() -> Unit:
        for path in paths:
            reply = yield wire.get("127.0.0.1", path)
            assert reply.body == b"ok"

    return unit


def test_generator_counts_units_of_several_requests(address: tuple[str, int]) -> None:
    window = load.run(address, [_worker("/", "/again")] * 3, 0.2)
    assert window.units == len(window.latencies) >= 3
    assert window.seconds >= 0.2
    assert 0 < window.generator_cpu < 2 * window.seconds


def test_generator_connects_again_where_the_server_closes(address: tuple[str, int]) -> None:
    assert load.run(address, [_worker("/closing", "/")], 0.1).units >= 1


def test_generator_fails_when_the_server_hangs_up(address: tuple[str, int]) -> None:
    with pytest.raises(LoadFailed, match="closed a connection"):
        load.run(address, [_worker("/silent")], 0.1)
