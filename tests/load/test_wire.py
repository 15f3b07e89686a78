"""What the load generator reads off a connection."""

from __future__ import annotations

import pytest

from benchmarks import wire

LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n"


@pytest.mark.parametrize("answer", [LENGTH, CHUNKED])
def test_generator_reads_a_reply_that_comes_byte_by_byte(answer: bytes) -> None:
    buffer = bytearray()
    for byte in answer[:-1]:
        buffer.append(byte)
        assert wire.cut(buffer) is None
    buffer += answer[-1:] + b"HTTP/1.1 2"
    reply = wire.cut(buffer)
    assert reply is not None
    assert (reply.status, reply.body) == (200, b"hello")
    assert buffer == b"HTTP/1.1 2"


def test_generator_reads_where_a_redirect_leads() -> None:
    buffer = bytearray(
        b"HTTP/1.1 303 See Other\r\nLocation: /next?a=b\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
    )
    reply = wire.cut(buffer)
    assert reply is not None
    assert reply.location == "/next?a=b"
    assert reply.closes


def test_generator_reads_a_reply_that_cannot_have_a_body() -> None:
    reply = wire.cut(bytearray(b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n"))
    assert reply is not None
    assert (reply.status, reply.body, reply.location) == (304, b"", "")


def test_generator_refuses_a_reply_without_a_length() -> None:
    with pytest.raises(ValueError, match="without a length"):
        wire.cut(bytearray(b"HTTP/1.1 200 OK\r\n\r\n"))


def test_generator_sends_a_form_whole() -> None:
    request = wire.post_form("h:1", "/token", {"a": "b c"}, "X: y\r\n")
    assert request.startswith(b"POST /token HTTP/1.1\r\nHost: h:1\r\nX: y\r\n")
    assert request.endswith(b"Content-Length: 5\r\n\r\na=b+c")
    assert wire.get("h", "/k") == b"GET /k HTTP/1.1\r\nHost: h\r\n\r\n"


def test_generator_follows_an_absolute_address_by_its_path() -> None:
    assert wire.target_of("http://127.0.0.1:9/a/b?c=d#e") == "/a/b?c=d"
    assert wire.target_of("/plain") == "/plain"
