"""The units of work, the same for every server: what is sent, what must come back, what is carried on."""

from __future__ import annotations

import itertools
import json
import re
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from benchmarks import wire
from benchmarks.load import LoadFailed, Unit, Worker
from connectors.kit import measures
from connectors.kit.measures import CGM, Device, Taken

_COOKIE = re.compile(rb"\r\nset-cookie:[ \t]*([^;\r]+)", re.I)
_HIDDEN = re.compile(rb'name="(csrf[a-z_]*)"[^>]*value="([^"]+)"')
_VERIFIER = "benchmark-verifier-benchmark-verifier-benchmark"
_CHALLENGE = urlsafe_b64encode(sha256(_VERIFIER.encode()).digest()).rstrip(b"=").decode()


@dataclass(frozen=True)
class Target:
    """Where one server keeps its endpoints, and who asks; `silent` is the prompt value that asks for no page."""

    host: str
    authorize: str
    token: str
    introspect: str
    jwks: str
    client_id: str
    basic: str
    redirect_uri: str
    scope: str
    service_basic: str
    service_scope: str
    silent: str = "none"

    def authorize_url(self, state: str = "s", *, silent: bool = True) -> str:
        """Return the address of an authorization request; silent as a returning patient's app sends it."""
        fields = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": self.scope,
            "state": state,
            "nonce": "n-0S6_WzA2Mj",
            "code_challenge": _CHALLENGE,
            "code_challenge_method": "S256",
        }
        if silent and self.silent:
            fields["prompt"] = self.silent
        return f"{self.authorize}?{urlencode(fields)}"


def basic(client_id: str, secret: str) -> str:
    """Return the header line of client_secret_basic (RFC 6749 section 2.3.1)."""
    pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
    return f"Authorization: Basic {b64encode(pair.encode()).decode()}\r\n"


def code_in(location: str, target: Target) -> str:
    """Return the code a redirect carries home, or fail with what it carries instead."""
    code = parse_qs(urlsplit(location).query).get("code")
    if not location.startswith(target.redirect_uri) or not code:
        raise LoadFailed(f"no code came back: {location[:300]}")
    return code[0]


def exchange(target: Target, code: str) -> bytes:
    """Build the request that turns a code into tokens."""
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": target.redirect_uri,
        "code_verifier": _VERIFIER,
    }
    return wire.post_form(target.host, target.token, fields, target.basic)


def tokens(reply: wire.Reply, *needed: str) -> dict[str, Any]:
    """Read a token answer and insist on what it must hold."""
    answer = _json(reply)
    missing = [name for name in needed if name not in answer]
    if missing:
        raise LoadFailed(f"the token answer lacks {missing}: {sorted(answer)}")
    return answer


def _json(reply: wire.Reply) -> dict[str, Any]:
    if reply.status != 200:
        raise LoadFailed(f"{reply.status}: {reply.body[:400]!r}")
    answer: dict[str, Any] = json.loads(reply.body)
    return answer


def jwks(target: Target) -> Worker:
    """Fetch the key set, uncached."""
    request = wire.get(target.host, target.jwks)

    def unit() -> Unit:
        if b'"keys"' not in (yield request).body:
            raise LoadFailed("no keys in the key set")

    return unit


def client_credentials(target: Target) -> Worker:
    """Get an opaque token for a service of its own."""
    fields = {"grant_type": "client_credentials", "scope": target.service_scope}
    request = wire.post_form(target.host, target.token, fields, target.service_basic)

    def unit() -> Unit:
        tokens((yield request), "access_token")

    return unit


def introspect(target: Target, access_token: str) -> Worker:
    """Ask about a live opaque access token of a patient."""
    request = wire.post_form(target.host, target.introspect, {"token": access_token}, target.basic)

    def unit() -> Unit:
        if _json((yield request)).get("active") is not True:
            raise LoadFailed("the token is not active")

    return unit


def refresh(target: Target, refresh_token: str) -> Worker:
    """Refresh with rotation, each answer's token buying the next; an RS256 ID token comes with it."""
    carried = refresh_token

    def unit() -> Unit:
        nonlocal carried
        fields = {"grant_type": "refresh_token", "refresh_token": carried}
        reply = yield wire.post_form(target.host, target.token, fields, target.basic)
        answer = tokens(reply, "access_token", "id_token", "refresh_token")
        if answer["refresh_token"] == carried:
            raise LoadFailed("the refresh token did not rotate")
        carried = answer["refresh_token"]

    return unit


def authorize_to_tokens(target: Target, cookie: str) -> Worker:
    """A signed-in browser with remembered consent is sent to authorize; the app redeems the code with PKCE."""
    begin = wire.get(target.host, target.authorize_url(), cookie)

    def unit() -> Unit:
        reply = yield begin
        location = reply.location
        for _ in range(6):
            if location.startswith(target.redirect_uri) or not location:
                break
            reply = yield wire.get(target.host, wire.target_of(location), cookie)
            location = reply.location
        if not location:
            raise LoadFailed(f"authorize answered {reply.status}: {reply.body[:400]!r}")
        reply = yield exchange(target, code_in(location, target))
        tokens(reply, "access_token", "id_token", "refresh_token")

    return unit


def sign_in(host: str, page: str, typed: dict[str, str]) -> Worker:
    """Open the sign-in page in a new browser and send identifier and password; what follows is not part of it."""

    def unit() -> Unit:
        jar: dict[str, str] = {}
        at, reply = page, (yield wire.get(host, page))
        while _keep(reply, jar).status in (302, 303):
            at = wire.target_of(reply.location)
            reply = yield wire.get(host, at, _cookies(jar))
        hidden = {name.decode(): value.decode() for name, value in _HIDDEN.findall(reply.body)}
        headers = f"{_cookies(jar)}Origin: http://{host}\r\nReferer: http://{host}{at}\r\n"
        reply = yield wire.post_form(host, at, {**hidden, **typed}, headers)
        if reply.status not in (302, 303):
            raise LoadFailed(f"signing in answered {reply.status}: {reply.body[:400]!r}")

    return unit


def _keep(reply: wire.Reply, jar: dict[str, str]) -> wire.Reply:
    jar.update(pair.decode("latin-1").split("=", 1) for pair in _COOKIE.findall(reply.head))
    return reply


def _cookies(jar: dict[str, str]) -> str:
    return f"Cookie: {'; '.join(f'{name}={value}' for name, value in jar.items())}\r\n" if jar else ""


def push(host: str, tokens: dict[str, Any], *, oid: str, lane: int) -> Worker:
    """Push one measure in the French dialect, a new one each time, with the device that took it."""
    first = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=200 * lane)
    device = Device(oid, "sensor-1", CGM)
    bundle = measures.mean_glucose(
        Taken(tokens["subject"], tokens["subject_system"], first, device), mg_dl=142, days=14
    )
    before, after = json.dumps(bundle, separators=(",", ":")).split(first.isoformat(timespec="seconds"))
    taken = itertools.count()
    headers = (
        f"Authorization: Bearer {tokens['access_token']}\r\nContent-Type: application/fhir+json\r\n"
        f"Accept: application/fhir+json\r\n"
    )

    def unit() -> Unit:
        instant = (first + timedelta(seconds=next(taken))).isoformat(timespec="seconds")
        body = f"{before}{instant}{after}".encode()
        key = f"Idempotency-Key: bench-{lane}-{instant}\r\n"
        reply = yield wire.post(host, "/measures/fhir", body, headers + key)
        if reply.status != 200 or b"201" not in reply.body:
            raise LoadFailed(f"the push answered {reply.status}: {reply.body[:400]!r}")

    return unit
