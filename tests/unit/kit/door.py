"""A health space that misbehaves on demand: answers are queued, a request can be read and then hung up on."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from joserfc import jwk, jwt

from connectors.kit import doors

# Making an RSA key is slow: one for the whole run.
KEY = jwk.RSAKey.generate_key(2048, {"kid": "door-1", "use": "sig", "alg": "RS256"})
DROP = -1


@dataclass(frozen=True)
class Asked:
    """One request as the door saw it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The body as a form."""
        return dict(parse_qsl(self.body.decode()))


@dataclass
class Door:
    """The door: what it will answer by path, and what it was asked."""

    issuer: str = ""
    asked: list[Asked] = field(default_factory=list)
    queued: dict[str, deque[tuple[int, dict[str, str], bytes]]] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    keys: list[Any] = field(default_factory=lambda: [KEY.as_dict(private=False)])
    # With rotation on, each refresh token has one successor, told again for as long as it is asked.
    successors: dict[str, str] = field(default_factory=dict)

    def answers(self, path: str, status: int, content: Any = None, **headers: str) -> None:
        """Queue one answer for a path; status DROP reads the request and hangs up."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode() if content is not None else b""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.queued.setdefault(path, deque()).append((status, {"Content-Type": "application/json", **named}, body))

    def of(self, path: str) -> list[Asked]:
        """List what was asked of one path."""
        return [asked for asked in self.asked if urlsplit(asked.path).path == path]

    def id_token(self, access_token: str, **changed: Any) -> str:
        """Sign an ID token that is right but for what is changed; None leaves a claim out."""
        now = int(doors.now().timestamp())
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        claims = {
            "iss": self.issuer,
            "aud": "glucoapp",
            "sub": "alice-for-glucoapp",
            "iat": now,
            "exp": now + 300,
            "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
            **changed,
        }
        present = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": "door-1"}, present, KEY)

    def respond(self, asked: Asked) -> tuple[int, dict[str, str], bytes]:
        """Take the next queued answer, or behave well."""
        path = urlsplit(asked.path).path
        if self.queued.get(path):
            return self.queued[path].popleft()
        if path == "/.well-known/openid-configuration":
            return self._json(self.metadata)
        if path == "/jwks":
            return self._json({"keys": self.keys})
        if path == "/token" and asked.form.get("grant_type") == "refresh_token":
            return self._json(self._successor(asked.form["refresh_token"]))
        return self._json({})

    def _successor(self, refresh_token: str) -> dict[str, Any]:
        new = self.successors.setdefault(refresh_token, f"{refresh_token}+")
        return {"access_token": f"access-{new}", "refresh_token": new, "token_type": "Bearer", "expires_in": 600}

    def _json(self, content: Any) -> tuple[int, dict[str, str], bytes]:
        return 200, {"Content-Type": "application/json"}, json.dumps(content).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body in one packet: two would wait for each other for 40 ms on a kept-alive connection.
    wbufsize = 65536
    door: ClassVar[Door]

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = Asked(self.command, self.path, dict(self.headers.items()), body)
        self.door.asked.append(asked)
        status, headers, content = self.door.respond(asked)
        if status == DROP:
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _serve  # noqa: N815 - the names the base class calls

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@contextmanager
def opened() -> Iterator[Door]:
    """Open a door on a free loopback port."""
    door = Door()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (_Handler,), {"door": door}))
    door.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    names = {"authorization": "authorize", "token": "token", "revocation": "revoke"}
    door.metadata = {
        "issuer": door.issuer,
        "jwks_uri": f"{door.issuer}/jwks",
        "authorization_response_iss_parameter_supported": True,
        **{f"{name}_endpoint": f"{door.issuer}/{path}" for name, path in names.items()},
    }
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield door
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
