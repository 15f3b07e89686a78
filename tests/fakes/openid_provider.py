"""An upstream OpenID provider on loopback that answers as told, rightly or not: what a hostile one could do."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from authz import upstream as upstreams
from authz.upstream import Provider

SECRET = "shared-with-the-provider"
ALICE = {
    "sub": "pairwise-alice",
    "family_name": "MARTIN",
    "given_name": "Alice Élodie",
    "gender": "female",
    "birthdate": "1984-05-03",
    "birthplace": "69123",
    "birthcountry": "99100",
}


def unchanged(claims: dict[str, Any]) -> dict[str, Any]:
    """Leave what is to be signed as it is."""
    return claims


@dataclass
class Upstream:
    """The provider; each member that a test sets changes what it answers."""

    name: str = "fc"
    url: str = ""
    client_id: str = "appairage"
    key: Any = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "up-1", "alg": "ES256", "use": "sig"}))
    algorithm: str = "ES256"
    person: dict[str, Any] = field(default_factory=lambda: dict(ALICE))
    acr: str = "eidas1"
    metadata: dict[str, Any] = field(default_factory=dict)
    id_token: Callable[[dict[str, Any]], dict[str, Any]] = unchanged
    userinfo: Callable[[dict[str, Any]], dict[str, Any]] = unchanged
    signs: Callable[[dict[str, Any]], str] | None = None  # the ID token, another way
    is_signed: bool = True
    statuses: dict[str, int] = field(default_factory=dict)
    bodies: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    _grants: dict[str, dict[str, str]] = field(default_factory=dict)

    def settings(self, preset: str = "franceconnect", **changes: Any) -> Provider:
        """Return what the space's operator sets of this provider."""
        given = {"PRESET": preset, "ISSUER": self.url, "CLIENT_ID": self.client_id, "CLIENT_SECRET": SECRET} | changes
        told = {f"APPAIRAGE_UPSTREAM_{self.name.upper()}_{member}": text for member, text in given.items()}
        return upstreams.read([self.name], told.get)[0]

    def lets_in(self, address: str, **changes: str) -> str:
        """Sign the person in whom a browser was sent for; returns the address to come back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self._grants)}"
        self._grants[code] = asked
        answer = {"code": code, "state": asked["state"], "iss": self.url} | changes
        return f"{urlsplit(asked['redirect_uri']).path}?" + "&".join(f"{k}={v}" for k, v in answer.items() if v)

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        """Sign claims with the provider's key."""
        return jwt.encode({"alg": self.algorithm, "kid": self.key.kid, **header}, claims, self.key, [self.algorithm])

    def document(self) -> dict[str, Any]:
        """Describe itself."""
        ends = {"authorization_endpoint": "authorize", "token_endpoint": "token", "userinfo_endpoint": "userinfo"}
        ends |= {"jwks_uri": "jwks", "end_session_endpoint": "session/end"}
        told = {name: f"{self.url}/{path}" for name, path in ends.items()}
        return told | {"issuer": self.url, "authorization_response_iss_parameter_supported": True} | self.metadata

    def tokens(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Redeem a code once, with its verifier."""
        self.forms.append(form)
        asked = self._grants.pop(form.get("code", ""), None)
        hashed = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if asked is None or base64.urlsafe_b64encode(hashed).rstrip(b"=").decode() != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.url, "aud": self.client_id, "sub": self.person["sub"], "nonce": asked["nonce"]}
        claims |= {"iat": now, "exp": now + 60, "auth_time": now, "acr": self.acr}
        token = (self.signs or self.sign)(self.id_token(claims))
        return 200, {"access_token": "up-token", "token_type": "Bearer", "expires_in": 60, "id_token": token}

    def tells(self) -> tuple[str, bytes]:
        """Say who the person is, signed or plain."""
        claims = self.userinfo({"iss": self.url, "aud": self.client_id, **self.person})
        if self.is_signed:
            return "application/jwt", self.sign(claims).encode()
        return "application/json", json.dumps(claims).encode()


def rsa_key(algorithm: str = "RS256") -> RSAKey:
    """Return a key of the other kind."""
    return RSAKey.generate_key(2048, {"kid": "up-rsa", "alg": algorithm, "use": "sig"})


def by_public_key(upstream: Upstream) -> Callable[[dict[str, Any]], str]:
    """Sign with HS256 and the published key as the secret, as whoever only read that could."""
    secret = OctKey.import_key(json.dumps(upstream.key.as_dict(private=False)))
    return lambda claims: jwt.encode({"alg": "HS256", "kid": upstream.key.kid}, claims, secret, ["HS256"])


def unsigned(claims: dict[str, Any]) -> str:
    """Make a token of `alg` none."""
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


def _handler(upstream: Upstream) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path.strip("/")
            if path == "userinfo":
                self._answer(path, 200, *upstream.tells())
            elif path == "jwks":
                keys = {"keys": [upstream.key.as_dict(private=False)]}
                self._answer(path, 200, "application/json", json.dumps(keys).encode())
            else:
                self._answer(path, 200, "application/json", json.dumps(upstream.document()).encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, told = upstream.tokens({name: values[0] for name, values in parse_qs(body).items()})
            self._answer("token", status, "application/json", json.dumps(told).encode())

        def _answer(self, path: str, status: int, kind: str, body: bytes) -> None:
            upstream.asked.append(path)
            body = upstream.bodies.get(path, body)
            self.send_response(upstream.statuses.get(path, status))
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the test's output quiet."""

    return Handler


@contextmanager
def serving(**members: Any) -> Iterator[Upstream]:
    """Serve on a loopback port of its own."""
    upstream = Upstream(**members)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(upstream))
    upstream.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield upstream
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
