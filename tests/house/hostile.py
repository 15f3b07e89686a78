"""Requests that no honest client sends, drawn from a seed so that a failure can be met again."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask
from werkzeug.routing import Rule

NAMES = """
    client_id client_secret grant_type code code_verifier code_challenge code_challenge_method redirect_uri
    scope state nonce response_type refresh_token token token_type_hint prompt max_age claims id_token_hint
    login_hint ui_locales client_assertion client_assertion_type identifier password method profile all_scopes
    decision until lang page _count subject patient date category status format zone app_account resend
    afterwards next pairing csrf_token resource authorization_details audience subject_token subject_token_type
    actor_token requested_token_type requested_expiry acr_values
""".split()
KEYS = """
    resourceType entry resource request code coding subject identifier value status effectiveDateTime type
    valueQuantity extension url content attachment data contentType meta fullUrl ifNoneExist method
""".split()
VALUES = (
    "",
    " ",
    "\x00",
    "\x7f",
    "%",
    "%00",
    "é",
    "\u202e",
    "\U0001f9ea",
    "'",
    '"><script>',
    "{{7*7}}",
    "${jndi:x}",
    "../../etc/passwd",
    "true",
    "null",
    "-1",
    "1e999",
    "9" * 400,
    "NaN",
    "a" * 5000,
    "openid",
    "authorization_code",
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "urn:ietf:params:oauth:token-type:access_token",
    "http://localhost/fhir",
    '[{"type": "pairing", "months": 1, "history_days": 0}]',
    "[" * 300,
    "refresh_token",
    "S256",
    "code",
    "https://evil.example/cb",
    "javascript:alert(1)",
    "2026-02-30",
    "0000-00-00T99:99:99Z",
    "apa_" + "x" * 43,
    "fr",
    "en;q=zz",
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    "eyJhbGciOiJub25lIn0.e30.",
    "a.b.c",
    "client_credentials",
)
TYPES = (
    "application/json",
    "application/fhir+json",
    "application/x-www-form-urlencoded",
    "text/csv",
    "text/plain",
    "",
    "*/*",
    "x",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=zz",
    "application/json; charset=utf-7",
    "application/xml",
    "application/x-www-form-urlencoded; charset=nope",
    "text/csv; charset=utf-16",
)
HEADERS = {
    "Accept": ("*/*", "application/fhir+json", "text/html;q=x", ",,,", "a" * 3000),
    "Accept-Language": ("fr", "xx-YY-ZZ", "*;q=9", "en" * 2000, "fr\t;q"),
    "Cookie": ("session=zz", "session=.eJw", "sid=" + "a" * 4000, ";;=;", "device=\x80"),
    "DPoP": ("", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "eyJ0eXAiOiJkcG9wK2p3dCIsImp3ayI6e319.e30.AA", "é"),
    "Host": ("evil.example", "localhost:99999", "localhost:x", "[::1", "a b", ""),
    "Idempotency-Key": ("", "k" * 1000, "é", "1"),
    "ID_TOKEN": ("x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."),
    "If-None-Match": ('"x"', "*", "W/"),
    "If-Modified-Since": ("yesterday", "Thu, 01 Jan 0000 00:00:00 GMT"),
    "Origin": ("null", "https://evil.example"),
    "Range": ("bytes=0-", "bytes=9-1", "x"),
    "X-Forwarded-For": ("evil", "1.2.3.4, ::1", "," * 500),
    "X-Forwarded-Proto": ("gopher",),
    "X-HTTP-Method-Override": ("DELETE",),
    "Content-Encoding": ("gzip", "br"),
    "Content-Length": ("-1", "x", "99999999999"),
    "Transfer-Encoding": ("chunked",),
}


@dataclass(frozen=True)
class Hostile:
    """One request, ready for the test client's `open`."""

    method: str
    rule: str
    path: str
    options: dict[str, Any]


class Attacker:
    """Draws requests to every route of an application; `tokens` are real bearer tokens it has come by."""

    def __init__(self, app: Flask, seed: int, tokens: tuple[str, ...] = ()) -> None:
        self._random = random.Random(seed)
        self._app = app
        self._rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]
        self._tokens = tokens

    def request(self, number: int) -> Hostile:
        """Draw one request; the routes take turns."""
        rule = self._rules[number % len(self._rules)]
        draw = self._random
        methods = sorted((rule.methods or {"GET"}) - {"OPTIONS"})
        method = (
            draw.choice(methods) if draw.random() < 0.9 else draw.choice(("PUT", "DELETE", "PATCH", "OPTIONS", "FOO"))
        )
        headers = {name: draw.choice(choices) for name, choices in HEADERS.items() if draw.random() < 0.06}
        if draw.random() < 0.5:
            headers["Authorization"] = self._authorization()
        body = self._body() if method not in ("GET", "HEAD") or draw.random() < 0.1 else b""
        options = {"headers": headers, "data": body, "content_type": draw.choice(TYPES), "query_string": self._pairs()}
        return Hostile(method, rule.rule, self._path(rule), options)

    def _path(self, rule: Rule) -> str:
        parts = dict.fromkeys(rule.arguments, "")
        with self._app.test_request_context():
            known = self._app.url_map.bind("localhost")
            path = known.build(rule.endpoint, dict.fromkeys(parts, "0" * 32))
        if parts and self._random.random() < 0.7:
            path = path.replace("0" * 32, quote(self._value()[:800] or "x", safe=""))
        return path

    def _value(self) -> str:
        return self._random.choice(VALUES)

    def _pairs(self) -> str:
        count = self._random.choice((0, 1, 3, 8))
        pairs = [(self._random.choice(NAMES), self._value()) for _ in range(count)]
        pairs += pairs[:1] if self._random.random() < 0.3 else []
        text = urlencode(pairs)
        return text + self._random.choice(("", "", "", "&%zz=%ff", "&a", "&=", "&" * 50))

    def _authorization(self) -> str:
        real = [f"Bearer {token}" for token in self._tokens] * 4
        pair = base64.b64encode(f"{self._value()}:{self._value()}".encode()).decode()
        return self._random.choice(
            [
                *real,
                "Bearer",
                "Bearer ",
                "Bearer x y",
                f"Bearer {'a' * 9000}",
                "Basic",
                "Basic !!",
                f"Basic {pair}",
                "DPoP x",
            ]
        )

    def _body(self) -> bytes:
        makers: tuple[Callable[[], bytes], ...] = (
            lambda: self._pairs().encode(),
            lambda: self._json(4),
            lambda: self._json(4)[:-1],
            lambda: b"[" * self._random.choice((50, 5000, 200_000)),
            lambda: b'{"a":1,"a":2}',
            lambda: b'{"a":NaN,"b":Infinity,"c":1e400}',
            lambda: b'"\\ud800"',
            lambda: self._random.randbytes(300),
            lambda: b"\xff\xfe" + "Device;Serial\n1;2".encode("utf-16-le"),
            lambda: b'--zz\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n' * self._random.choice((1, 400)),
            lambda: ("a=1&" * self._random.choice((10, 3000))).encode(),
            lambda: b"",
        )
        return self._random.choice(makers)()

    def _json(self, depth: int) -> bytes:
        return json.dumps(self._thing(depth)).encode("utf-8", "surrogatepass")

    def _thing(self, depth: int) -> Any:
        draw = self._random
        if depth == 0 or draw.random() < 0.2:
            return draw.choice([None, True, 0, -1, 1e308, 10**30, "", "x", "2026-01-01", [], {}, draw.choice(VALUES)])
        if draw.random() < 0.3:
            return [self._thing(depth - 1) for _ in range(draw.randrange(4))]
        made = {draw.choice(KEYS): self._thing(depth - 1) for _ in range(draw.randrange(1, 7))}
        if draw.random() < 0.6:
            made["resourceType"] = draw.choice(("Bundle", "Observation", "Device", "DocumentReference", "Patient", 7))
        if draw.random() < 0.4:
            made["entry"] = [{"resource": self._thing(depth - 1), "request": {"method": "POST", "url": "Observation"}}]
        return made
