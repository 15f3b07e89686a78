"""What is measured: one running server, where its processes are, and how a lane gets ready for each operation."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection

import psutil

from benchmarks import operations
from benchmarks.browser import Browser
from benchmarks.load import LoadFailed, Worker
from benchmarks.operations import Target
from benchmarks.postgres import Cluster
from benchmarks.wire import Reply

Prepare = Callable[[int], Worker]


@dataclass(frozen=True)
class Subject:
    """A server under measurement; `prepare` makes the worker of a lane for each operation it can do."""

    name: str
    software: str
    address: tuple[str, int]
    process: psutil.Process
    cluster: Cluster | None
    start_seconds: float
    prepare: dict[str, Prepare]


def oauth_prepare(target: Target, signed_in: Callable[[int], Browser]) -> dict[str, Prepare]:
    """Return what every authorization server can do; `signed_in` yields a browser whose consent is remembered."""

    def tokens_of(lane: int) -> dict[str, str]:
        return first_tokens(target, signed_in(lane))

    return {
        "jwks": lambda lane: operations.jwks(target),
        "client_credentials": lambda lane: operations.client_credentials(target),
        "introspect": lambda lane: operations.introspect(target, tokens_of(lane)["access_token"]),
        "refresh": lambda lane: operations.refresh(target, tokens_of(lane)["refresh_token"]),
        "authorize_to_tokens": lambda lane: operations.authorize_to_tokens(target, signed_in(lane).cookie_line),
    }


def first_tokens(target: Target, browser: Browser) -> dict[str, str]:
    """Go through a silent authorization once and return the tokens."""
    page = browser.open(target.authorize_url())
    return redeem(target, page.url)


def redeem(target: Target, landed: str) -> dict[str, str]:
    """Redeem the code that a redirect brought."""
    request = operations.exchange(target, operations.code_in(landed, target))
    return operations.tokens(ask(target.host, request), "access_token", "refresh_token")


def ask(host: str, request: bytes) -> Reply:
    """Send one finished request outside of any measurement."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = dict(line.split(": ", 1) for line in lines)
    connection = HTTPConnection(host, timeout=20)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return Reply(answer.status, b"", answer.read())
    finally:
        connection.close()


def ask_json(host: str, request: bytes) -> dict[str, object]:
    """Send one request and read the JSON that must come back."""
    reply = ask(host, request)
    if reply.status >= 400:
        raise LoadFailed(f"{reply.status}: {reply.body[:400]!r}")
    answer: dict[str, object] = json.loads(reply.body)
    return answer
