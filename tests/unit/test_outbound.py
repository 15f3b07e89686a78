"""The outbound door: public addresses only, checked and connected to as checked, bounded in size and time."""

from __future__ import annotations

import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from authz import outbound
from authz.errors import Unavailable
from authz.outbound import OutboundRefused
from authz.settings import Settings
from tests.fakes.smtp import make_certificate

ALLOWED = ("127.0.0.1", "localhost:8443")


@contextmanager
def _door(**settings: Any) -> Iterator[None]:
    app = Flask(__name__)
    app.extensions["settings"] = Settings(**settings)
    with app.app_context():
        yield


class Peer:
    """A foreign server that answers each path as the test says."""

    def __init__(self) -> None:
        self.port = 0
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.drip = threading.Event()


def _handler(peer: Peer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            peer.seen.append((self.path, dict(self.headers), body))
            if self.path == "/drip":
                return self._drip()
            status, headers, answer = peer.answers[self.path]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)
            return None

        def do_POST(self) -> None:
            self.do_GET()

        def _drip(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while not peer.drip.wait(0.05):
                try:
                    self.wfile.write(b"X: y\r\n"[:1])
                except OSError:
                    return

        def log_message(self, *_: object) -> None:
            """Keep the test's output quiet."""

    return Handler


@pytest.fixture
def serve() -> Iterator[Callable[..., Peer]]:
    """Start a foreign server: `serve()`, or `serve(tls=certificate)`."""
    running: list[tuple[ThreadingHTTPServer, threading.Thread, Peer]] = []

    def start(tls: Path | None = None) -> Peer:
        peer = Peer()
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(peer))
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls, tls.with_name("key.pem"))
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        peer.port = server.server_port
        running.append((server, thread, peer))
        return peer

    yield start
    for server, thread, peer in running:
        peer.drip.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _answers(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Make every name resolve to these addresses, as an attacker's name server would; lists the names asked for."""
    asked: list[str] = []

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


@given(st.ip_addresses())
def test_only_addresses_of_the_public_internet_are_public(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if outbound.is_public(str(address)):
        assert address.is_global
        inner = [address.is_private, address.is_loopback, address.is_link_local, address.is_multicast]
        assert not any(inner)


@given(st.ip_addresses(v=4))
def test_every_way_of_writing_ipv4_in_ipv6_is_seen_through(address: ipaddress.IPv4Address) -> None:
    number, public = int(address), outbound.is_public(str(address))
    for prefix in (0xFFFF << 32, 0x64FF9B << 96):
        assert outbound.is_public(str(ipaddress.IPv6Address(prefix | number))) is public
    assert outbound.is_public(str(ipaddress.IPv6Address(0x2002 << 112 | number << 80))) is public


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
        ),
        *("255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1"),
        *("fec0::1", "ff02::1", "2001:db8::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "::ffff:127.0.0.1"),
        *("64:ff9b::a00:1", "2002:7f00:1::"),
    ],
)
def test_inner_addresses_are_not_public(address: str) -> None:
    assert not outbound.is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "::ffff:1.1.1.1"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert outbound.is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.org/", "ftp://example.org/", "file:///etc/passwd", "//example.org/", "https:///x", ""),
        *(
            "https://user@example.org/",
            "https://:@example.org/",
            "https://example.org:0/",
            "https://example.org:99999/",
        ),
        *("https://[::1/", "https://exämple.org/", "https://example.org/\r\nX: y", "http://localhost/", "gopher://x/"),
    ],
)
def test_address_that_could_never_be_called_is_refused_unresolved(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _answers(monkeypatch, "1.1.1.1")
    with _door(outbound_allow=ALLOWED), pytest.raises(OutboundRefused):
        outbound.get_json(url)
    assert asked == []


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["10.0.0.1"], ["1.1.1.1", "169.254.169.254"], ["::1"]])
def test_name_that_leads_inside_is_refused(addresses: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, *addresses)
    with _door(), pytest.raises(OutboundRefused):
        outbound.get_json("https://partner.example/jwks.json")


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "[::ffff:7f00:1]", "127.0.0.1.", "0"]
)
def test_loopback_in_disguise_is_refused(host: str) -> None:
    with _door(), pytest.raises(OutboundRefused):
        outbound.get_json(f"https://{host}:8443/")


def test_name_is_resolved_once_and_the_checked_address_called(
    monkeypatch: pytest.MonkeyPatch, serve: Callable[..., Peer], tmp_path: Path
) -> None:
    certificate = make_certificate(tmp_path)
    peer = serve(tls=certificate)
    peer.answers["/keys"] = (200, {}, b'{"keys": []}')
    asked = _answers(monkeypatch, "127.0.0.1")
    monkeypatch.setattr(outbound, "is_public", lambda address: True)
    with _door(outbound_ca=str(certificate)):
        assert outbound.get_json(f"https://localhost:{peer.port}/keys") == {"keys": []}
    assert asked == ["localhost"]
    assert peer.seen[0][1]["Host"] == f"localhost:{peer.port}"


def test_server_that_cannot_prove_its_name_is_not_believed(serve: Callable[..., Peer], tmp_path: Path) -> None:
    peer = serve(tls=make_certificate(tmp_path))
    with _door(outbound_allow=ALLOWED), pytest.raises(Unavailable, match="SSL") as unavailable:
        outbound.get_json(f"https://127.0.0.1:{peer.port}/keys")
    assert unavailable.value.retry


def test_allowed_host_may_be_inside_and_plain(serve: Callable[..., Peer], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    peer = serve()
    peer.answers["/keys"] = (200, {"Content-Type": "application/json"}, b"[1]")
    with _door(outbound_allow=(f"127.0.0.1:{peer.port}",)):
        assert outbound.get_json(f"http://127.0.0.1:{peer.port}/keys") == [1]
        with pytest.raises(OutboundRefused):
            outbound.get_json("http://127.0.0.1:1/keys")
    assert peer.seen[0][1]["User-Agent"] == "Appairage"


def test_form_is_posted_and_any_answer_returned(serve: Callable[..., Peer]) -> None:
    peer = serve()
    peer.answers["/notice"] = (418, {"X-Reason": "tea"}, b'{"error": "short"}')
    with _door(outbound_allow=ALLOWED):
        answer = outbound.post(f"http://127.0.0.1:{peer.port}/notice", data={"a": "b c"}, headers={"X-One": "1"})
        outbound.post(f"http://127.0.0.1:{peer.port}/notice", data=b"raw")
    assert (answer.status, answer.headers["x-reason"], answer.json()) == (418, "tea", {"error": "short"})
    assert [seen[2] for seen in peer.seen] == [b"a=b+c", b"raw"]
    assert peer.seen[0][1]["X-One"] == "1"


def test_redirect_is_not_followed(serve: Callable[..., Peer]) -> None:
    peer = serve()
    peer.answers["/keys"] = (302, {"Location": "http://169.254.169.254/latest"}, b"")
    with _door(outbound_allow=ALLOWED), pytest.raises(Unavailable) as unavailable:
        outbound.get_json(f"http://127.0.0.1:{peer.port}/keys")
    assert not unavailable.value.retry
    assert len(peer.seen) == 1


@pytest.mark.parametrize(
    ("status", "body", "retry"),
    [(503, b"", True), (429, b"", True), (404, b"", False), (200, b"<html>", True), (200, b"[" * 100_000, True)],
)
def test_answer_that_is_no_json_is_somebody_elses_failure(
    serve: Callable[..., Peer], status: int, body: bytes, retry: bool
) -> None:
    peer = serve()
    peer.answers["/keys"] = (status, {}, body)
    with _door(outbound_allow=ALLOWED), pytest.raises(Unavailable) as unavailable:
        outbound.get_json(f"http://127.0.0.1:{peer.port}/keys")
    assert unavailable.value.retry is retry


def test_answer_that_is_too_large_is_not_read_to_its_end(serve: Callable[..., Peer]) -> None:
    peer = serve()
    peer.answers["/keys"] = (200, {}, json.dumps("x" * 2_000_000).encode())
    with _door(outbound_allow=ALLOWED), pytest.raises(Unavailable, match="too large"):
        outbound.get_json(f"http://127.0.0.1:{peer.port}/keys", max_bytes=1000)


def test_server_that_drips_is_cut_off_in_time(serve: Callable[..., Peer], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "TOTAL_TIMEOUT", 0.3)
    peer = serve()
    with _door(outbound_allow=ALLOWED), pytest.raises(Unavailable) as unavailable:
        outbound.get_json(f"http://127.0.0.1:{peer.port}/drip")
    assert unavailable.value.retry


def test_next_address_is_tried_when_one_does_not_answer(
    serve: Callable[..., Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = serve()
    peer.answers["/"] = (200, {}, b"1")
    _answers(monkeypatch, "::1", "127.0.0.1")
    with _door(outbound_allow=("partner.example",)):
        assert outbound.get_json(f"http://partner.example:{peer.port}/") == 1
        with pytest.raises(Unavailable):
            outbound.get_json("http://partner.example:1/")


def test_name_with_many_silent_addresses_has_no_more_time_than_another(
    serve: Callable[..., Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else whoever owns a name holds a process for as long as they like, and nothing cuts what comes after."""
    monkeypatch.setattr(outbound, "CONNECT_TIMEOUT", 0.2)
    peer = serve()
    peer.answers["/"] = (200, {}, b"1")
    with socket.socket() as silent, socket.socket() as first, socket.socket() as second:
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        for waiting in (first, second):  # the queue is full, and nobody accepts
            waiting.setblocking(False)
            waiting.connect_ex(silent.getsockname())
        places = [silent.getsockname()] * 3 + [("127.0.0.1", peer.port)]
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in places]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        with _door(outbound_allow=("partner.example",)), pytest.raises(Unavailable):
            outbound.fetch("GET", "http://partner.example/", seconds=0.3)
    assert peer.seen == []


def test_name_that_nobody_knows_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with _door(), pytest.raises(Unavailable) as unavailable:
        outbound.get_json("https://partner.example/")
    assert unavailable.value.retry
