"""Hostile requests of an insider, with real tokens, ids and forms at hand: no 5xx and no traceback on any route."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from flask import Flask

from tests.actors import Forms, Partner, Person
from tests.minting import mint_code, mint_tokens

REQUESTS = 4_000
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]
TEXTS = [
    "", "a", "0", "-1", "1e999", "null", "true", "é", "\u202e", "\x00", "a" * 5000, "../../etc/passwd", "%00", "%ff%fe",
    "<script>alert(1)</script>", "' OR 1=1 --", "{{7*7}}", "${7*7}", "\r\nSet-Cookie: a=b", "urn:oid:1.2|x", "٣", "🦷",
    "2026-13-45T99:99:99Z", "9" * 400, "[]", "{}", "openid", "code", "S256", "none login",
]  # fmt: skip
NAMES = [
    "client_id", "redirect_uri", "scope", "state", "nonce", "response_type", "code_challenge", "code_challenge_method",
    "prompt", "max_age", "request", "grant_type", "code", "code_verifier", "refresh_token", "token", "token_type_hint",
    "client_secret", "client_assertion", "client_assertion_type", "identifier", "password", "method", "profile",
    "all_scopes", "decision", "until", "csrf_token", "lang", "next", "_count", "_offset", "_sort", "date", "code",
    "subject.identifier", "_include", "zone", "before", "kind", "what", "ui_locales", "login_hint", "app_account",
    "afterwards", "document", "page", "q",
]  # fmt: skip
TYPES = [
    "application/json", "application/fhir+json", "application/x-www-form-urlencoded", "text/csv", "text/plain", "",
    "multipart/form-data; boundary=x", "application/json; charset=utf-7", "é/ü", "application/octet-stream",
]  # fmt: skip
HEADERS = [
    "Authorization", "Accept", "Accept-Language", "Cookie", "Origin", "Referer", "Range", "If-None-Match", "ID_TOKEN",
    "Idempotency-Key", "Content-Encoding", "Transfer-Encoding", "X-Forwarded-For", "Host", "Expect", "Content-Length",
    "X-HTTP-Method-Override", "Prefer", "User-Agent",
]  # fmt: skip
VALUES = [
    "",
    "*",
    "Basic ???",
    "Basic Og==",
    "Bearer ",
    "DPoP x",
    "bytes=0-,-1",
    "gzip",
    "chunked",
    "fr;q=é",
    "a" * 3000,
]


class Generator:
    """Makes requests, some close to right, from one seed."""

    def __init__(self, app: Flask, seed: int, known: list[str]) -> None:
        self.random = random.Random(seed)
        self.rules = list(app.url_map.iter_rules())
        self.known = known

    def text(self) -> str:
        """Return a text, sometimes one that means something here."""
        return self.random.choice(self.known if self.random.random() < 0.3 else TEXTS)

    def path(self) -> str:
        """Return the address of some route, its parts filled in with texts."""
        rule = self.random.choice(self.rules)
        parts = {name: self.text().replace("/", "_") or "x" for name in rule.arguments}
        path = rule.rule
        for name, value in parts.items():
            for kind in ("", "path:", "int:"):
                path = path.replace(f"<{kind}{name}>", value)
        return path.replace("\r", "").replace("\n", "") or "/"

    def fields(self) -> dict[str, list[str]]:
        """Return parameters, some of them repeated."""
        return {
            self.random.choice(NAMES): [self.text() for _ in range(self.random.choice([1, 1, 1, 2]))]
            for _ in range(self.random.randrange(6))
        }

    def json(self, depth: int = 0) -> Any:
        """Return something that JSON can say."""
        kind = self.random.randrange(7 if depth < 4 else 4)
        if kind == 0:
            return "\ud800" if self.random.random() < 0.1 else self.text()  # JSON can say half a character
        if kind == 1:
            return self.random.choice([0, -1, 1.5, 10**400, True, False, None, float("nan")])
        if kind in (2, 3):
            return self.random.choice(["Bundle", "Observation", "transaction", "DocumentReference", "final", "POST"])
        if kind == 4:
            return [self.json(depth + 1) for _ in range(self.random.randrange(4))]
        names = ["resourceType", "type", "entry", "resource", "request", "method", "url", "code", "coding", "system",
                 "subject", "identifier", "value", "valueQuantity", "effectiveDateTime", "content", "attachment",
                 "data", "contentType", "extension", "category", "meta", "profile", "ifNoneExist", "hash"]  # fmt: skip
        return {self.random.choice(names): self.json(depth + 1) for _ in range(self.random.randrange(6))}

    def body(self) -> bytes:
        """Return a body: JSON, broken JSON, bytes, a bomb of brackets, a table."""
        kind = self.random.randrange(7)
        if kind < 3:
            return json.dumps(self.json()).encode("utf-8", "surrogatepass")
        if kind == 3:
            return json.dumps(self.json()).encode()[: self.random.randrange(1, 80)]
        if kind == 4:
            return self.random.randbytes(self.random.randrange(300))
        if kind == 5:
            return b"[" * self.random.choice([10, 100_000])
        return ("Appareil,Numéro de série\r\n" + ",".join(self.text() for _ in range(19))).encode()

    def headers(self) -> dict[str, str]:
        """Return odd headers that a server can receive (Latin-1, no line breaks)."""
        made = {
            self.random.choice(HEADERS): self.random.choice(VALUES + self.known)
            for _ in range(self.random.randrange(3))
        }
        return {name: value.encode("latin-1", "replace").decode("latin-1") for name, value in made.items()}


@pytest.fixture
def known(alice: Person, glucoapp: Partner) -> list[str]:
    """Give texts that mean something to this server: tokens, ids, addresses, a form's own token."""
    tokens = mint_tokens(glucoapp, alice)
    code = mint_code(glucoapp, alice)
    page = alice.arrives_at_consent(glucoapp)
    form = Forms(page.text).found["consent"]
    return [
        glucoapp.client_id, glucoapp.redirect_uri, glucoapp.secret or "", tokens["access_token"], code, "cgm",
        tokens["refresh_token"], tokens["subject"], tokens["pairing_id"], alice.profile_id(), glucoapp.verifier,
        f"Bearer {tokens['access_token']}", page.request.path.split("/")[2], form["csrf_token"][0],
        "authorization_code", "refresh_token", "client_credentials", alice.identifier, alice.password, "allow",
        "measures.read", "29463-7", "application/fhir+json", "urn:oid:1.2.250.1.999.1.1|" + tokens["subject"],
    ]  # fmt: skip


def test_insider_who_sends_nonsense_is_always_answered(
    app: Flask, alice: Person, known: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    make = Generator(app, 20261124, known)
    stranger = app.test_client()
    faults = []
    for number in range(REQUESTS):
        browser = alice.browser if number % 2 else stranger
        method, path, headers = make.random.choice(METHODS), make.path(), make.headers()
        arguments: dict[str, Any] = {"query_string": make.fields()} if make.random.random() < 0.5 else {}
        if make.random.random() < 0.4:
            arguments["data"] = make.fields()
        elif make.random.random() < 0.6:
            arguments |= {"data": make.body(), "content_type": make.random.choice(TYPES)}
        answer = browser.open(path, method=method, headers=headers, **arguments)
        if answer.status_code >= 500 or "Traceback" in answer.get_data(as_text=True):
            faults.append((number, method, path, headers, arguments, answer.status_code))
    assert not faults[:3], faults[:3]
    assert '"event": "fault"' not in capfd.readouterr().err
