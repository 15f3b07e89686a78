"""The outbound door: the only importer of requests (the partner's kit aside), and the only way to a foreign address.

A request goes to a public address or nowhere: https only, every address that the name resolves to must be public, the
connection is made to the very address that was checked (no second look-up for an attacker to answer differently), no
redirect is followed, no proxy or credentials are taken from the environment, and size and time are bounded. Hosts in
`outbound_allow` are exempt from the block on private addresses and may be plain http.
"""

from __future__ import annotations

import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError

from authz import settings
from authz.errors import Refusal, Unavailable

CONNECT_TIMEOUT = 3.0
TOTAL_TIMEOUT = 10.0
MAX_BYTES = 512 * 1024
_CHUNK = 16 * 1024
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_SITE_LOCAL = ipaddress.IPv6Network("fec0::/10")
_call: ContextVar[_Call] = ContextVar("_call")


class OutboundRefused(Refusal):
    """An address that this server does not call: not https, with credentials, or not public."""

    code = "invalid_request"
    description = "The address is not one that this server may call."


@dataclass(frozen=True)
class Answer:
    """What a foreign server answered, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Parse the body; raises Unavailable when it is no JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise Unavailable("outbound: the answer is no JSON", retry=True) from error


@dataclass
class _Call:
    """One call under way: until when, by the monotonic clock, and what it opened."""

    until: float
    sockets: list[socket.socket] = field(default_factory=list)

    def left(self) -> float:
        """Seconds that are left."""
        return self.until - time.monotonic()

    def cut(self) -> None:
        """End every connection, whatever somebody waits for on it."""
        for one in self.sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def get_json(url: str, *, max_bytes: int = MAX_BYTES) -> Any:
    """Fetch a JSON document; refuses a forbidden address, raises Unavailable for everything but a 200 with JSON."""
    answer = fetch("GET", url, headers={"Accept": "application/json"}, max_bytes=max_bytes)
    if answer.status != 200:
        raise Unavailable(f"outbound: status {answer.status}", retry=answer.status >= 500 or answer.status == 429)
    return answer.json()


def post(url: str, *, data: Mapping[str, str] | bytes, headers: Mapping[str, str] | None = None) -> Answer:
    """Send a form, or bytes, and return the answer whatever its status."""
    return fetch("POST", url, data=data, headers=headers)


def fetch(
    method: str,
    url: str,
    *,
    data: Mapping[str, str] | bytes | None = None,
    headers: Mapping[str, str] | None = None,
    max_bytes: int = MAX_BYTES,
    seconds: float = TOTAL_TIMEOUT,
) -> Answer:
    """Make one request; refuses with OutboundRefused, raises Unavailable when no whole answer comes in time."""
    check_url(url)
    sent = {"User-Agent": "Appairage", "Accept-Encoding": "identity"} | dict(headers or {})
    try:
        with _ended_in_time(seconds), requests.Session() as session:
            session.trust_env = False
            session.mount("https://", _Guarded())
            session.mount("http://", _Guarded())
            with session.request(
                method, url, data=data, headers=sent, timeout=(min(CONNECT_TIMEOUT, seconds), seconds),
                allow_redirects=False, stream=True,
            ) as response:  # fmt: skip
                return Answer(response.status_code, response.headers, _read(response, max_bytes))
    except (requests.RequestException, HTTPError, OSError, ValueError) as error:
        raise Unavailable(f"outbound: {type(error).__name__}", retry=True) from error


def check_url(url: str) -> None:
    """Refuse an address that could never be called, without calling it; its name is resolved only at the call."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        raise OutboundRefused(reason="malformed") from error
    if not host or port == 0 or parts.username is not None or not url.isascii() or not url.isprintable():
        raise OutboundRefused(reason="malformed")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_allowed(host, port or 80)):
        raise OutboundRefused(reason="not https")


def is_public(address: str) -> bool:
    """Tell whether an address is one of the public internet, seen through every way of writing IPv4 in IPv6."""
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.teredo or ip in _SITE_LOCAL:
            return False
        last = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        inner = ip.ipv4_mapped or ip.sixtofour or (last if ip in _NAT64 else None)
        if inner:
            return is_public(str(inner))
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _is_allowed(host: str, port: int) -> bool:
    allowed = settings.current().outbound_allow
    return host.lower() in allowed or f"{host.lower()}:{port}" in allowed


def _connect(connection: HTTPConnection) -> socket.socket:
    """Resolve, check every address, and connect to one of those checked."""
    host = connection.host.strip("[]").rstrip(".")
    try:
        found = socket.getaddrinfo(host, connection.port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise NameResolutionError(host, connection, socket.gaierror()) from error
    inside = [entry for entry in found if not is_public(str(entry[4][0]))]
    if inside and not _is_allowed(host, connection.port):
        raise OutboundRefused(reason="not a public address")
    call, fault = _call.get(), None
    for family, kind, protocol, _, address in found:
        if call.left() <= 0:
            break  # a name may have a hundred addresses of which none answers
        opened = socket.socket(family, kind, protocol)
        try:
            opened.settimeout(min(CONNECT_TIMEOUT, call.left()))
            opened.connect(address)
        except (OSError, ValueError) as error:  # ValueError: no time was left for it
            opened.close()
            fault = error
            continue
        opened.settimeout(TOTAL_TIMEOUT)
        call.sockets.append(opened.dup())
        if call.left() <= 0:
            call.cut()  # the time ran out before there was anything to cut
        return opened
    raise NewConnectionError(connection, "no address answers") from fault


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self)


class _SecureConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Guarded(HTTPAdapter):
    """Makes requests connect through `_connect`, and verify with a context that is read once, not at each call."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools that connections come from."""
        super().init_poolmanager(*args, **kwargs, ssl_context=_tls(settings.current().outbound_ca))
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave the certificates to the context of the pool, which demands one that is right."""


@cache
def _tls(extra: str) -> ssl.SSLContext:
    """Trust the system's authorities, the library's, and the operator's own."""
    context = ssl.create_default_context()
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    if extra:
        context.load_verify_locations(extra)
    return context


@contextmanager
def _ended_in_time(seconds: float) -> Iterator[None]:
    """Cut the connection when the whole time is up: a server that drips a byte now and then outlives any timeout."""
    call = _Call(time.monotonic() + seconds)
    token = _call.set(call)
    timer = threading.Timer(seconds, call.cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        _call.reset(token)
        for one in call.sockets:
            one.close()


def _read(response: requests.Response, max_bytes: int) -> bytes:
    body = b""
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > max_bytes:
            raise Unavailable("outbound: the answer is too large", retry=False)
    return body
